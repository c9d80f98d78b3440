package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// sessions contains the browsers that are signed in. It is not stored: a session ends with the process.
type sessions struct {
	// cookie is the name of the cookie. Browsers share cookies between the ports of a host, so each emulator has its
	// own.
	cookie string
	mu     sync.Mutex
	tokens map[string]bool   // the one-time tokens that have not been used
	open   map[string]string // the CSRF token of each session
}

const (
	sessionAge  = 30 * 24 * 60 * 60 // how long a browser keeps the cookie, in seconds
	maxFormBody = 64 << 10
)

func newSessions() sessions {
	return sessions{cookie: "segmentflow_" + secret()[:8], tokens: map[string]bool{}, open: map[string]string{}}
}

// secret returns a random text that nobody can guess.
func secret() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// Token returns a new token that signs in one browser, once, at /login?token=.
func (d *Dashboard) Token() string {
	token := secret()
	d.sessions.mu.Lock()
	defer d.sessions.mu.Unlock()
	d.sessions.tokens[token] = true
	return token
}

// redeem opens a session for a token that has not been used.
func (all *sessions) redeem(token string) (session string, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.tokens[token] {
		return "", false
	}
	delete(all.tokens, token)
	session = secret()
	all.open[session] = secret()
	return session, true
}

// csrf returns the CSRF token of the request's session, or "" if there is no session.
func (all *sessions) csrf(r *http.Request) string {
	cookie, err := r.Cookie(all.cookie)
	if err != nil {
		return ""
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	return all.open[cookie.Value]
}

// login signs in with a one-time token. A browser that is already signed in needs none.
func (d *Dashboard) login(w http.ResponseWriter, r *http.Request) {
	// HEAD is refused too: a program that checks the link first must not use up the token.
	if r.Method != http.MethodGet {
		gateway.WrongMethod(w, []string{http.MethodGet})
		return
	}

	session, ok := d.sessions.redeem(r.URL.Query().Get("token"))
	if ok {
		http.SetCookie(w, &http.Cookie{
			Name:     d.sessions.cookie,
			Value:    session,
			Path:     "/",
			MaxAge:   sessionAge,
			HttpOnly: true,
			SameSite: http.SameSiteStrictMode,
		})
	}
	if !ok && d.sessions.csrf(r) == "" {
		signIn(w, r, "This link has already been used, or it belongs to another emulator.")
		return
	}
	http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
}

// signedIn serves a page only to users who are signed in, and accepts only forms of the dashboard's own pages.
func (d *Dashboard) signedIn(page func(*visit) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		csrf := d.sessions.csrf(r)
		if csrf == "" {
			signIn(w, r, "You must sign in to see this page.")
			return
		}
		v := &visit{w: w, r: r, csrf: csrf}
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
		if r.Method == http.MethodPost &&
			subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(csrf)) != 1 {
			v.answer((*visit).forged)
			return
		}
		v.answer(page)
	}
}

func (v *visit) forged() error {
	return v.show(http.StatusForbidden, "problem.html", "The form was refused",
		"It did not come from the dashboard itself. Open the page again.")
}

// signIn shows how to sign in. A browser that comes from another site does not send its cookie, so the page also offers
// to open the dashboard again.
func signIn(w http.ResponseWriter, r *http.Request, reason string) {
	v := &visit{w: w, r: r}
	v.answer(func(v *visit) error {
		return v.show(http.StatusUnauthorized, "signin.html", "Sign in", reason)
	})
}
