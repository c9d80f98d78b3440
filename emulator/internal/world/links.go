package world

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The links in mail, decided here: /u/{token} leaves a SubscriptionGroup, /p/{token} shows a Profile's choices, /c/{token}
// counts a click and leads on. Their tokens are made by HMAC, need no login, and one that this emulator did not make leads
// nowhere, without a hint. Those of a test mail show what others would and change nothing.

const (
	UnsubscribePath = "/u/"
	PreferencesPath = "/p/"
	ClickPath       = "/c/"
)

// links makes and reads the links of a world.
type links struct {
	base   string // what they begin with
	secret []byte
}

// linksLocked are those of the world as it is.
func (w *World) linksLocked() links { return links{w.config.BaseURL(), w.secret} }

// token holds bytes so that nobody can make it up: an HMAC of 16 bytes follows them. The path is what it opens.
func (l links) token(path string, raw []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(raw, l.sign(path, raw)...))
}

func (l links) sign(path string, raw []byte) []byte {
	mac := hmac.New(sha256.New, l.secret)
	mac.Write([]byte(path + "\x00"))
	mac.Write(raw)
	return mac.Sum(nil)[:16]
}

// opened gives the bytes of a token, or false for one that this emulator did not make.
func (l links) opened(path, token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	held := len(raw) - 16
	if err != nil || held < 32 || !hmac.Equal(raw[held:], l.sign(path, raw[:held])) {
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

// unsubscribe is where a mail's reader leaves its group, "" where there is none to leave.
func (l links) unsubscribe(org string, send *store.EmailSend) string {
	return l.url(UnsubscribePath, ids(org, send.ID, send.SubscriptionGroupID))
}

// preferences is where a mail's reader chooses among the groups. It belongs to the Profile that the mail is for.
func (l links) preferences(org string, send *store.EmailSend) string {
	return l.url(PreferencesPath, ids(org, send.ID, send.ProfileID))
}

func (l links) url(path string, raw []byte) string {
	if raw == nil {
		return ""
	}
	return l.base + path + l.token(path, raw)
}

// track lets the links of a mail's HTML lead through the emulator. The text part keeps its URLs: they are read there.
func (l links) track(org string, send *store.EmailSend, html string) string {
	return mail.Rewrite(html, func(url string) string {
		if !mail.Followable(url) || l.own(url) {
			return url
		}
		return l.url(ClickPath, append(ids(org, send.ID), url...))
	})
}

// own says whether a URL is one of the pages about consent, which are never rewritten.
func (l links) own(url string) bool {
	path, ours := strings.CutPrefix(url, l.base)
	return ours && (strings.HasPrefix(path, UnsubscribePath) || strings.HasPrefix(path, PreferencesPath))
}

// original is where a rewritten link leads; any other URL stays as it is.
func (l links) original(url string) string {
	_, token, found := strings.Cut(url, ClickPath)
	if raw, ok := l.opened(ClickPath, token); found && ok {
		return string(raw[32:])
	}
	return url
}

// ReadLink tells of a URL in mail whether it leads to the web, whether it is one of the emulator's own pages about consent,
// and where it leads if it was rewritten.
func (w *World) ReadLink(url string) (followable, own bool, original string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.linksLocked()
	return mail.Followable(url), l.own(url), l.original(url)
}

// LinkToken is what the token of a link names.
type LinkToken struct {
	Org, Send string
	Rest      []byte // what it holds beside them
}

// ReadToken reads the token of a link below a path; ok is false for one that this emulator did not make.
func (w *World) ReadToken(ctx context.Context, path, token string) (held LinkToken, ok bool, err error) {
	if err := w.lock(ctx); err != nil {
		return held, false, err
	}
	defer w.mu.Unlock()
	raw, ok := w.linksLocked().opened(path, token)
	if !ok {
		return held, false, nil
	}
	return LinkToken{uuid.UUID(raw[:16]).String(), uuid.UUID(raw[16:32]).String(), raw[32:]}, true, nil
}

// Unsubscribe takes the send's Profile out of a group, and is a fact on the message that led to it where it can be one.
func (tx *Tx) Unsubscribe(send *store.EmailSend, group, source string) error {
	if err := tx.Choose(send.ProfileID, group, store.Unsubscribed, source); err != nil || send.MessageID == "" {
		return err
	}
	err := tx.RecordFact(send, store.FactUnsubscribed, map[string]any{"source": source})
	if _, refused := errors.AsType[*Problem](err); refused {
		return nil
	}
	return err
}
