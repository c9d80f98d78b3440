package web

import (
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// This file shows the links of an email.

const longestLink = 2000 // bytes of a URL that a page links to

// linkTarget is a URL from an email: Text is what the page shows, Path is "" if the page must not link to it.
type linkTarget struct{ Text, Path string }

func targetOf(url string) linkTarget {
	shown := linkTarget{Text: gateway.Clip(url, termLength)}
	_, ok := mail.LinkURL(url)
	scheme, _, _ := strings.Cut(strings.ToLower(url), ":")
	if ok && len(url) <= longestLink && (scheme == "http" || scheme == "https" || scheme == "mailto") {
		shown.Path = url
	}
	return shown
}

// mailLink is one link of an email. Number counts from 1. Own says what an own page of the emulator is for, and Tracked
// that the link leads through the emulator.
type mailLink struct {
	Number             int
	Text               string
	Target             linkTarget
	Own                string
	Tracked, Clickable bool
}

// linksView is a part of the links of an email.
type linksView struct {
	Shown         []mailLink
	Count         int
	Hidden        bool // they may contain sensitive values
	Before, After string
}

// Clickable reports whether one of the shown links can be clicked.
func (view linksView) Clickable() bool {
	for _, link := range view.Shown {
		if link.Clickable {
			return true
		}
	}
	return false
}

// linksOf shows the links from the place that the query names.
func linksOf(v *visit, links []mail.Link, sensitive bool) linksView {
	view := linksView{Count: len(links), Hidden: sensitive}
	first, ok := numberIn(v.r.URL.Query(), "links")
	if !ok || first > len(links) || first == 0 {
		first = 1
	}
	end := min(first-1+listShown, len(links))
	for i := first - 1; i < end; i++ {
		view.Shown = append(view.Shown, linkOf(v, i+1, links[i], sensitive))
	}
	if first > 1 {
		view.Before = withQuery(v, "links", strconv.Itoa(max(1, first-listShown)))
	}
	if end < len(links) {
		view.After = withQuery(v, "links", strconv.Itoa(end+1))
	}
	return view
}

func linkOf(v *visit, number int, link mail.Link, sensitive bool) mailLink {
	followable, own, original := v.World.ReadLink(link.URL)
	shown := mailLink{Number: number, Clickable: followable && !own, Tracked: original != link.URL}
	switch {
	case own && strings.Contains(link.URL, mail.UnsubscribePath):
		shown.Own = "unsubscribe"
	case own:
		shown.Own = "preferences"
	}
	if !sensitive {
		shown.Text, shown.Target = gateway.Clip(link.Text, 100), targetOf(original)
	}
	return shown
}
