package mail

import "github.com/segmentflow/segmentflow-go/emulator/internal/lazy"

// This file prepares the HTML of an email for a frame of a page.

var (
	webImage = lazy.Regexp(`(?i)(?:(?:src|srcset|background|poster)\s*=\s*["']?\s*|url\(\s*["']?)` +
		`https?://([^/\s"')>:]*)`)
	darkRule = lazy.Regexp(`(?i)\(\s*prefers-color-scheme\s*:\s*dark\s*\)`)
	lightOne = lazy.Regexp(`(?i)\(\s*prefers-color-scheme\s*:\s*light\s*\)`)
	docType  = lazy.Regexp(`(?is)^(?:\s|<!--.*?-->)*<!doctype[^>]*>`)
)

// HasDarkDesign reports whether the HTML of an email has a dark design of its own.
func HasDarkDesign(html string) bool { return darkRule().MatchString(html) }

// HasWebImages reports whether the HTML of an email has images on hosts that are not near.
func HasWebImages(html string, near func(host string) bool) bool {
	for _, found := range webImage().FindAllStringSubmatch(html, -1) {
		if !near(found[1]) {
			return true
		}
	}
	return false
}

// Dress returns the HTML of an email for a frame. Links open in a new tab. Dark shows its dark design or, if it has
// none, turns light into dark, as mail programs do.
func Dress(html string, dark bool) string {
	const always, never = "(min-width: 0)", "(max-width: 0)"
	const inverted = "filter: invert(1) hue-rotate(180deg) !important;"
	added := `<base target="_blank">`
	switch {
	case dark && darkRule().MatchString(html):
		html = lightOne().ReplaceAllString(darkRule().ReplaceAllString(html, always), never)
		added += "<style>:root { color-scheme: dark !important; }</style>"
	case dark:
		added += "<style>html { background: #fff !important; " + inverted + " } img, video { " + inverted + " }</style>"
	default:
		html = lightOne().ReplaceAllString(darkRule().ReplaceAllString(html, never), always)
		added += "<style>:root { color-scheme: light; }</style>"
	}
	end := len(docType().FindString(html))
	return html[:end] + added + html[end:]
}
