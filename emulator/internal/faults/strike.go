package faults

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/mail"
	"slices"
	"strings"
)

// Call is a call that faults may strike.
type Call struct {
	Operation string
	Request   *http.Request

	// Body returns the body. It returns false if the body is too large or did not arrive. Then faults that look at the
	// body do not strike, and the call is refused as usual. Body is called at most once.
	Body func() (body []byte, ok bool)

	read   bool
	usable bool
	body   []byte
	named  *Named
}

// Strike returns the first fault that strikes the call, or nil. It counts the call for this fault, and for those before
// it that matched but let it pass. It has no lock while it calls Match.
func (list *List) Strike(call *Call) *Active {
	for _, active := range list.All() {
		if active.covers(call.Operation) && active.matches(call) && active.count() {
			return active
		}
	}
	return nil
}

// covers reports whether the fault can still strike calls of an operation.
func (active *Active) covers(operation string) bool {
	return (active.Operation == "" || active.Operation == operation) && !active.over()
}

func (active *Active) matches(call *Call) bool {
	return (active.Key == "" || call.hasKey(active.Key)) &&
		(active.To == "" || slices.Contains(call.names().Who, normal(active.To))) &&
		(active.Match == nil || call.match(active.Match))
}

// match calls a Match with a request of its own, which has the whole body.
func (call *Call) match(match func(*http.Request) bool) bool {
	if !call.ReadBody() {
		return false
	}
	own := call.Request.Clone(call.Request.Context())
	own.Body = io.NopCloser(bytes.NewReader(call.body))
	own.ContentLength = int64(len(call.body))
	return match(own)
}

// ReadBody reads the body unless it was read before. It returns false if the body cannot be used.
func (call *Call) ReadBody() bool {
	if !call.read {
		call.body, call.usable = call.Body()
		call.read = true
	}
	return call.usable
}

// hasKey reports whether a key is the call's idempotency key or that of an item.
func (call *Call) hasKey(key string) bool {
	return call.Request.Header.Get("Idempotency-Key") == key || slices.Contains(call.names().Keys, key)
}

// ItemKeys returns the idempotency keys of a batch's items.
func (call *Call) ItemKeys() []string { return call.names().Keys }

func (call *Call) names() *Named {
	if call.named == nil {
		call.named = new(Named)
		if call.ReadBody() {
			*call.named = Names(call.body)
		}
	}
	return call.named
}

// WriteKey returns the write key in the body, "" if there is none.
func (call *Call) WriteKey() string { return call.names().WriteKey }

// Named is what a body names: the recipients, the idempotency keys of the items of a batch, and the write key.
type Named struct {
	Who, Keys []string
	WriteKey  string
}

// Names reads a body. The recipients are in the members to, cc, bcc, profile, profileId, userId and email, and in the
// same of each item of a batch. They are emails without a display name, or ids where the body has these, all in lower
// case.
func Names(body []byte) (named Named) {
	var members map[string]any
	if json.Unmarshal(body, &members) != nil {
		return named
	}
	named.Who = recipients(members)
	named.WriteKey, _ = members["writeKey"].(string)
	items, _ := members["items"].([]any)
	reported, _ := members["batch"].([]any)
	for _, item := range slices.Concat(items, reported) {
		members, _ := item.(map[string]any)
		named.Who = append(named.Who, recipients(members)...)
		if key, ok := members["idempotencyKey"].(string); ok {
			named.Keys = append(named.Keys, key)
		}
	}
	return named
}

func recipients(members map[string]any) (who []string) {
	add := func(value any) {
		if text, ok := value.(string); ok && text != "" {
			who = append(who, normal(text))
		}
	}
	for _, name := range []string{"to", "profile"} {
		recipient, _ := members[name].(map[string]any)
		for _, identifier := range []string{"email", "externalId", "userId", "anonymousId"} {
			add(recipient[identifier])
		}
	}
	for _, name := range []string{"profileId", "userId", "email", "cc", "bcc"} {
		add(members[name])
		list, _ := members[name].([]any)
		for _, address := range list {
			add(address)
		}
	}
	return who
}

// normal returns an address or an id in the form in which they are compared.
func normal(who string) string {
	if named, err := mail.ParseAddress(who); err == nil {
		who = named.Address
	}
	return strings.ToLower(strings.TrimSpace(who))
}
