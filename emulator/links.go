package emulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The links in mail, decided here: /u/{token} leaves a SubscriptionGroup, /p/{token} shows a Profile's choices, /c/{token}
// counts a click and leads on. Their tokens are made by HMAC, need no login, and one that this emulator did not make leads
// nowhere, without a hint. Those of a test mail show what others would and change nothing.

const (
	unsubscribePath = "/u/"
	preferencesPath = "/p/"
	clickPath       = "/c/"
	maxFormBody     = 64 << 10
)

// token holds bytes so that nobody can make it up: an HMAC of 16 bytes follows them. The path is what it opens.
func (w *world) token(path string, raw []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(raw, w.sign(path, raw)...))
}

func (w *world) sign(path string, raw []byte) []byte {
	mac := hmac.New(sha256.New, w.secret)
	mac.Write([]byte(path + "\x00"))
	mac.Write(raw)
	return mac.Sum(nil)[:16]
}

// opened gives the bytes of a token, or false for one that this emulator did not make. The caller holds the lock.
func (w *world) opened(path, token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	held := len(raw) - 16
	if err != nil || held < 32 || !hmac.Equal(raw[held:], w.sign(path, raw[:held])) {
		return nil, false
	}
	return raw[:held], true
}

// ids puts uuids behind each other; nil when one of them is none.
func ids(texts ...string) []byte {
	var raw []byte
	for _, text := range texts {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil
		}
		raw = append(raw, id[:]...)
	}
	return raw
}

// unsubscribeURL is where a mail's reader leaves its group, "" where there is none to leave.
func (w *world) unsubscribeURL(org string, send *store.EmailSend) string {
	return w.link(unsubscribePath, ids(org, send.ID, send.SubscriptionGroupID))
}

// preferencesURL is where a mail's reader chooses among the groups. It belongs to the Profile that the mail is for.
func (w *world) preferencesURL(org string, send *store.EmailSend) string {
	return w.link(preferencesPath, ids(org, send.ID, send.ProfileID))
}

func (w *world) link(path string, raw []byte) string {
	if raw == nil {
		return ""
	}
	return w.config.BaseURL() + path + w.token(path, raw)
}

// trackClicks lets the links of a mail's HTML lead through the emulator. The text part keeps its URLs: they are read there.
func (w *world) trackClicks(org string, send *store.EmailSend, html string) string {
	return mail.Rewrite(html, func(url string) string {
		if !mail.Followable(url) || w.ownLink(url) {
			return url
		}
		return w.link(clickPath, append(ids(org, send.ID), url...))
	})
}

// ownLink says whether a URL is one of the pages about consent, which are never rewritten.
func (w *world) ownLink(url string) bool {
	path, ours := strings.CutPrefix(url, w.config.BaseURL())
	return ours && (strings.HasPrefix(path, unsubscribePath) || strings.HasPrefix(path, preferencesPath))
}

// original is where a rewritten link leads; any other URL stays as it is.
func (w *world) original(url string) string {
	_, token, found := strings.Cut(url, clickPath)
	if raw, ok := w.opened(clickPath, token); found && ok {
		return string(raw[32:])
	}
	return url
}

// visit is a request under a link: what its token names.
type visit struct {
	tx      *Tx
	c       *catalog
	send    *store.EmailSend
	rest    []byte // what the token holds beside Organization and send
	r       *http.Request
	changes bool // it is a POST, and no test
}

var errNoLink = errors.New("the link leads nowhere")

// linked answers requests under a link in one transaction. Looking is GET, changing is POST, and the reply is never kept.
func (e *Emulator) linked(path string, answer func(*visit) (http.HandlerFunc, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := readForm(r); err != nil {
			writeProblem(w, err)
			return
		}
		if err := e.lock(r.Context()); err != nil {
			writeProblem(w, err)
			return
		}
		raw, ok := e.opened(path, r.PathValue("token"))
		e.mu.Unlock()
		if !ok {
			http.NotFound(w, r)
			return
		}
		v := &visit{r: r, rest: raw[32:]}
		var reply http.HandlerFunc
		err := e.view(r.Context(), uuid.UUID(raw[:16]).String(), func(tx *Tx) (err error) {
			v.tx = tx
			if v.c, err = tx.catalog(); err != nil {
				return err
			}
			if v.send, err = tx.Send(uuid.UUID(raw[16:32]).String()); err == nil && v.send == nil {
				err = errNoLink
			}
			if err != nil {
				return err
			}
			v.changes = r.Method == http.MethodPost && v.send.CarrierType != CarrierTest
			reply, err = answer(v)
			return err
		})
		switch {
		case errors.Is(err, errNoLink):
			http.NotFound(w, r)
		case err != nil:
			e.log.Error("link failed", "path", path, "error", err)
			writeProblem(w, err)
		default:
			w.Header().Set("Cache-Control", "no-store")
			// A form of a page without a referrer has the origin "null", which is refused.
			w.Header().Set("Referrer-Policy", "same-origin")
			reply(w, r)
		}
	}
}

// readForm reads what is posted, whatever it is: a form of either kind or none. One that is too long counts as none.
func readForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	form, err := bodyOf(r, maxFormBody)
	if errors.Is(err, errNotWhole) {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(form))
	_ = r.PostFormValue("")
	return nil
}

// unsubscribeLink answers /u/{token} as RFC 8058 asks: POST unsubscribes from that one group, whatever it says; GET only
// shows a page, so that a mail scanner following links changes nothing.
func (v *visit) unsubscribeLink() (http.HandlerFunc, error) {
	group := v.c.groups[uuid.UUID(v.rest).String()]
	p, err := v.tx.Profile(v.send.ProfileID)
	if err != nil {
		return nil, err
	}
	if group == nil || p == nil {
		return nil, errNoLink
	}
	page := linkPage{Title: "Unsubscribe", Text: fmt.Sprintf("Do you no longer want %s from %s?", group.Name, v.c.org.Name), Button: "Unsubscribe"}
	if v.r.Method == http.MethodPost {
		page = linkPage{Title: "You are unsubscribed", Text: fmt.Sprintf("%s will not send you %s any more.", v.c.org.Name, group.Name)}
	}
	page.Test = v.send.CarrierType == CarrierTest
	if !v.changes {
		return page.write, nil
	}
	source := "link"
	if v.r.PostFormValue("List-Unsubscribe") == "One-Click" {
		source = "one_click" // a mail program pressed it, not a person on the page
	}
	return page.write, v.tx.unsubscribe(v.send, group.ID, source)
}

// unsubscribe takes the send's Profile out of a group, and is a fact on the message that led to it where it can be one.
func (tx *Tx) unsubscribe(send *store.EmailSend, group, source string) error {
	if err := tx.setSubscription(send.ProfileID, group, "Unsubscribed", source); err != nil || send.MessageID == "" {
		return err
	}
	err := tx.record(send, "unsubscribed", map[string]any{"source": source})
	if _, refused := errors.AsType[*problem](err); refused {
		return nil
	}
	return err
}

// preferencesLink answers /p/{token}: the Organization's groups with the Profile's state, and a form to change them. Only
// groups that the form showed are changed, and only where the choice is another one than now.
func (v *visit) preferencesLink() (http.HandlerFunc, error) {
	profile := uuid.UUID(v.rest).String()
	p, err := v.tx.Profile(profile)
	if err != nil {
		return nil, err
	}
	groups, err := v.tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errNoLink
	}
	page := linkPage{Title: "Your mail from " + v.c.org.Name, Text: "Mail to " + p.Email + ". Choose what you want to get.", Button: "Save",
		Test: v.send.CarrierType == CarrierTest, Groups: []choice{}}
	if v.r.Method == http.MethodPost {
		page.Text = "Saved. Mail to " + p.Email + ":"
	}
	for i := range groups {
		subscribed, err := v.choose(&groups[i], profile)
		if err != nil {
			return nil, err
		}
		page.Groups = append(page.Groups, choice{groups[i].ID, groups[i].Name, subscribed})
	}
	return page.write, nil
}

// choose carries out what a form says of one group, and says whether the Profile is in it then.
func (v *visit) choose(group *store.SubscriptionGroup, profile string) (subscribed bool, err error) {
	reason, err := v.tx.consent(group, profile)
	if err != nil || !v.changes || !formHas(v.r, "shown", group.ID) {
		return reason == "", err
	}
	wanted := formHas(v.r, "group", group.ID)
	switch {
	case wanted == (reason == ""):
		return wanted, nil
	case wanted:
		return true, v.tx.setSubscription(profile, group.ID, "Subscribed", "link")
	case group.ID == v.send.SubscriptionGroupID:
		return false, v.tx.unsubscribe(v.send, group.ID, "link")
	}
	return false, v.tx.setSubscription(profile, group.ID, "Unsubscribed", "link")
}

func formHas(r *http.Request, field, value string) bool {
	return slices.Contains(r.PostForm[field], value)
}

// clickLink answers /c/{token}: it leads to the URL that the token holds, and to no other. HEAD is not a click.
func (v *visit) clickLink() (http.HandlerFunc, error) {
	url := string(v.rest)
	lead := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", url)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusFound)
	}
	if v.r.Method != http.MethodGet || v.send.MessageID == "" {
		return lead, nil
	}
	err := v.tx.record(v.send, "clicked", map[string]any{"url": url})
	if _, bounced := errors.AsType[*problem](err); bounced {
		return lead, nil
	}
	return lead, err
}

// linkPage is what people see under a link. Without a Button there is nothing to do.
type linkPage struct {
	Title, Text, Button string
	Test                bool
	Groups              []choice
}

type choice struct {
	ID, Name   string
	Subscribed bool
}

var linkTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{{.Title}}</title></head>
<body style="font-family:sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;line-height:1.5">
<h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Test}}<p><em>This mail was a test: nothing here changes anything.</em></p>{{end}}
{{if .Button}}<form method="post">
{{range .Groups}}<p><input type="hidden" name="shown" value="{{.ID}}"><label><input type="checkbox" name="group" value="{{.ID}}"{{if .Subscribed}} checked{{end}}> {{.Name}}</label></p>
{{end}}<button>{{.Button}}</button></form>{{end}}
</body></html>
`))

func (p linkPage) write(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	_ = linkTemplate.Execute(w, p)
}
