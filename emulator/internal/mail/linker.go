package mail

import (
	"crypto/hmac"
	"encoding/base64"
	"hash"
	"strings"

	"github.com/google/uuid"
)

// The forms of the links in emails are defined here. /u/{token} unsubscribes from a SubscriptionGroup, /p/{token}
// shows the choices of a Profile, and /c/{token} counts a click and redirects. Tokens are authenticated by an HMAC and
// need no login. A token that this emulator did not make is refused without a hint. The links of a test email show the
// same pages and change nothing.

// The paths of the links.
const (
	UnsubscribePath = "/u/"
	PreferencesPath = "/p/"
	ClickPath       = "/c/"
)

// Linker makes and reads links. It is not safe for concurrent use.
type Linker struct {
	Base string    // the start of every link
	MAC  hash.Hash // an HMAC under a secret; its state does not matter
}

// signature is how many bytes of an HMAC a token ends with, so that no one else can make a token. The HMAC also covers
// the path that the token is for.
const signature = 16

func (l Linker) sign(path string, raw []byte) []byte {
	signed := make([]byte, 0, max(len(path)+1+len(raw), l.MAC.Size()))
	signed = append(append(append(signed, path...), 0), raw...)
	l.MAC.Reset()
	l.MAC.Write(signed)
	return l.MAC.Sum(signed[:0])[:signature]
}

// Token is the content of a link.
type Token struct {
	Org, Send string
	Rest      []byte // after the two ids
}

// Read reads the token of a link below a path. ok is false if this Linker did not make it.
func (l Linker) Read(path, token string) (content Token, ok bool) {
	raw, ok := l.verify(path, token)
	if !ok {
		return content, false
	}
	return Token{uuid.UUID(raw[:16]).String(), uuid.UUID(raw[16:32]).String(), raw[32:]}, true
}

// verify returns the bytes of a token, or false if this Linker did not make it.
func (l Linker) verify(path, token string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	length := len(raw) - signature
	if err != nil || length < 32 || !hmac.Equal(raw[length:], l.sign(path, raw[:length])) {
		return nil, false
	}
	return raw[:length], true
}

// ids joins the bytes of uuids, with room for a signature. It returns nil if one of them is not a uuid.
func ids(texts ...string) []byte {
	raw := make([]byte, 0, len(texts)*len(uuid.UUID{})+signature)
	for _, text := range texts {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil
		}
		raw = append(raw, id[:]...)
	}
	return raw
}

// Unsubscribe returns the link with which the recipient unsubscribes from the group, or "" if there is no group.
func (l Linker) Unsubscribe(org, send, group string) string {
	return l.url(UnsubscribePath, ids(org, send, group))
}

// Preferences returns the link with which the recipient chooses among the groups. It belongs to the Profile of the
// email.
func (l Linker) Preferences(org, send, profile string) string {
	return l.url(PreferencesPath, ids(org, send, profile))
}

func (l Linker) url(path string, raw []byte) string {
	if raw == nil {
		return ""
	}
	raw = append(raw, l.sign(path, raw)...)
	link := make([]byte, 0, len(l.Base)+len(path)+base64.RawURLEncoding.EncodedLen(len(raw)))
	return string(base64.RawURLEncoding.AppendEncode(append(append(link, l.Base...), path...), raw))
}

// Track replaces the links in the HTML of an email with links through the emulator. The text part keeps its URLs,
// because people read them there.
func (l Linker) Track(org, send, html string) string {
	return Rewrite(html, func(url string) string {
		if !Followable(url) || l.Own(url) {
			return url
		}
		return l.url(ClickPath, append(ids(org, send), url...))
	})
}

// Own reports whether a URL is a link to one of the pages about consent. Those are never rewritten.
func (l Linker) Own(url string) bool {
	path, ours := strings.CutPrefix(url, l.Base)
	return ours && (strings.HasPrefix(path, UnsubscribePath) || strings.HasPrefix(path, PreferencesPath))
}

// Original returns the target of a rewritten link. It returns any other URL unchanged.
func (l Linker) Original(url string) string {
	_, token, found := strings.Cut(url, ClickPath)
	if raw, ok := l.verify(ClickPath, token); found && ok {
		return string(raw[32:])
	}
	return url
}
