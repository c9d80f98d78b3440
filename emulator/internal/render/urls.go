package render

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

var (
	cssURL  = lazy.Regexp(`(?i)url\(\s*["']?([^"')]*)`)
	openURL = lazy.Regexp(`(?i)url\(\s*["']?([^"')]*)$`)
	textURL = lazy.Regexp(`(?i)https?://[^\s<>"]*$`)
	// cssURLEscaper percent-encodes what would end a URL in CSS.
	cssURLEscaper = strings.NewReplacer("'", "%27", "(", "%28", ")", "%29", ";", "%3B")
)

// unfinishedURL returns the URL that a text ends in, as far as it is written, and whether there is one.
func unfinishedURL(text string, m mode) (url string, ok bool) {
	switch m {
	case inURL:
		return text, true
	case inSet:
		return text[strings.LastIndexAny(text, " \t\r\n\f,")+1:], true
	case inText:
		url = textURL().FindString(text)
		return url, url != ""
	case inCSS:
		if match := openURL().FindStringSubmatch(text); match != nil {
			return match[1], true
		}
	}
	return "", false
}

// inPlace returns a bound value as it is written after a text. In a URL it is percent-encoded, unless it begins the
// URL. ok is false if it cannot begin the URL.
func inPlace(text, value string, m mode) (written string, ok bool) {
	url, inside := unfinishedURL(text, m)
	switch {
	case !inside:
		return value, true
	case m != inURL && strings.TrimSpace(url) == "":
		if value, ok = mail.WebURL(value); !ok {
			return "", false
		}
		return cssURLEscaper.Replace(value), true
	}
	return mail.EncodeIn(url, value), true
}

// dead reports whether a check refuses a URL whatever its bindings are.
func dead(v *value, check check) bool {
	if s, static := v.static(); static {
		_, ok := check(s)
		return !ok
	}
	if v.kind != join {
		return false
	}
	for _, bound := range []string{"1", ""} {
		if _, ok := check(v.sample(bound)); ok {
			return false
		}
	}
	return true
}

// sample returns a URL with good values in the places of its bindings: a whole URL if it begins with one.
func (v *value) sample(bound string) string {
	var out strings.Builder
	for _, part := range v.parts {
		text, static := part.static()
		if !static {
			text = bound
			if strings.TrimSpace(out.String()) == "" {
				text = "https://1/"
			}
		}
		out.WriteString(text)
	}
	return out.String()
}

const (
	badLink  = "must be an http, https, mailto, tel or sms URL, or the #fragment of a place in the email"
	badImage = "must be an http or https URL"
)

func checkLink(v *value) string { return refused(badLink, dead(v, mail.LinkURL)) }

func checkImage(v *value) string { return refused(badImage, dead(v, mail.WebURL)) }

func refused(message string, refused bool) string {
	if refused {
		return message
	}
	return ""
}

// goodStyle reports whether the URLs in a CSS value are http or https.
func goodStyle(s string) bool {
	return !slices.ContainsFunc(cssURL().FindAllStringSubmatch(s, -1), func(match []string) bool {
		return !mail.Followable(match[1])
	})
}

// goodSet accepts the value of a srcset if its URLs are http or https.
func goodSet(s string) (string, bool) {
	for each := range strings.SplitSeq(s, ", ") {
		words := strings.Fields(each)
		if len(words) == 0 {
			return "", false
		}
		if !mail.Followable(strings.TrimSuffix(words[0], ",")) {
			return "", false
		}
	}
	return s, true
}
