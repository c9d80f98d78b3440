package segmentflow

import (
	"errors"
	"html"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// minKey is the length of the shortest API key. A shorter one could be part of ordinary words, which no text may lose.
const minKey = 8

func checkAPIKey(key string) error {
	switch {
	case key == "":
		return errors.New("segmentflow: the API key is empty")
	case strings.ContainsFunc(key, notVisible):
		return errors.New("segmentflow: the API key contains white space or control characters")
	case len(key) < minKey:
		return errors.New("segmentflow: the API key has fewer than 8 characters; check that it is the whole key")
	}
	return nil
}

// hideKey replaces the API key in a text. A server, a proxy or an error may have escaped some of its characters.
func hideKey(text, key string) string {
	const hidden = "[API key]"
	if len(key) < minKey {
		return text
	}
	text = strings.ReplaceAll(text, key, hidden)
	if !strings.ContainsAny(text, `%\&`) {
		return text
	}

	plain, from := unescaped(text)
	var b strings.Builder
	done := 0
	for at := 0; ; at += len(key) {
		next := strings.Index(plain[at:], key)
		if next < 0 {
			return b.String() + text[done:]
		}
		at += next
		b.WriteString(text[done:from[at]] + hidden)
		done = from[at+len(key)]
	}
}

// escapes matches one escape of a URL, of JSON or Go, or of HTML. It may have been escaped again, as in %2541 or
// \\u0041.
var escapes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`%(?:25)*[[:xdigit:]]{2}|\\+(?:u00|x)[[:xdigit:]]{2}|\\.|&(?:amp;)*#?\w+;`)
})

// unescaped returns text without its escapes, and for each byte of the result where it comes from in text. It returns
// the end of text too.
func unescaped(text string) (plain string, from []int) {
	var b strings.Builder
	add := func(part string, at, step int) {
		for i := range len(part) {
			from = append(from, at+i*step)
		}
		b.WriteString(part)
	}
	end := 0
	for _, found := range escapes().FindAllStringIndex(text, -1) {
		add(text[end:found[0]], end, 1)
		add(unescape(text[found[0]:found[1]]), found[0], 0)
		end = found[1]
	}
	add(text[end:], end, 1)
	return b.String(), append(from, len(text))
}

// unescape returns what one escape stands for.
func unescape(escape string) string {
	switch {
	case escape[0] == '&':
		return html.UnescapeString("&" + strings.ReplaceAll(escape[1:], "amp;", ""))
	case len(escape) == 2:
		return escape[1:]
	}
	char, _ := strconv.ParseUint(escape[len(escape)-2:], 16, 8)
	return string([]byte{byte(char)})
}

// hideKeyIn replaces the API key in all texts of a decoded JSON value.
func hideKeyIn(value any, key string) any {
	switch value := value.(type) {
	case string:
		return hideKey(value, key)
	case []any:
		for i := range value {
			value[i] = hideKeyIn(value[i], key)
		}
	case map[string]any:
		for name, member := range value {
			value[name] = hideKeyIn(member, key)
			if shown := hideKey(name, key); shown != name {
				value[shown] = value[name]
				delete(value, name)
			}
		}
	}
	return value
}

// hideKeyOf returns an error whose text does not contain the API key. It is err itself if that does not contain it.
func hideKeyOf(err error, key string) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if shown := hideKey(text, key); shown != text {
		return &hiddenCause{shown, err}
	}
	return err
}

// hiddenCause is an error whose text contains the API key. It has no Unwrap, because that would return that text.
type hiddenCause struct {
	text string
	err  error
}

func (h *hiddenCause) Error() string        { return h.text }
func (h *hiddenCause) Is(target error) bool { return errors.Is(h.err, target) }
func (h *hiddenCause) As(target any) bool   { return errors.As(h.err, target) }
