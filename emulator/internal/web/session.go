package web

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

// sessions contains the browsers that are signed in. It is not stored: a session ends with the process.
type sessions struct {
	// cookie is the name of the cookie. Browsers share cookies between the ports of a host, so each emulator has its
	// own.
	cookie string
	mu     sync.Mutex
	tokens map[string]ticket   // by one-time token
	open   map[string]*session // by the value of the cookie
}

// ticket is what a one-time token is good for. A used one still says where its link leads to.
type ticket struct {
	next string // a page, "" for the overview
	used bool
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
	sessionAge = 30 * 24 * 60 * 60 // how long a browser keeps the cookie, in seconds
	maxSeed    = 64 << 20          // as the control plane
	maxImage   = 1 << 30
	maxState   = 1 << 20 // of the preview of a Template, with the escapes of a form

	seedPath     = "/dashboard/world/seed"
	snapshotPath = "/dashboard/world/snapshot"
)

func newSessions() sessions {
	return sessions{cookie: "segmentflow_" + secret()[:8], tokens: map[string]ticket{}, open: map[string]*session{}}
}

// secret returns a random text that nobody can guess.
func secret() string {
	raw := make([]byte, 16)
	_, _ = rand.Read(raw) // never fails
	return hex.EncodeToString(raw)
}

// Token returns a new token that signs in one browser, once, at /login?token=.
func (d *Dashboard) Token() string { return d.sessions.token("") }

// token returns a new token whose link leads to a page, or to the overview if next is "".
func (all *sessions) token(next string) string {
	token := secret()
	all.mu.Lock()
	defer all.mu.Unlock()
	all.tokens[token] = ticket{next: next}
	return token
}

// redeem opens a session for a token that has not been used. It returns where the token's link leads to, also if the
// token has been used.
func (all *sessions) redeem(token string) (cookie, next string, ok bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	found, known := all.tokens[token]
	if !known || found.used {
		return "", found.next, false
	}
	all.tokens[token] = ticket{next: found.next, used: true}
	cookie = secret()
	all.open[cookie] = &session{csrf: secret()}
	return cookie, found.next, true
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

// end ends the request's session.
func (all *sessions) end(r *http.Request) {
	cookie, err := r.Cookie(all.cookie)
	if err != nil {
		return
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	delete(all.open, cookie.Value)
}

// protection refuses forms of other sites by what browsers say about them. The token in each form is the second guard.
// A page may have another origin than the request's Host if a proxy changes the Host, so the names that the emulator
// answers under are trusted.
func protection(backend *Backend) *http.CrossOriginProtection {
	guard := http.NewCrossOriginProtection()
	trust := func(origin string) { _ = guard.AddTrustedOrigin(origin) } // what is no origin cannot be one of a page
	if public, err := url.Parse(backend.PublicURL); err == nil {
		trust(public.Scheme + "://" + public.Host)
	}
	for _, host := range backend.Hosts {
		trust("http://" + host)
		trust("https://" + host)
	}
	return guard
}

// signedIn serves a page only to users who are signed in, and accepts only forms of the dashboard's own pages.
func (d *Dashboard) signedIn(show page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		own := d.sessions.of(r)
		if own == nil {
			d.signIn(w, r, "You must sign in to see this page.", wanted(r))
			return
		}
		v := &visit{Backend: &d.Backend, w: w, r: r, session: own, address: d.address(r)}
		answer := show
		if r.Method == http.MethodPost {
			answer = v.posted(show)
		}
		v.answer(answer)
	}
}

// posted reads a form. It returns the page that answers it, which is a refusal unless the form has the session's token.
func (v *visit) posted(show page) page {
	v.r.Body = http.MaxBytesReader(v.w, v.r.Body, formLimit(v.r.URL.Path))
	err := v.r.ParseForm()
	if multi := v.r.ParseMultipartForm(gateway.MaxForm); !errors.Is(multi, http.ErrNotMultipart) {
		err = errors.Join(err, multi) // a larger file waits on the disk
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return func(v *visit) error {
			return v.show(http.StatusRequestEntityTooLarge, "problem.html", "The form is too large",
				"It may have at most "+format.Size(int(tooLarge.Limit))+". Nothing was changed.")
		}
	}
	if subtle.ConstantTimeCompare([]byte(v.r.PostFormValue("csrf")), []byte(v.session.csrf)) != 1 {
		show = (*visit).forged
	}
	if err != nil { // what was read of it is not what the user meant
		return func(v *visit) error {
			return v.show(http.StatusBadRequest, "problem.html", "The form could not be read",
				"Nothing was changed. The reason: "+err.Error()+".")
		}
	}
	return func(v *visit) error {
		if v.r.MultipartForm != nil {
			defer func() { _ = v.r.MultipartForm.RemoveAll() }()
		}
		return show(v)
	}
}

// formLimit returns how large the form of a page may be, in bytes.
func formLimit(path string) int64 {
	switch path {
	case seedPath:
		return maxSeed
	case snapshotPath:
		return maxImage
	}
	if strings.HasPrefix(path, "/dashboard/templates/") {
		return maxState
	}
	return gateway.MaxForm
}

func (v *visit) forged() error {
	return v.show(http.StatusForbidden, "problem.html", "The form was refused",
		"It did not come from the dashboard itself. Open the page again.")
}
