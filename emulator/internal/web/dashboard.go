// Package web serves the pages that people open: the dashboard, and the pages under the links in emails. The server
// renders the HTML; assets are embedded, and there is no script.
//
// A one-time token signs a user in to the dashboard, which reads and acts through a Source. The pages show emails,
// which are untrusted: an email may not run anything, load anything but images, or send anything. It is shown in a
// sandboxed frame with a content security policy of its own.
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

// Source reads and changes what the pages show.
type Source interface {
	// Organization returns the name of the Organization.
	Organization(ctx context.Context) (string, error)
	// Confirmations returns the confirmations that wait for a decision. The one that expires first comes first.
	Confirmations(ctx context.Context) ([]Confirmation, error)
	// Confirmation returns a confirmation in any state, or nil if there is none.
	Confirmation(ctx context.Context, id string) (*Confirmation, error)
	// Decide approves or rejects a confirmation. If that is not allowed, it returns the reason as a sentence, otherwise
	// "".
	Decide(ctx context.Context, id string, approve bool) (refusal string, err error)
}

// The states of a Confirmation.
const (
	Open     = "open"
	Approved = "approved"
	Rejected = "rejected"
	Expired  = "expired"
	Void     = "void" // what it would send was changed
)

// Confirmation contains everything that the user sees before they approve or reject an audience send. In a list only
// ID, Carrier, Name, Eligible and ExpiresAt are needed.
type Confirmation struct {
	ID, State string
	Carrier   string // Broadcast or NewsletterIssue
	Name      string
	Status    string // of the carrier, one of the API's
	Now       time.Time
	ExpiresAt time.Time
	DecidedAt time.Time // zero until it is decided

	Subject        string
	Sender         Sender
	ReplyTo        []string
	Segment        string // its name, "" for the whole SubscriptionGroup
	Group          Group
	Total          int // the number of Profiles in the audience
	Eligible       int // how many of them get the email
	Skipped        []Skip
	Blocks, Warns  []Finding
	SampleFor      string // the address that the content below was rendered for
	HTML, Text     string
	MissingInPlace []string // the bindings that had nothing to print, as "path in element prop"
}

// Sender is the sender of the email, and whether its domain may send.
type Sender struct {
	Name, Email     string
	Verified, DMARC bool
}

// Group is the SubscriptionGroup of the email. Only Profiles that consent to it get the email. Policy is OptIn or
// OptOut.
type Group struct{ Name, Policy string }

// Skip is how many Profiles of the audience do not get the email for one reason, which is one of the API's skip
// reasons.
type Skip struct {
	Reason string
	Count  int
}

// Finding is a blocker or a warning of the preflight.
type Finding struct{ Code, Message string }

// Waits reports whether the confirmation waits for a decision.
func (c Confirmation) Waits() bool { return c.State == Open }

// Left returns the time that is left to decide, in words.
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

var pages = template.Must(template.New("pages").
	Funcs(template.FuncMap{"count": count, "at": at, "why": why}).
	ParseFS(assets, "assets/*.html"))

// count formats a number with its digits in groups of three.
func count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:] // a narrow space that does not break
	}
	return digits
}

func at(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// why describes a skip reason in words.
func why(reason string) string {
	words := map[string]string{
		world.SkipUnsubscribed:                           "has unsubscribed",
		world.SkipNotOptedIn:                             "has never subscribed",
		world.SkipProfileDeleted:                         "the Profile is deleted",
		world.SkipSuppressed + world.SuppressedBounce:    "the address bounces",
		world.SkipSuppressed + world.SuppressedComplaint: "has reported an email as spam",
		world.SkipSuppressed + world.SuppressedManual:    "the address is blocked",
	}
	if words[reason] == "" {
		return reason
	}
	return words[reason]
}

// Dashboard serves the pages of the dashboard.
type Dashboard struct {
	source   Source
	sessions sessions
	mux      *http.ServeMux
}

// New returns a dashboard that shows a Source. No user is signed in.
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
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	// The form of a page that sends no referrer has the origin "null", which would be refused.
	header.Set("Referrer-Policy", "same-origin")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-src 'self'; "+
		"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	d.mux.ServeHTTP(w, r)
}

func style(w http.ResponseWriter, _ *http.Request) {
	css, _ := assets.ReadFile("assets/style.css") // cannot fail: the file is embedded
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(css)
}

// visit is a request of a user who is signed in.
type visit struct {
	w    http.ResponseWriter
	r    *http.Request
	csrf string
}

// show writes a page with its title as the first heading.
func (v *visit) show(status int, page, title string, data any) error {
	var out bytes.Buffer
	err := pages.ExecuteTemplate(&out, page, map[string]any{
		"Title":    title,
		"CSRF":     v.csrf,
		"Data":     data,
		"SignedIn": v.csrf != "",
	})
	if err != nil {
		return err
	}

	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	_, _ = v.w.Write(out.Bytes())
	return nil
}

func (v *visit) missing() error {
	return v.show(http.StatusNotFound, "problem.html", "There is no such page",
		"It may have been deleted, for example by a reset of the emulator.")
}

// answer writes a page. If that fails, it shows the error: the reader is the one who runs the emulator.
func (v *visit) answer(page func(*visit) error) {
	if err := page(v); err != nil {
		_ = v.show(http.StatusInternalServerError, "problem.html", "The emulator failed",
			"This page could not be rendered: "+err.Error())
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

// showConfirmation shows a confirmation as it is now. Above it is the reason if a decision was refused.
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

// content serves the email itself, for the frame. It is untrusted.
func (d *Dashboard) content(v *visit) error {
	c, err := d.source.Confirmation(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	if c == nil || c.HTML == "" {
		return v.missing()
	}

	header := v.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'; img-src data: http: https:; "+
		"style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	_, _ = v.w.Write([]byte(c.HTML))
	return nil
}

// decide approves or rejects a confirmation and redirects to its page, which then shows the result.
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
