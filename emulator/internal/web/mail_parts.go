package web

import (
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file serves the parts of an email, each whole and by itself.

const plainText = "text/plain; charset=utf-8"

// mailPart serves the part that the path names.
func mailPart(v *visit) error {
	part := v.r.PathValue("part")
	var l *letter
	explained := ""
	err := v.act(func(tx *world.Tx) (err error) {
		if l, err = letterOf(tx, v.r.PathValue("id")); err == nil && part == "why" {
			explained, err = tell.Explain(tx, l.ID)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case part == "why":
		return v.plain(plainText, explained)
	case part != "html" && part != "text" && part != "raw" && part != "eml":
		return v.missing()
	case l.mail == nil:
		return v.noPart("It is " + l.Status + ", and no content of it was kept.")
	case part == "html" && l.mail.HTML == "":
		return v.noPart("It has only text.")
	case part == "html":
		v.frame(dressed(l.mail.HTML, v.r.URL.Query().Has("dark")), imagesOf(v))
		return nil
	case part == "text":
		return v.plain(plainText, l.mail.Text)
	case !l.sent():
		return v.noPart("It is " + l.Status + ". Its source is made when it is sent.")
	}

	raw, err := world.Raw(l.mail)
	if err != nil {
		return err
	}
	if part == "eml" {
		v.w.Header().Set("Content-Disposition",
			mime.FormatMediaType("attachment", map[string]string{"filename": fileName(l)}))
		return v.plain("message/rfc822", string(raw))
	}
	return v.plain(plainText, string(raw))
}

func (v *visit) noPart(why string) error {
	return v.show(http.StatusNotFound, "problem.html", "The email has no such part", why)
}

var unsafeInName = regexp.MustCompile(`[^a-z0-9]+`)

// fileName returns the name of the file with an email: the words of the subject, and the start of its id.
func fileName(l *letter) string {
	const longest = 60
	name := unsafeInName.ReplaceAllString(strings.ToLower(l.Subject), "-")
	name = strings.Trim(name[:min(len(name), longest)], "-")
	return strings.TrimPrefix(name+"-"+l.ID[:8]+".eml", "-")
}

// headersOf returns the headers of a message in their order, unfolded and decoded. A sensitive subject is left out.
func headersOf(raw string, l *letter) (headers [][2]string) {
	head, _, _ := strings.Cut(raw, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if last := len(headers) - 1; last >= 0 && strings.HasPrefix(line, " ") {
			headers[last][1] += line
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		headers = append(headers, [2]string{name, strings.TrimSpace(value)})
	}
	words := mime.WordDecoder{}
	for i := range headers {
		if decoded, err := words.DecodeHeader(headers[i][1]); err == nil {
			headers[i][1] = decoded
		}
		if headers[i][0] == "Subject" && l.sensitive {
			headers[i][1] = l.Subject
		}
		headers[i][1] = gateway.Clip(headers[i][1], termLength)
	}
	headers, _ = firstOf(headers, 2*listShown)
	return headers
}

// frame is how the page shows the HTML of an email. The paths lead to the page with another choice.
type frame struct {
	Path, DarkPath, LightPath, ImagesPath string
	Dark                                  bool
	OwnDark                               bool // the email has a dark design of its own
	Blocked                               bool // it has images on other hosts, which are not loaded
}

var (
	webImage = regexp.MustCompile(`(?i)(?:src|srcset|background|poster)\s*=\s*["']?\s*https?://|url\(\s*["']?https?://`)
	darkRule = regexp.MustCompile(`(?i)\(\s*prefers-color-scheme\s*:\s*dark\s*\)`)
	lightOne = regexp.MustCompile(`(?i)\(\s*prefers-color-scheme\s*:\s*light\s*\)`)
	docType  = regexp.MustCompile(`(?is)^(?:\s|<!--.*?-->)*<!doctype[^>]*>`)
)

func frameOf(v *visit, l *letter) *frame {
	if l.mail.HTML == "" {
		return nil
	}
	query := v.r.URL.Query()
	shown := &frame{
		Path:       mailPath(l.ID) + "/html",
		DarkPath:   withQuery(v, "dark", "1"),
		LightPath:  withQuery(v, "dark", ""),
		ImagesPath: withQuery(v, "images", "1"),
		Dark:       query.Has("dark"),
		OwnDark:    darkRule.MatchString(l.mail.HTML),
		Blocked:    !query.Has("images") && webImage.MatchString(l.mail.HTML),
	}
	var choices []string
	for _, name := range []string{"dark", "images"} {
		if query.Has(name) {
			choices = append(choices, name+"=1")
		}
	}
	if choices != nil {
		shown.Path += "?" + strings.Join(choices, "&")
	}
	return shown
}

// imagesOf returns where a frame may load images from: from programs on this machine, and from elsewhere if the reader
// asks for it.
func imagesOf(v *visit) string {
	if v.r.URL.Query().Has("images") {
		return "data: http: https:"
	}
	return "data: http://localhost:* https://localhost:* http://127.0.0.1:* https://127.0.0.1:*"
}

// dressed returns the HTML of an email for a frame. Links open in a new tab. Dark shows its dark design or, if it has
// none, turns light into dark, as mail programs do.
func dressed(html string, dark bool) string {
	const always, never = "(min-width: 0)", "(max-width: 0)"
	const inverted = "filter: invert(1) hue-rotate(180deg) !important;"
	added := `<base target="_blank">`
	switch {
	case dark && darkRule.MatchString(html):
		html = lightOne.ReplaceAllString(darkRule.ReplaceAllString(html, always), never)
		added += "<style>:root { color-scheme: dark !important; }</style>"
	case dark:
		added += "<style>html { background: #fff !important; " + inverted + " } img, video { " + inverted + " }</style>"
	default:
		html = lightOne.ReplaceAllString(darkRule.ReplaceAllString(html, never), always)
		added += "<style>:root { color-scheme: light; }</style>"
	}
	end := len(docType.FindString(html))
	return html[:end] + added + html[end:]
}
