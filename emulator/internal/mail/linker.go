package mail

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/google/uuid"
)

// The links in mail, decided here: /u/{token} leaves a SubscriptionGroup, /p/{token} shows a Profile's choices, /c/{token}
// counts a click and leads on. Their tokens are made by HMAC, need no login, and one that this emulator did not make leads
// nowhere, without a hint. Those of a test mail show what others would and change nothing.

// The paths of the links.
const (
	UnsubscribePath = "/u/"
	PreferencesPath = "/p/"
	ClickPath       = "/c/"
)

// Linker makes and reads links.
type Linker struct {
	Base   string // what they begin with
	Secret []byte
}

// token holds bytes so that nobody can make it up: an HMAC of 16 bytes follows them. The path is what it opens.
func (l Linker) token(path string, raw []byte) string {
	return base64.RawURLEncoding.EncodeToString(append(raw, l.sign(path, raw)...))
}

func (l Linker) sign(path string, raw []byte) []byte {
	mac := hmac.New(sha256.New, l.Secret)
	mac.Write([]byte(path + "\x00"))
	mac.Write(raw)
	return mac.Sum(nil)[:16]
}

// Token is what a link holds.
type Token struct {
	Org, Send string
	Rest      []byte // beside them
}

// Read reads the token of a link below a path; ok is false for one that this Linker did not make.
func (l Linker) Read(path, token string) (held Token, ok bool) {
	raw, ok := l.verify(path, token)
	if !ok {
		return held, false
	}
	return Token{uuid.UUID(raw[:16]).String(), uuid.UUID(raw[16:32]).String(), raw[32:]}, true
}

// verify returns the bytes of a token, or false for one that this Linker did not make.
func (l Linker) verify(path, token string) ([]byte, bool) {
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

// Unsubscribe is where a mail's reader leaves its group, "" where there is none to leave.
func (l Linker) Unsubscribe(org, send, group string) string {
	return l.url(UnsubscribePath, ids(org, send, group))
}

// Preferences is where a mail's reader chooses among the groups. It belongs to the Profile that the mail is for.
func (l Linker) Preferences(org, send, profile string) string {
	return l.url(PreferencesPath, ids(org, send, profile))
}

func (l Linker) url(path string, raw []byte) string {
	if raw == nil {
		return ""
	}
	return l.Base + path + l.token(path, raw)
}

// Track lets the links of a mail's HTML lead through the emulator. The text part keeps its URLs: they are read there.
func (l Linker) Track(org, send, html string) string {
	return Rewrite(html, func(url string) string {
		if !Followable(url) || l.Own(url) {
			return url
		}
		return l.url(ClickPath, append(ids(org, send), url...))
	})
}

// Own reports whether a URL is one of the pages about consent, which are never rewritten.
func (l Linker) Own(url string) bool {
	path, ours := strings.CutPrefix(url, l.Base)
	return ours && (strings.HasPrefix(path, UnsubscribePath) || strings.HasPrefix(path, PreferencesPath))
}

// Original is where a rewritten link leads; any other URL stays as it is.
func (l Linker) Original(url string) string {
	_, token, found := strings.Cut(url, ClickPath)
	if raw, ok := l.verify(ClickPath, token); found && ok {
		return string(raw[32:])
	}
	return url
}
