package web

import (
	"mime"
	"net/http"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file serves the parts of an email, each whole and by itself.

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
		v.frame(mail.Dress(l.mail.HTML, v.r.URL.Query().Has("dark")))
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

var unsafeInName = lazy.Regexp(`[^a-z0-9]+`)

// fileName returns the name of the file with an email: the words of the subject, and the start of its id.
func fileName(l *letter) string {
	const longest = 60
	name := unsafeInName().ReplaceAllString(strings.ToLower(l.Subject), "-")
	name = strings.Trim(name[:min(len(name), longest)], "-")
	return strings.TrimPrefix(name+"-"+l.ID[:8]+".eml", "-")
}

// headersOf returns what the page shows of the headers of a message. A sensitive subject is left out.
func headersOf(raw string, l *letter) [][2]string {
	headers, _ := firstOf(mail.HeadersOf(raw), 2*listShown)
	for i := range headers {
		if headers[i][0] == "Subject" && l.sensitive {
			headers[i][1] = l.Subject
		}
		headers[i][1] = gateway.Clip(headers[i][1], termLength)
	}
	return headers
}

// frame is how the page shows the HTML of an email. The paths lead to the page with another choice.
type frame struct {
	Path, DarkPath, LightPath string
	ImagesPath                string // see unloaded
	Dark                      bool
	OwnDark                   bool // the email has a dark design of its own
}

func frameOf(v *visit, l *letter) *frame {
	if l.mail.HTML == "" {
		return nil
	}
	query := v.r.URL.Query()
	shown := &frame{
		Path:       mailPath(l.ID) + "/html",
		DarkPath:   withQuery(v, "dark", "1"),
		LightPath:  withQuery(v, "dark", ""),
		ImagesPath: unloaded(v, l.mail.HTML),
		Dark:       query.Has("dark"),
		OwnDark:    mail.HasDarkDesign(l.mail.HTML),
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
