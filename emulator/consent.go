package emulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Consent and suppression, decided here: consent belongs to a Profile and a SubscriptionGroup, suppression to an address
// in the whole Organization and blocks every purpose.

// consent is "" when the group's policy and the Profile's choice allow mail, else the skip reason.
func consent(tx *store.Tx, group *store.SubscriptionGroup, profile string) (string, error) {
	status, err := tx.Subscription(profile, group.ID)
	if err != nil {
		return "", err
	}
	return chosen(group, status), nil
}

// chosen is consent where the Profile's choice is known.
func chosen(group *store.SubscriptionGroup, status string) string {
	switch {
	case status == "Unsubscribed":
		return "unsubscribed"
	case status == "" && group.Policy == "OptIn":
		return "not_opted_in"
	}
	return ""
}

// suppression is "" when mail may go to the address, else the skip reason.
func suppression(tx *store.Tx, email string) (string, error) {
	address, err := tx.Address(strings.ToLower(email))
	if err != nil || address == nil {
		return suppressed(email, ""), err
	}
	return suppressed(email, address.Suppressed), nil
}

// suppressed is suppression where it is known why the address gets no mail, "" when it may.
func suppressed(email, known string) string {
	if name, ok := simulated(strings.ToLower(email)); ok && name == "suppressed" {
		known = "manual"
	}
	if known == "" {
		return ""
	}
	return "suppressed_" + known
}

// suppress stops all mail to an address for a reason: complaint or manual. Mail of a deleted Profile is to no address.
func suppress(tx *store.Tx, email, reason string) error {
	address, err := addressOf(tx, email)
	if err != nil || address == nil {
		return err
	}
	if address.Suppressed == "" {
		address.Suppressed = reason
	}
	return tx.PutAddress(*address)
}

// addressOf is what is known of an address, or a new one; nil for "", the address of a deleted Profile's mail.
func addressOf(tx *store.Tx, email string) (*store.Address, error) {
	if email == "" {
		return nil, nil
	}
	email = strings.ToLower(email)
	address, err := tx.Address(email)
	if address == nil {
		address = &store.Address{Email: email}
	}
	return address, err
}

// setSubscription records a Profile's choice, once: saying the same again changes nothing. A deleted Profile has none.
func (e *Emulator) setSubscription(tx *store.Tx, profile, group, status, source string) error {
	current, err := tx.Subscription(profile, group)
	if err != nil || current == status {
		return err
	}
	p, err := tx.Profile(profile)
	if err != nil || p == nil {
		return err
	}
	if err := tx.SetSubscription(profile, group, status, source); err != nil {
		return err
	}
	return e.touched(tx, p, touch{group: group})
}

// linkToken names a send and a group so that nobody can make one up: 16 bytes of HMAC follow the three ids. A send of
// no group has no such link.
func (e *Emulator) linkToken(kind, org, send, group string) string {
	var raw []byte
	for _, id := range []string{org, send, group} {
		u, err := uuid.Parse(id)
		if err != nil {
			return ""
		}
		raw = append(raw, u[:]...)
	}
	return base64.RawURLEncoding.EncodeToString(append(raw, e.sign(kind, raw)...))
}

func (e *Emulator) sign(kind string, raw []byte) []byte {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte(kind + "\x00"))
	mac.Write(raw)
	return mac.Sum(nil)[:16]
}

// openToken gives the Organization, send and group of a token, or false for one that this emulator did not make. It takes
// the lock.
func (e *Emulator) openToken(kind, token string) (org, send, group string, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != 64 || !hmac.Equal(raw[48:], e.sign(kind, raw[:48])) {
		return "", "", "", false
	}
	id := func(i int) string { return uuid.UUID(raw[i : i+16]).String() }
	return id(0), id(16), id(32), true
}

func (e *Emulator) unsubscribeURL(org, send, group string) string {
	return e.baseURL() + "/u/" + e.linkToken("unsubscribe", org, send, group)
}

func (e *Emulator) preferencesURL(org, send, group string) string {
	return e.baseURL() + "/p/" + e.linkToken("preferences", org, send, group)
}

var unsubscribePage = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body style="font-family:sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem">
<h1>{{.Title}}</h1><p>{{.Text}}</p>{{if .Ask}}<form method="post"><button>Unsubscribe</button></form>{{end}}
</body></html>
`))

// unsubscribeLink answers /u/{token} as RFC 8058 asks: POST unsubscribes from that one group, GET only shows a page, so
// that a mail scanner following links changes nothing.
func (e *Emulator) unsubscribeLink(w http.ResponseWriter, r *http.Request) {
	page := struct {
		Title, Text string
		Ask         bool
	}{Title: "Unsubscribe", Ask: true}
	org, sendID, groupID, ok := e.openToken("unsubscribe", r.PathValue("token"))
	if !ok {
		http.NotFound(w, r)
		return
	}
	err := e.view(org, func(tx *store.Tx) error {
		c, err := e.catalog(tx)
		if err != nil || c.groups[groupID] == nil {
			return errNoLink
		}
		send, err := tx.Send(sendID)
		if err != nil || send == nil {
			return errNoLink
		}
		if p, err := tx.Profile(send.ProfileID); err != nil || p == nil {
			return errNoLink
		}
		page.Text = fmt.Sprintf("You get mail from %s: %s.", c.org.Name, c.groups[groupID].Name)
		if r.Method != http.MethodPost {
			return nil
		}
		page.Title, page.Ask = "You are unsubscribed", false
		page.Text = fmt.Sprintf("%s will not send you %s any more.", c.org.Name, c.groups[groupID].Name)
		return e.unsubscribe(tx, send, groupID, source(r))
	})
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	_ = unsubscribePage.Execute(w, page)
}

var errNoLink = fmt.Errorf("the link leads nowhere")

// source tells a mail client's one-click POST from a person's on the page.
func source(r *http.Request) string {
	if r.PostFormValue("List-Unsubscribe") == "One-Click" {
		return "one_click"
	}
	return "link"
}

// unsubscribe takes the send's Profile out of a group, and is a fact on the message that led to it.
func (e *Emulator) unsubscribe(tx *store.Tx, send *store.EmailSend, group, source string) error {
	if err := e.setSubscription(tx, send.ProfileID, group, "Unsubscribed", source); err != nil {
		return err
	}
	if send.MessageID == "" {
		return nil
	}
	return e.addFact(tx, send, "unsubscribed", map[string]any{"source": source})
}
