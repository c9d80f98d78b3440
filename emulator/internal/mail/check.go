package mail

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// This file finds what mail programs and their readers would not like about an email.

// Checked is an email to check.
type Checked struct {
	Subject, HTML, Text string
	MaxSubject          int  // characters
	MaxHTML             int  // bytes
	Consent             bool // it needs consent
	Unsubscribe         bool // it has a List-Unsubscribe header
}

// Flaw is a kind of mistake in an email: what is wrong, how to fix it, and where it is. Places has the first of them,
// and Count says how many there are. A flaw of the whole email has no places.
type Flaw struct {
	Code, What, Fix string
	Hint            bool // the email works without the fix
	Places          []FlawPlace
	Count           int
}

// FlawPlace is where a flaw is. Number counts the links as Links has them, or the images, from 1. It is 0 for what is
// in no such list. Text is the text of the link, or the alternative text of the image.
type FlawPlace struct {
	Number         int
	Text, URL, Why string
}

// More returns how many places are not in Places.
func (flaw Flaw) More() int { return flaw.Count - len(flaw.Places) }

// placesKept is how many places a flaw has at most.
const placesKept = 20

// Check returns the flaws of an email, the most important first.
func Check(m Checked) []Flaw {
	var flaws []Flaw
	add := func(wrong bool, flaw Flaw) {
		if wrong {
			flaws = append(flaws, flaw)
		}
	}
	found := inspect(m.HTML)
	add(m.Consent && !m.Unsubscribe, Flaw{Code: "list_unsubscribe_missing",
		What: "The email needs consent and has no List-Unsubscribe header.",
		Fix: "Send it to a SubscriptionGroup: set it in the call, at the email node of the Journey, or on the " +
			"Broadcast or Newsletter."})
	add(len(m.HTML) > m.MaxHTML, Flaw{Code: "html_size",
		What: fmt.Sprintf("The HTML has %d bytes. Mail programs cut it off after %d (102 kB).", len(m.HTML), m.MaxHTML),
		Fix:  "Shorten it, repeat fewer elements, and load images by their URL."})
	add(found.broken, Flaw{Code: "html_nested",
		What: "The HTML is nested too deeply, so it cannot be checked.",
		Fix:  "Put fewer elements into one another."})
	add(m.HTML != "" && strings.TrimSpace(m.Text) == "", Flaw{Code: "text_missing",
		What: "The email has no text part.",
		Fix:  "Show text, not only images: the text part is made from it. Or write text beside html."})
	add(found.links.Count > 0, found.links)
	add(found.sources.Count > 0, found.sources)
	add(found.alts.Count > 0, found.alts)
	add(utf8.RuneCountInString(m.Subject) > m.MaxSubject, Flaw{Code: "subject_long",
		What: fmt.Sprintf("The subject has %d characters. Mail programs may cut it off after %d.",
			utf8.RuneCountInString(m.Subject), m.MaxSubject),
		Fix: "Say the most important words first, in about 50 characters."})
	add(m.HTML != "" && !found.broken && !found.preheader, Flaw{Code: "preheader_missing", Hint: true,
		What: "The email has no preheader, so inboxes show its first words beside the subject.",
		Fix:  "Set preheader in the Template, or add a Preview element."})
	return flaws
}

// inspection is what a walk through the HTML finds.
type inspection struct {
	broken                bool // it cannot be parsed
	preheader             bool // a hidden text comes before the visible text
	links, sources, alts  Flaw
	linksSeen, imagesSeen int
	targets               map[string]bool // the ids and names that a #fragment can lead to
}

func inspect(document string) *inspection {
	found := &inspection{
		targets: map[string]bool{"top": true},
		links: Flaw{Code: "link_target", What: "Some links lead nowhere.",
			Fix: "Give each an absolute URL with http, https, mailto, tel or sms. " +
				"If it comes from a binding, look at the missing bindings."},
		sources: Flaw{Code: "image_source", What: "Some images cannot be loaded.",
			Fix: "Give each the absolute URL of a file on a public server, with http or https."},
		alts: Flaw{Code: "image_alt", What: "Some images have no alternative text.",
			Fix: `Describe each in alt. If it only decorates, write alt="".`},
	}
	root, err := html.ParseWithOptions(strings.NewReader(document), html.ParseOptionEnableScripting(false))
	if err != nil {
		found.broken = true
		return found
	}

	for node := range root.Descendants() {
		for _, name := range []string{"id", "name"} {
			if target, ok := attribute(node, name); ok {
				found.targets[target] = true
			}
		}
	}
	found.preheader = startsHidden(root)
	for node := range root.Descendants() {
		switch node.DataAtom {
		case atom.A, atom.Area:
			found.link(node)
		case atom.Img:
			found.image(node)
		}
	}
	return found
}

func (found *inspection) link(node *html.Node) {
	href, linked := attribute(node, "href")
	href = strings.TrimSpace(href)
	_, named := attribute(node, "name")
	_, marked := attribute(node, "id")
	if !linked && (named || marked || node.DataAtom == atom.Area) {
		return // a place that links lead to
	}
	number := 0
	if linked && node.DataAtom == atom.A {
		found.linksSeen++
		number = found.linksSeen
	}

	_, works := LinkURL(href)
	scheme, _ := cutScheme(href)
	var why string
	switch {
	case href == "":
		why = "it has no target"
	case href == "#":
		why = "# leads to no place"
	case href[0] == '#' && !found.targets[href[1:]]:
		why = "no place in the email has this name"
	case !works && scheme == "":
		why = "the URL is not absolute"
	case !works:
		why = "the URL does not work in email"
	default:
		return
	}
	if text := label(node); linked || text != "" {
		found.links.at(FlawPlace{number, text, href, why})
	}
}

func (found *inspection) image(node *html.Node) {
	found.imagesSeen++
	src, _ := attribute(node, "src")
	alt, described := attribute(node, "alt")
	src = strings.TrimSpace(src)
	_, works := WebURL(src)
	scheme, _ := cutScheme(src)
	place := FlawPlace{Number: found.imagesSeen, Text: alt, URL: src}
	if !described {
		found.alts.at(place)
	}
	switch {
	case works:
		return
	case src == "":
		place.Why = "it has no src"
	case scheme == "":
		place.Why = "the URL is not absolute"
	case scheme == "data:":
		place.Why = "many mail programs do not show data: URLs"
	default:
		place.Why = "the URL does not work in email"
	}
	found.sources.at(place)
}

func (flaw *Flaw) at(place FlawPlace) {
	flaw.Count++
	if len(flaw.Places) < placesKept {
		flaw.Places = append(flaw.Places, place)
	}
}

// hides matches a style that hides an element, as preheaders do.
var hides = lazy.Regexp(`(?i)(^|[;\s])(display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0\s*(;|$)|` +
	`max-height\s*:\s*0(px)?\s*(;|$)|font-size\s*:\s*0(px)?\s*(;|$))`)

// startsHidden reports whether the first text of a document is hidden.
func startsHidden(root *html.Node) bool {
	for node := range root.Descendants() {
		if node.Type == html.TextNode && strings.TrimFunc(node.Data, blank) != "" {
			if shown, hidden := visibility(node); shown || hidden {
				return hidden
			}
		}
	}
	return false
}

// visibility reports whether readers see a text, or the document has it and hides it. Both are false outside of the
// body, and for code.
func visibility(text *html.Node) (shown, hidden bool) {
	inBody := false
	for outer := range text.Ancestors() {
		style, _ := attribute(outer, "style")
		_, off := attribute(outer, "hidden")
		hidden = hidden || off || hides().MatchString(style)
		switch outer.DataAtom {
		case atom.Style, atom.Script, atom.Template:
			return false, false
		case atom.Body:
			inBody = true
		}
	}
	return inBody && !hidden, inBody && hidden
}

// blank reports whether a character shows nothing.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf) || r == '\u034f' }
