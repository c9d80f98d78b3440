package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Backend is what the dashboard shows and changes. The dashboard shows the first Organization.
type Backend struct {
	World   *world.World
	Log     *slog.Logger
	Journal *gateway.Journal
	Faults  *faults.List
	Limits  *faults.Limits
	Seeds   func() *seed.Reading // what came of reading the seed files again
	Reset   func(ctx context.Context) error
	Restore func(ctx context.Context, image []byte) error

	BaseURL   func() string // where links begin
	PublicURL string        // that the user chose, "" if there is none
	Hosts     []string      // other names that the emulator answers under
	Database  string        // a file, or world.InMemory
}

// Dashboard serves the pages of the dashboard.
type Dashboard struct {
	Backend
	sessions sessions
	guard    *http.CrossOriginProtection
	mux      func() http.Handler
}

// page answers a request of a user who is signed in.
type page func(*visit) error

// visit is a request of a user who is signed in.
type visit struct {
	*Backend
	w       http.ResponseWriter
	r       *http.Request
	session *session // nil if the user is not signed in
	version uint64   // of the world, before the page reads it
	address string   // of the emulator, as the browser knows it
}

// act carries out one act on the first Organization, like a call of the API: what is due runs before it. Pages read in
// one act too, so that they show what a call would find.
func (v *visit) act(do func(tx *world.Tx) error) error {
	return v.World.Act(v.r.Context(), world.First, do)
}

// show writes a page with its title as the first heading. The template finds the data as .Data.
func (v *visit) show(status int, name, title string, data any) error {
	clock, ended := world.Glance(v.r.Context(), v.World)
	frame := map[string]any{
		"Title": title,
		"Data":  data,
		"Now":   clock.Now,
		"Clock": clock,
		"Path":  v.r.URL.Path,
		"Query": v.r.URL.Query(),
		"Seeds": v.Seeds(),

		"Address": v.address, // what a command in a shell calls
	}
	if v.session != nil && ended == nil { // a browser that has gone reads nothing
		frame["CSRF"], frame["SignedIn"], frame["Version"] = v.session.csrf, true, v.version
		if v.r.Header.Get(renewing) == "" {
			frame["Notice"] = v.session.takeNotice()
		}
	}
	var out bytes.Buffer
	if err := pages().ExecuteTemplate(&out, name, frame); err != nil {
		return err
	}

	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes())
	return nil
}

// renewing is the header of a request of a page's script for the same page. The notice stays for the user's next page.
const renewing = "Segmentflow-Renewing"

// done redirects to a page that shows what was done.
func (v *visit) done(path, text string) error { return v.leave(path, notice{Text: text}) }

// refuse redirects to a page that shows why nothing was done.
func (v *visit) refuse(path, reason string) error {
	return v.leave(path, notice{Text: reason, Bad: true})
}

func (v *visit) leave(path string, n notice) error {
	v.session.leaveNotice(n)
	world.Touch(v.World) // also what is not in the database may have changed, such as the faults
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// moved redirects to the same page below the path that a thing has, such as /dashboard/people/{id}.
func (v *visit) moved(path string) error {
	// "", "dashboard", the kind of thing, its name, and the part of the page
	parts := strings.SplitN(v.r.URL.EscapedPath(), "/", 5)
	if len(parts) == 5 {
		path += "/" + parts[4]
	}
	to := url.URL{Path: path, RawQuery: v.r.URL.RawQuery}
	http.Redirect(v.w, v.r, to.String(), http.StatusSeeOther)
	return nil
}

// origin returns the beginning of the URLs of the emulator, as the request has it.
func (v *visit) origin() string {
	if v.r.TLS != nil {
		return "https://" + v.r.Host
	}
	return "http://" + v.r.Host
}

// frame writes an email's HTML for a frame. It is untrusted: it may not run anything, load anything but images, or send
// anything.
func (v *visit) frame(html string) {
	header := v.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "+
		"img-src "+imagesOf(v)+"; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "+
		"frame-ancestors 'self'")
	_, _ = v.w.Write([]byte(html))
}

// imagesOf returns where a frame may load images from: from the emulator and programs on this machine, and from
// elsewhere if the reader asks for it.
func imagesOf(v *visit) string {
	if v.r.URL.Query().Has("images") {
		return "data: http: https:"
	}
	return "data: " + v.origin() + " " + v.BaseURL() +
		"/ http://localhost:* https://localhost:* http://127.0.0.1:* https://127.0.0.1:*"
}

// unloaded returns the path of this page with all images of an email, "" if none of them is left out.
func unloaded(v *visit, html string) string {
	near := func(host string) bool {
		own, _, _ := strings.Cut(v.r.Host, ":")
		links, err := url.Parse(v.BaseURL()) // where the URLs of Assets begin
		return slices.Contains([]string{"localhost", "127.0.0.1", strings.ToLower(own)}, strings.ToLower(host)) ||
			err == nil && strings.EqualFold(links.Hostname(), host)
	}
	if v.r.URL.Query().Has("images") || !mail.HasWebImages(html, near) {
		return ""
	}
	return withQuery(v, "images", "1")
}

// withQuery returns the path of the page with another value in its query, or without it for "".
func withQuery(v *visit, name, value string) string {
	query := v.r.URL.Query()
	query.Set(name, value)
	if value == "" {
		query.Del(name)
	}
	return (&url.URL{Path: v.r.URL.Path, RawQuery: query.Encode()}).String()
}

// document writes a JSON document as it is stored, with line breaks.
func (v *visit) document(raw []byte) {
	var out bytes.Buffer
	if json.Indent(&out, raw, "", "  ") != nil {
		out.Reset()
		out.Write(raw)
	}
	v.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = v.w.Write(out.Bytes())
}

// badQuery says what is wrong with the query of a page.
func (v *visit) badQuery(what string) error {
	return v.show(http.StatusBadRequest, "problem.html", "There is no such page of the list", what)
}

const plainText = "text/plain; charset=utf-8"

// plain writes a text of a kind, which is a media type.
func (v *visit) plain(kind, text string) error {
	v.w.Header().Set("Content-Type", kind)
	_, _ = v.w.Write([]byte(text))
	return nil
}

func (v *visit) missing() error {
	return v.show(http.StatusNotFound, "problem.html", "There is no such page",
		"It may have been deleted, for example by a reset of the emulator.")
}

// answer writes a page. If what it shows does not exist, it says so. If the page fails, it shows the error: the reader
// is the one who runs the emulator.
func (v *visit) answer(show page) {
	v.version = world.Version(v.World)
	err := show(v)
	if refusal, ok := errors.AsType[*world.Problem](err); ok && refusal.Code == world.CodeNotFound {
		err = v.missing()
	}
	if err == nil {
		return
	}
	if v.r.Context().Err() == nil { // otherwise the reader has left
		v.Log.Error("page failed", "path", v.r.URL.Path, "error", err)
	}
	_ = v.show(http.StatusInternalServerError, "problem.html", "The emulator failed",
		"This page could not be rendered: "+err.Error())
}

// refusal returns the message of an error that tells the user what they cannot do, and other errors as they are.
func refusal(err error) (message string, other error) {
	if refused, ok := errors.AsType[*world.Problem](err); ok && refused.Code != world.CodeInternal {
		return refused.Message, nil
	}
	return "", err
}
