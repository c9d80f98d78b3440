package render

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// dashes are a horizontal rule in the text part.
const dashes = "----------------------------------------"

// linkText returns label (url). It returns the URL alone if there is no label, and the label alone if it is the URL, or
// if the link leads nowhere else.
func linkText(label, href string) string {
	url, ok := mail.LinkURL(href)
	switch {
	case !ok || strings.HasPrefix(url, "#") || label == url || "mailto:"+label == url:
		return label
	case strings.TrimSpace(label) == "":
		return url
	default:
		return label + " (" + url + ")"
	}
}

// linkOps emits a link of the text part.
func (b *builder) linkOps(label, href []op) {
	if text, ok := staticText(label); ok {
		if url, ok := staticText(href); ok {
			b.lit(linkText(text, url))
			return
		}
	}
	b.add(op{kind: opLink, body: label, value: href})
}

// staticText returns what ops write, if that does not depend on the state.
func staticText(ops []op) (string, bool) {
	switch {
	case len(ops) == 0:
		return "", true
	case len(ops) == 1 && ops[0].kind == opText:
		return ops[0].text, true
	}
	return "", false
}
