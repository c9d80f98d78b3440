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
	tokens map[string]bool     // the one-time tokens that have not been used
	open   map[string]*session // by the value of the cookie
}

// session is a browser that is signed in.
type session struct {
	csrf   string
	mu     sync.Mutex
	note   notice // for the next page
	states keptStates
}

// notice is a sentence about what the user has just done, which the next page shows once.
type notice struct {
	Text string
	Bad  bool // nothing was done
}

func (s *session) leaveNotice(n notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note = n
}

// takeNotice returns the notice for the next page, and removes it.
func (s *session) takeNotice() notice {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.note
	s.note = notice{}
	return n
}

const (
	sessionAge  = 30 * 24 * 60 * 60 // how long a browser keeps the cookie, in seconds
	maxFormBody = 64 << 10
)

func newSessions() sessions {
	return sessions{cookie: "segmentflow_" + secret()[:8], tokens: map[string]bool{}, open: map[string]*session{}}
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
func (all *sessions) redeem(token string) (cookie string, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if !all.tokens[token] {
		return "", false
	}
	delete(all.tokens, token)
	cookie = secret()
	all.open[cookie] = &session{csrf: secret()}
	return cookie, true
}

// of returns the request's session, or nil if there is none.
func (all *sessions) of(r *http.Request) *session {
	cookie, err := r.Cookie(all.cookie)
	if err != nil {
		return nil
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

	cookie, ok := d.sessions.redeem(r.URL.Query().Get("token"))
	if ok {
		http.SetCookie(w, &http.Cookie{
			Name:     d.sessions.cookie,
			Value:    cookie,
			Path:     "/",
			MaxAge:   sessionAge,
			HttpOnly: true,
			SameSite: http.SameSiteLaxMode,
		})
	}
	if !ok && d.sessions.of(r) == nil {
		d.signIn(w, r, "This link has already been used, or it belongs to another emulator.")
		return
	}
	http.Redirect(w, r, "/dashboard", http.StatusSeeOther)
}

// signedIn serves a page only to users who are signed in, and accepts only forms of the dashboard's own pages.
func (d *Dashboard) signedIn(show page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		own := d.sessions.of(r)
		if own == nil {
			d.signIn(w, r, "You must sign in to see this page.")
			return
		}
		v := &visit{Backend: &d.Backend, w: w, r: r, session: own}
		r.Body = http.MaxBytesReader(w, r.Body, maxFormBody)
		if r.Method == http.MethodPost &&
			subtle.ConstantTimeCompare([]byte(r.PostFormValue("csrf")), []byte(own.csrf)) != 1 {
			v.answer((*visit).forged)
			return
		}
		v.answer(show)
	}
}

func (v *visit) forged() error {
	return v.show(http.StatusForbidden, "problem.html", "The form was refused",
		"It did not come from the dashboard itself. Open the page again.")
}

// signIn shows how to sign in. A browser that comes from another site does not send its cookie, so the page also offers
// to open the dashboard again.
func (d *Dashboard) signIn(w http.ResponseWriter, r *http.Request, reason string) {
	v := &visit{Backend: &d.Backend, w: w, r: r}
	v.answer(func(v *visit) error {
		return v.show(http.StatusUnauthorized, "signin.html", "Sign in", reason)
	})
}
