package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// What a mail's reader and their server do: for Go, and for the control plane. What cannot have happened is an error, with
// the rules of outcomes.go.

// Bounce lets the recipient's server return a message: BounceHard or BounceSoft.
func (e *Emulator) Bounce(msg *Message, kind string) error {
	return e.befall(msg, PlannedFact{Type: "bounced", Kind: kind})
}

// Complain lets the reader call a message spam.
func (e *Emulator) Complain(msg *Message) error {
	return e.befall(msg, PlannedFact{Type: "complained"})
}

// Open lets the reader open a message.
func (e *Emulator) Open(msg *Message) error { return e.befall(msg, PlannedFact{Type: "opened"}) }

// Click lets the reader follow a link of a message: the one with this URL, else the first whose text or URL contains the
// given text, as Message.Link. A link that was rewritten is followed for real, in process; where nothing was rewritten the
// click is recorded all the same.
func (e *Emulator) Click(msg *Message, link string) error {
	target := ""
	for _, l := range msg.Links() {
		if l.URL == link {
			target = link
		}
	}
	if target == "" {
		target = msg.Link(link)
	}
	e.mu.Lock()
	own, original := e.ownLink(target), e.original(target)
	e.mu.Unlock()
	switch {
	case !mail.Followable(target):
		return fmt.Errorf("emulator: message %s has no link to the web with %q; there are %v", msg.ID, link, msg.Links())
	case own:
		return fmt.Errorf("emulator: message %s: nobody counts clicks on %q; Unsubscribe does what a mail program does", msg.ID, link)
	case original == target:
		return e.befall(msg, PlannedFact{Type: "clicked", URL: target})
	}
	return e.visit(msg, http.MethodGet, target, clickPath, "", http.StatusFound)
}

// Unsubscribe does what a mail program does at a press of its unsubscribe button: it posts to the address in the
// message's List-Unsubscribe header (RFC 8058), in process. A message without that header, or of another emulator, is an
// error.
func (e *Emulator) Unsubscribe(msg *Message) error {
	header := msg.Headers.Get("List-Unsubscribe")
	if header == "" {
		return fmt.Errorf("emulator: message %s has no List-Unsubscribe header: only mail to a SubscriptionGroup has one", msg.ID)
	}
	return e.visit(msg, http.MethodPost, strings.Trim(header, "<>"), unsubscribePath, "List-Unsubscribe=One-Click", http.StatusOK)
}

// visit requests one of the emulator's own links, which may stand behind a path that WithPublicURL put there.
func (e *Emulator) visit(msg *Message, method, link, path, form string, want int) error {
	target, err := url.Parse(link)
	if err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	target.Path = target.Path[max(0, strings.LastIndex(target.Path, path)):]
	request, err := http.NewRequest(method, target.String(), strings.NewReader(form))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := e.Transport().RoundTrip(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != want {
		reason, _ := io.ReadAll(io.LimitReader(response.Body, 200))
		return fmt.Errorf("emulator: message %s: the link answered %s: %s", msg.ID, response.Status, bytes.TrimSpace(reason))
	}
	return nil
}

func (e *Emulator) befall(msg *Message, f PlannedFact) error {
	if err := f.check(); err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	if _, err := e.factNow(context.Background(), msg.ID, f); err != nil {
		return fmt.Errorf("emulator: message %s: %w", msg.ID, err)
	}
	return nil
}

// factNow lets a fact happen to a message that has left, and gives it as it was recorded.
func (e *Emulator) factNow(ctx context.Context, id string, f PlannedFact) (fact Fact, err error) {
	err = e.viewFirst(ctx, func(tx *Tx) error {
		m, err := tx.mailThatLeft(id)
		if err != nil {
			return err
		}
		if err := tx.happen(&m.Send, f); err != nil {
			return err
		}
		facts, err := tx.Facts(&m.Send)
		if err != nil {
			return err
		}
		for _, stored := range facts {
			if stored.Type == f.Type {
				fact, err = factOf(stored)
			}
		}
		return err
	})
	return fact, err
}

func (tx *Tx) mailThatLeft(id string) (*store.Mail, error) {
	m, err := tx.Mail(strings.ToLower(id))
	if err == nil && (m == nil || m.SentAt.IsZero()) {
		return nil, notFound("Message", id)
	}
	return m, err
}

// controlOutcome lets happen to a message what the body names.
func (e *Emulator) controlOutcome(r *http.Request) (controlReply, error) {
	raw, err := bodyOf(r, maxControlBody)
	if err != nil {
		return controlReply{}, err
	}
	f, issue := outcomeBody(raw)
	if issue != nil {
		return controlReply{}, invalid([]wire.Issue{*issue})
	}
	fact, err := e.factNow(r.Context(), r.PathValue("id"), f)
	return controlReply{value: fact}, err
}

// outcomeBody reads {type, kind?, url?}.
func outcomeBody(raw []byte) (f PlannedFact, issue *wire.Issue) {
	fail := func(path, code, message string) (PlannedFact, *wire.Issue) {
		found := inBody(path, code, message)
		return PlannedFact{}, &found
	}
	body, err := decodeObject(bytes.TrimSpace(raw))
	if err != nil || body == nil {
		return fail("", wire.CodeMalformed, `must be a JSON object such as {"type": "bounced", "kind": "hard"}`)
	}
	fields := map[string]*string{"type": &f.Type, "kind": &f.Kind, "url": &f.URL}
	for _, name := range sortedKeys(body) {
		if fields[name] == nil {
			return fail(below("", name), wire.CodeUnknownField, "is not a field; there are type, kind and url")
		}
		text, ok := body[name].(string)
		if !ok {
			return fail("/"+name, wire.CodeType, "must be a string")
		}
		*fields[name] = text
	}
	switch {
	case f.Type == "":
		return fail("/type", wire.CodeRequired, "is required")
	case barred[f.Type] == nil:
		return fail("/type", wire.CodeEnum, "must be one of "+strings.Join(sortedKeys(barred), ", "))
	case f.Kind != "" && f.Type != "bounced":
		return fail("/kind", wire.CodeConflict, "belongs to bounced")
	case f.URL != "" && f.Type != "clicked":
		return fail("/url", wire.CodeConflict, "belongs to clicked")
	case f.Kind != "" && f.Kind != BounceHard && f.Kind != BounceSoft:
		return fail("/kind", wire.CodeEnum, "must be hard or soft")
	case f.URL != "" && !mail.Followable(f.URL):
		return fail("/url", wire.CodeFormat, "must be an absolute URL with http or https")
	}
	return f, nil
}
