package main

import (
	"runtime/debug"
	"strings"
	"time"
)

// versionText describes a build, such as "v0.3.0 (commit 1e4c34f, 2026-11-27)". A build in a checkout knows its commit.
// `go install` knows the version only, and a pseudo-version contains the commit.
func versionText(info *debug.BuildInfo) string {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	version := info.Main.Version
	commit, at := pseudoVersion(version)
	changed := strings.HasSuffix(version, "+dirty")
	for _, setting := range info.Settings {
		switch setting.Key {
		case "vcs.revision":
			commit = setting.Value
		case "vcs.time":
			at = day(time.RFC3339, setting.Value)
		case "vcs.modified":
			changed = setting.Value == "true"
		}
	}

	if version == "" {
		version = "(unknown)"
	}
	switch {
	case commit == "" && strings.HasPrefix(version, "v"):
		return version
	case commit == "":
		return version + " (commit unknown)" // Go was told not to look, with -buildvcs=false
	}
	const short = 7 // as git shortens it
	details := "commit " + commit[:min(short, len(commit))]
	if at != "" {
		details += ", " + at
	}
	if changed {
		details += ", with changes"
	}
	return version + " (" + details + ")"
}

// pseudoVersion returns the commit in a pseudo-version such as v0.3.1-0.20261127221503-1e4c34f9f0c1, and its day. They
// are "" for any other version.
func pseudoVersion(version string) (commit, at string) {
	const digits = 12 // of the commit
	version, _, _ = strings.Cut(version, "+")
	dash := strings.LastIndexByte(version, '-')
	if dash < 0 || len(version)-dash-1 != digits || strings.Trim(version[dash+1:], "0123456789abcdef") != "" {
		return "", ""
	}
	const layout = "20060102150405"
	if at = day(layout, version[max(0, dash-len(layout)):dash]); at == "" {
		return "", ""
	}
	return version[dash+1:], at
}

// day returns the day of a time in UTC, or "" if it is no time in this layout.
func day(layout, value string) string {
	t, err := time.Parse(layout, value)
	if err != nil {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}
