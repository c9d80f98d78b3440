package render

import (
	"iter"
	"strings"

	"golang.org/x/net/html"
)

// htmlTokens yields the tokens of HTML with their bytes. The last one may be an unfinished tag, with html.ErrorToken.
func htmlTokens(source string) iter.Seq2[html.TokenType, string] {
	return func(yield func(html.TokenType, string) bool) {
		tokens := html.NewTokenizer(strings.NewReader(source))
		for {
			kind := tokens.Next()
			raw := string(tokens.Raw())
			if name, _ := tokens.TagName(); string(name) == "noscript" {
				tokens.NextIsNotRawText() // email clients run no scripts, so they show what is in it
			}
			if !yield(kind, raw) || kind == html.ErrorToken {
				return
			}
		}
	}
}

// tagAttribute is an attribute as it is written in a tag: its name in lower case, and where its value is.
type tagAttribute struct {
	name       string
	start, end int
	quoted     bool
}

const htmlSpace = " \t\r\n\f"

// readTag returns the name and the attributes of a tag. Of two attributes with one name, the first counts.
func readTag(tag string) (name string, attributes []tagAttribute) {
	next := func(from int, chars string) int {
		if end := strings.IndexAny(tag[from:], chars); end >= 0 {
			return from + end
		}
		return len(tag)
	}
	skip := func(from int, chars string) int {
		return len(tag) - len(strings.TrimLeft(tag[from:], chars))
	}

	at := next(0, htmlSpace+"/>")
	name = strings.ToLower(strings.TrimLeft(tag[:at], "</"))
	for {
		at = skip(at, htmlSpace+"/")
		if at == len(tag) || tag[at] == '>' {
			return name, attributes
		}
		end := next(at+1, htmlSpace+"/=>")
		attribute := tagAttribute{name: strings.ToLower(tag[at:end]), start: end, end: end}
		if at = skip(end, htmlSpace); at < len(tag) && tag[at] == '=' {
			at = skip(at+1, htmlSpace)
			attribute.start, attribute.end = at, next(at, htmlSpace+">")
			if at < len(tag) && (tag[at] == '"' || tag[at] == '\'') {
				attribute.quoted = true
				attribute.start, attribute.end = at+1, next(at+1, tag[at:at+1])
			}
			at = attribute.end
			if attribute.quoted {
				at = min(at+1, len(tag))
			}
		} else {
			at = end
		}
		attributes = append(attributes, attribute)
	}
}

// attributeText decodes the value of an attribute, in which character references have other rules than in text.
func attributeText(raw string) string {
	tokens := html.NewTokenizer(strings.NewReader(`<a b="` + strings.ReplaceAll(raw, `"`, "&#34;") + `">`))
	tokens.Next()
	_, value, _ := tokens.TagAttr()
	return string(value)
}
