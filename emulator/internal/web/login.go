package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/shell"
)

// This file has the ways in: the link with a one-time token, and the page that says how to get one. A user who opens
// a page without being signed in gets to that page after signing in.

const (
	nextAge     = 15 * 60 // how long a browser remembers where it wanted to go, in seconds
	longestNext = 2000    // bytes; a cookie has about 4000
)

// Link returns a new link that signs in one browser, once, and then leads to the page next, or to the overview if that
// is "". The link begins with the address that the request r came to. Link reports false if next is not the path of a
// page.
func (d *Dashboard) Link(r *http.Request, next string) (link string, ok bool) {
	page := inside(next)
	if page == "" && next != "" {
		return "", false
	}
	return d.address(r) + "/login?token=" + d.sessions.token(page), true
}

// address returns the emulator's address as the sender of a request knows it. Requests within the process have any
// Host.
func (d *Dashboard) address(r *http.Request) string {
	base := d.BaseURL()
	own, err := url.Parse(base)
	served := r.Context().Value(http.ServerContextKey) != nil
	if err != nil || !served || strings.EqualFold(own.Host, r.Host) {
		return base
	}
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

// inside returns the path of a page, with its query, if it is one. Otherwise it returns "": a link must not lead to
// another site.
func inside(next string) string {
	u, err := url.Parse(next)
	if err != nil || len(next) > longestNext || !strings.HasPrefix(next, "/dashboard") {
		return ""
	}
	odd := func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }
	below := u.Path == "/dashboard" || strings.HasPrefix(u.Path, "/dashboard/")
	clean := path.Clean(u.Path) == strings.TrimSuffix(u.Path, "/")
	if !below || !clean || strings.ContainsFunc(u.Path, odd) {
		return ""
	}
	query := strings.ReplaceAll(u.RawQuery, " ", "%20")
	return (&url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: query}).String()
}

// wanted returns the path of the page that a request asks for, if a person asks for it and not a part of a page.
func wanted(r *http.Request) string {
	kind := r.Header.Get("Sec-Fetch-Dest") // "" in old browsers
	if r.Method != http.MethodGet || kind != "" && kind != "document" {
		return ""
	}
	return inside(r.URL.RequestURI())
}

// setCookie sets a cookie that lives for some seconds, or removes it if age is negative. A link in an email must work,
// so the cookie is sent with links from other sites, but not with their forms.
func (d *Dashboard) setCookie(w http.ResponseWriter, r *http.Request, name, value string, age int) {
	http.SetCookie(w, &http.Cookie{
		Name:     name,
		Value:    value,
		Path:     "/",
		MaxAge:   age,
		HttpOnly: true,
		Secure:   r.TLS != nil || strings.HasPrefix(d.PublicURL, "https:"),
		SameSite: http.SameSiteLaxMode,
	})
}

func (d *Dashboard) nextCookie() string { return d.sessions.cookie + "_next" }

// login signs in with a one-time token, from a link or from the form of the sign-in page. A browser that is already
// signed in needs none.
func (d *Dashboard) login(w http.ResponseWriter, r *http.Request) {
	// HEAD is refused: a program that checks the link first must not use up the token.
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		gateway.WrongMethod(w, []string{http.MethodGet, http.MethodPost})
		return
	}
	token, next := r.URL.Query().Get("token"), inside(r.URL.Query().Get("next"))
	if r.Method == http.MethodPost {
		r.Body = http.MaxBytesReader(w, r.Body, gateway.MaxForm)
		var given string
		token, given = pasted(r.PostFormValue("link"))
		next = inside(given)
	}
	cookie, meant, ok := d.sessions.redeem(token)
	next = cmp.Or(next, meant, d.remembered(r))
	switch {
	case ok:
		d.setCookie(w, r, d.sessions.cookie, cookie, sessionAge)
	case d.sessions.of(r) != nil:
	case token == "":
		d.signIn(w, r, "You are not signed in.", next)
		return
	default:
		d.signIn(w, r, "This link has already been used, or it belongs to another emulator.", next)
		return
	}
	d.setCookie(w, r, d.nextCookie(), "", -1)
	http.Redirect(w, r, cmp.Or(next, "/dashboard"), http.StatusSeeOther)
}

// remembered returns the page that the browser asked for when it was not signed in, "" if there is none.
func (d *Dashboard) remembered(r *http.Request) string {
	cookie, err := r.Cookie(d.nextCookie())
	if err != nil {
		return ""
	}
	next, _ := url.QueryUnescape(cookie.Value)
	return inside(next)
}

// pasted returns the token and the next page in what a user pasted: a link, the line that has it, or only the token.
func pasted(text string) (token, next string) {
	fields := strings.Fields(text)
	if len(fields) == 0 {
		return "", ""
	}
	last := fields[len(fields)-1]
	_, query, isLink := strings.Cut(last, "?")
	if !isLink {
		return last, ""
	}
	values, _ := url.ParseQuery(query)
	return values.Get("token"), values.Get("next")
}

// signOut ends the session.
func (d *Dashboard) signOut(w http.ResponseWriter, r *http.Request) {
	d.signedIn(func(v *visit) error {
		d.sessions.end(r)
		d.setCookie(w, r, d.sessions.cookie, "", -1)
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return nil
	})(w, r)
}

// signInPage is what the sign-in page shows.
type signInPage struct {
	Reason        string
	Next          string // where signing in leads to, "" for the overview
	Command, Curl string // each makes a new link
	Here          string // the page itself, for a browser that did not send its cookie
}

// signIn shows how to sign in, and remembers where the user wanted to go. A browser that comes from another site may
// not send its cookie, so the page also offers to open the page again.
func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request, reason, next string) {
	address := d.address(r)
	page := signInPage{
		Reason:  reason,
		Command: "segmentflow-emulator login -url " + shell.Word(address),
		Curl:    "curl -X POST " + shell.Word(address+"/_emulator/login"),
		Here:    "/dashboard",
	}
	if next != "" && next != page.Here {
		page.Here, page.Next = next, next
		page.Command += " -next " + shell.Word(next)
		page.Curl += " --data-raw " + shell.Word(`{"next": `+jsonText(next)+`}`)
		d.setCookie(w, r, d.nextCookie(), url.QueryEscape(next), nextAge)
	}
	v := &visit{Backend: &d.Backend, w: w, r: r}
	v.answer(func(v *visit) error {
		return v.show(http.StatusUnauthorized, "signin.html", "Sign in", page)
	})
}

// jsonText returns a text as JSON.
func jsonText(text string) string {
	raw, _ := json.Marshal(text) // a string always marshals
	return string(raw)
}
