// Package web is what people open: the dashboard, and the pages under the links in mail. Its HTML is made on the server;
// assets are embedded, and there is no script.
//
// A one-time token signs its owner in to the dashboard, which reads and acts through a Source. The pages hold other people's
// mail, which may not run anything, load anything but images, or send anything: it stands in a sandboxed frame under a
// policy of its own.
package web

import (
	"bytes"
	"context"
	"embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Source is what the pages show and do.
type Source interface {
	// Organization is the name of the one that the pages are about.
	Organization(ctx context.Context) (string, error)
	// Confirmations are those that wait for a decision, the one that expires first first.
	Confirmations(ctx context.Context) ([]Confirmation, error)
	// Confirmation finds one in any state, nil when there is none.
	Confirmation(ctx context.Context, id string) (*Confirmation, error)
	// Decide approves or rejects one. What forbids it is a refusal, in words for people; "" is none.
	Decide(ctx context.Context, id string, approve bool) (refusal string, err error)
}

// The states of a Confirmation.
const (
	Open     = "open"
	Approved = "approved"
	Rejected = "rejected"
	Expired  = "expired"
	Void     = "void" // what it was about has been changed since
)

// Confirmation is all that somebody sees who decides whether an audience gets mail. A list of them needs no more than ID,
// Carrier, Name, Eligible and ExpiresAt.
type Confirmation struct {
	ID, State string
	Carrier   string // Broadcast or NewsletterIssue
	Name      string
	Status    string // of the carrier, one of the API's
	Now       time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // zero until it is

	Subject        string
	Sender         Sender
	ReplyTo        []string
	Segment        string // its name, "" for everybody
	Group          Group
	Total          int // the audience
	Eligible       int // who gets the mail
	Skipped        []Skip
	Blocks, Warns  []Finding
	SampleFor      string // the address that the content below was rendered for
	HTML, Text     string
	MissingInPlace []string // bindings that had nothing to print, as "path in element prop"
}

// Sender is who the mail comes from, and whether it may.
type Sender struct {
	Name, Email     string
	Verified, DMARC bool
}

// Group is the SubscriptionGroup whose members have agreed to the mail; Policy is OptIn or OptOut.
type Group struct{ Name, Policy string }

// Skip says how many of the audience get nothing, and why: one of the API's skip reasons.
type Skip struct {
	Reason string
	Count  int
}

// Finding is a blocker or a warning of the preflight.
type Finding struct{ Code, Message string }

// Waits says whether it is still to be decided.
func (c Confirmation) Waits() bool { return c.State == Open }

// Left is how much time there is to decide.
func (c Confirmation) Left() string {
	left := c.ExpiresAt.Sub(c.Now)
	switch {
	case left <= 0:
		return "no time"
	case left < time.Minute:
		return "less than a minute"
	}
	return count(int(left/time.Minute)) + " min"
}

//go:embed assets
var assets embed.FS

var pages = template.Must(template.New("pages").Funcs(template.FuncMap{"count": count, "at": at, "why": why}).ParseFS(assets, "assets/*.html"))

// count writes a number so that people can read it.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:] // a narrow space that does not break
	}
	return digits
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// why says in words what a skip reason means.
func why(reason string) string {
	words := map[string]string{
		world.SkipUnsubscribed: "has unsubscribed", world.SkipNotOptedIn: "has never subscribed",
		world.SkipSuppressed + world.SuppressedBounce:    "the address bounces",
		world.SkipSuppressed + world.SuppressedComplaint: "has complained",
		world.SkipSuppressed + world.SuppressedManual:    "the address is blocked", world.SkipProfileDeleted: "the Profile is deleted",
	}
	if words[reason] == "" {
		return reason
	}
	return words[reason]
}

// Dashboard serves the pages.
type Dashboard struct {
	source   Source
	sessions sessions
	mux      *http.ServeMux
}

// New makes the pages of a Source. Nobody is signed in.
func New(source Source) *Dashboard {
	d := &Dashboard{source: source, sessions: newSessions(), mux: http.NewServeMux()}
	d.mux.HandleFunc("/login", d.login)
	d.mux.HandleFunc("GET /dashboard/style.css", style)
	for path, page := range map[string]func(*visit) error{
		"GET /dashboard":                                d.overview,
		"GET /dashboard/{$}":                            d.overview,
		"GET /dashboard/confirmations/{id}":             d.confirmation,
		"GET /dashboard/confirmations/{id}/content":     d.content,
		"POST /dashboard/confirmations/{id}/{decision}": d.decide,
		"/": (*visit).missing,
	} {
		d.mux.HandleFunc(path, d.signedIn(page))
	}
	return d
}

// ServeHTTP answers /login and everything below /dashboard.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	// A form posted from a page that sends no referrer has no origin either, and a foreign origin is refused.
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	d.mux.ServeHTTP(w, r)
}

func style(w http.ResponseWriter, _ *http.Request) {
	css, _ := assets.ReadFile("assets/style.css") // embedded: it is there
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

// visit is a request of somebody who is signed in.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	csrf string
}

// show writes a page. Its title comes first in it.
func (v *visit) show(status int, page, title string, data any) error {
	var out bytes.Buffer
	err := pages.ExecuteTemplate(&out, page, map[string]any{"Title": title, "CSRF": v.csrf, "Data": data, "SignedIn": v.csrf != ""})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes())
	return nil
}

func (v *visit) missing() error {
	return v.show(http.StatusNotFound, "problem.html", "There is no such page", "What you look for may be gone with the world that had it.")
}

// answer shows what went wrong inside. Whoever reads it runs the emulator, so that it tells what.
func (v *visit) answer(page func(*visit) error) {
	if err := page(v); err != nil {
		_ = v.show(http.StatusInternalServerError, "problem.html", "The emulator failed", "It could not make this page: "+err.Error())
	}
}

func (d *Dashboard) overview(v *visit) error {
	organization, err := d.source.Organization(v.r.Context())
	if err != nil {
		return err
	}
	waiting, err := d.source.Confirmations(v.r.Context())
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "overview.html", organization, waiting)
}

func (d *Dashboard) confirmation(v *visit) error { return d.showConfirmation(v, http.StatusOK, "") }

// showConfirmation shows one as it stands now, and above it why a decision was refused.
func (d *Dashboard) showConfirmation(v *visit, status int, refusal string) error {
	c, err := d.source.Confirmation(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c == nil {
		return v.missing()
	}
	return v.show(status, "confirmation.html", c.Name, map[string]any{"C": c, "Refusal": refusal})
}

// content is the mail itself, for the frame. It is untrusted.
func (d *Dashboard) content(v *visit) error {
	c, err := d.source.Confirmation(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c == nil || c.HTML == "" {
		return v.missing()
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src data: http: https:; style-src 'unsafe-inline'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	_, _ = v.w.Write([]byte(c.HTML))
	return nil
}

// decide approves or rejects, and leads back to the page, which then shows what came of it.
func (d *Dashboard) decide(v *visit) error {
	decision := v.r.PathValue("decision")
	if decision != "approve" && decision != "reject" {
		return v.missing()
	}
	refusal, err := d.source.Decide(v.r.Context(), v.r.PathValue("id"), decision == "approve")
	if err != nil {
		return err
	}
	if refusal != "" {
		return d.showConfirmation(v, http.StatusConflict, refusal)
	}
	http.Redirect(v.w, v.r, strings.TrimSuffix(v.r.URL.Path, "/"+decision), http.StatusSeeOther)
	return nil
}
