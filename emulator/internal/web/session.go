package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"sync"
)

// sessions knows who is signed in. It lives as long as the process: what it holds is of no use to another one.
type sessions struct {
	cookie string // its name; browsers do not tell the ports of a host apart, so that each emulator has its own
	mu     sync.Mutex
	tokens map[string]bool   // one-time tokens that nobody has used
	open   map[string]string // the CSRF token of each session
}

const (
	sessionAge  = 30 * 24 * 60 * 60 // seconds that a browser keeps the cookie
	maxFormBody = 64 << 10
)

func newSessions() sessions {
	return sessions{cookie: "segmentflow_" + secret()[:8], tokens: map[string]bool{}, open: map[string]string{}}
}

// secret is what nobody can guess.
func secret() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// Token makes a token that signs in one browser, once, at /login?token=.
func (d *Dashboard) Token() string {
	token := secret()
	d.sessions.mu.Lock()
	defer d.sessions.mu.Unlock()
	d.sessions.tokens[token] = true
	return token
}

// redeem opens a session for a token that nobody has used.
func (s *sessions) redeem(token string) (session string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.tokens[token] {
		return "", false
	}
	delete(s.tokens, token)
	session = secret()
	s.open[session] = secret()
	return session, true
}

// csrf is the token that the forms of a request's session carry, "" for nobody's.
func (s *sessions) csrf(r *http.Request) string {
	cookie, err := r.Cookie(s.cookie)
	if err != nil {
		return ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[cookie.Value]
}

// login signs in with a one-time token. A browser that is signed in already needs none.
func (d *Dashboard) login(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet { // HEAD neither: whoever looks before opening must not use the token up
		w.Header().Set("Allow", http.MethodGet)
		http.Error(w, "This path takes GET.", http.StatusMethodNotAllowed)
		return
	}
	session, ok := d.sessions.redeem(r.URL.Query().Get("token"))
	if ok {
		http.SetCookie(w, &http.Cookie{Name: d.sessions.cookie, Value: session, Path: "/", MaxAge: sessionAge, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	}
	if !ok && d.sessions.csrf(r) == "" {
		signIn(w, r, "This link was used before, or it is not one of this emulator's.")
		return
	}
	http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
}

// signedIn lets those through who are, and of their forms those that came from its own pages.
func (d *Dashboard) signedIn(page func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		csrf := d.sessions.csrf(r)
		if csrf == "" {
			signIn(w, r, "This page is for people who are signed in.")
			return
		}
		v := &visit{w: w, r: r, csrf: csrf}
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
		if r.Method == http.MethodPost && subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(csrf)) != 1 {
			v.answer((*visit).forged)
			return
		}
		v.answer(page)
	}
}

func (v *visit) forged() error {
	return v.show(http.StatusForbidden, "problem.html", "Not from this page", "The form did not come from the dashboard itself. Open the page again.")
}

// signIn tells how to sign in. A browser that came here from elsewhere keeps its cookie back, which is why the page asks
// to try again.
func signIn(w http.ResponseWriter, r *http.Request, reason string) {
	v := &visit{w: w, r: r}
	v.answer(func(v *visit) error { return v.show(http.StatusUnauthorized, "signin.html", "Sign in", reason) })
}
