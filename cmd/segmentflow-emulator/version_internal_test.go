package main

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheVersionSaysWhatTheBuildKnows(t *testing.T) {
	const revision = "1e4c34f9f0c1d7a86c2b5e3f4a5b6c7d8e9f0a1b"
	for _, c := range []struct {
		version, revision, time, modified string
		want                              string
	}{
		{version: "", want: "(unknown) (commit unknown)"},
		{version: "(devel)", want: "(devel) (commit unknown)"},
		{version: "v0.3.0", want: "v0.3.0"},
		{version: "v0.3.0-rc.1", want: "v0.3.0-rc.1"},
		{version: "v0.3.0-rc.1-deadbeefcafe", want: "v0.3.0-rc.1-deadbeefcafe"},
		{version: "deadbeefcafe", want: "deadbeefcafe (commit unknown)"},
		{version: "-deadbeefcafe", want: "-deadbeefcafe (commit unknown)"},
		{version: "v0.0.0-20261127221503-1e4c34f9f0c", want: "v0.0.0-20261127221503-1e4c34f9f0c"},
		{version: "v0.0.0-20261127221503-1e4c34f9f0cx", want: "v0.0.0-20261127221503-1e4c34f9f0cx"},
		{
			version: "v0.0.0-20261127221503-1e4c34f9f0c1",
			want:    "v0.0.0-20261127221503-1e4c34f9f0c1 (commit 1e4c34f, 2026-11-27)",
		},
		{
			version: "v0.3.1-0.20261127221503-1e4c34f9f0c1+dirty",
			want:    "v0.3.1-0.20261127221503-1e4c34f9f0c1+dirty (commit 1e4c34f, 2026-11-27, with changes)",
		},
		{
			version: "v0.3.0", revision: revision, time: "2026-11-27T22:15:03Z", modified: "false",
			want: "v0.3.0 (commit 1e4c34f, 2026-11-27)",
		},
		{
			version: "(devel)", revision: revision, time: "2026-11-28T00:15:03+02:00", modified: "true",
			want: "(devel) (commit 1e4c34f, 2026-11-27, with changes)",
		},
		{version: "", revision: revision, want: "(unknown) (commit 1e4c34f)"},
		{version: "v0.3.0", revision: "1e4", time: "yesterday", want: "v0.3.0 (commit 1e4)"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}}
		for key, value := range map[string]string{
			"vcs.revision": c.revision, "vcs.time": c.time, "vcs.modified": c.modified,
		} {
			if value != "" {
				info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
			}
		}
		require.Equal(t, c.want, versionText(info))
	}
	require.Equal(t, "(unknown) (commit unknown)", versionText(nil))
}
