// Package webhook posts what happened, as a hook, to a receiver on this machine. Target is the receiver. Hooks has the
// queue of posts. The rest is pure: what a hook contains, how it is signed, and when to try again.
//
// Hooks are this project's own. Segmentflow documents none; it documents the signature, of calls to stores.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"
)

// The kinds of things that hooks are about. The type of a hook is one of them, a dot and what happened.
const (
	aboutEmail = "email."
	aboutRun   = "journey_run."
)

// EmailType returns the type of a hook about an email: what happened is a fact, or the status that it has ended with.
func EmailType(happened string) string { return aboutEmail + strings.ToLower(happened) }

// RunType returns the type of a hook about a run that has ended with a status.
func RunType(status string) string { return aboutRun + strings.ToLower(status) }

// Hook is the body of a request. Data is an Email or a Run.
type Hook struct {
	ID             string `json:"id"`
	Type           string `json:"type"`
	CreatedAt      string `json:"createdAt"`
	OrganizationID string `json:"organizationId"`
	ProfileID      string `json:"profileId"`
	Data           any    `json:"data"`
}

// Email is the data of a hook about an email. MessageID is empty if the email was not sent. Detail is an object: that
// of the fact, or the reason for which the email was not sent.
type Email struct {
	SendID     string          `json:"sendId"`
	MessageID  string          `json:"messageId,omitempty"`
	TemplateID string          `json:"templateId"`
	Carrier    Carrier         `json:"carrier"`
	To         string          `json:"to"`
	Detail     json.RawMessage `json:"detail"`
}

// Carrier is what an email is for.
type Carrier struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Run is the data of a hook about the end of a run.
type Run struct {
	RunID      string `json:"runId"`
	JourneyID  string `json:"journeyId"`
	JourneyKey string `json:"journeyKey"`
	Version    int    `json:"version"`
	Status     string `json:"status"`
	Reason     string `json:"reason,omitempty"`
	Error      string `json:"error,omitempty"`
}

// Sign returns the signature of a request with a secret. The timestamp is in seconds, path has the query too.
func Sign(secret, timestamp, method, path string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range []string{timestamp, method, path} {
		mac.Write([]byte(part + "\n"))
	}
	mac.Write(body)
	return hex.EncodeToString(mac.Sum(nil))
}

// waits are how long after a try the next one follows.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute}

// Try is one request and what came of it. Error is empty if there was an answer.
type Try struct {
	At     time.Time `json:"at"`
	Status int       `json:"status,omitzero"`
	Error  string    `json:"error,omitzero"`
}

// Taken reports whether the receiver has taken the hook.
func (try Try) Taken() bool { return try.Status/100 == 2 }

// NextTry returns how long to wait after these tries. again is false if no try follows. Whoever sends the hook again
// gets as many tries as before.
func NextTry(tries []Try) (wait time.Duration, again bool) {
	round := len(tries) % (len(waits) + 1)
	if round == 0 {
		return 0, false
	}
	return waits[round-1], true
}
