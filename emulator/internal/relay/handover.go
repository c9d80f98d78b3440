package relay

import (
	"strings"
	"time"
)

// Why an EmailSend failed, or a copy was left out. The code of the server, or one of the words below, follows Failed.
const (
	Failed      = "relay_failed: "
	Interrupted = "relay_interrupted" // it is unknown whether the server took the email
)

// The words that stand for a code if the server sent none.
const (
	noConnection = "no_connection" // the server cannot be reached, or ended the connection
	noReply      = "timeout"
	noTLS        = "starttls" // the server does not offer STARTTLS, or its certificate is not valid
	noLogin      = "login"    // the server offers no way to sign in with a password
)

// waits are how long after a try the next one follows.
var waits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}

// The kinds of results of a conversation.
const (
	Taken   = "taken"   // by the server, for all recipients that it did not refuse
	Again   = "again"   // not taken; the server may take it later
	Refused = "refused" // not taken, for good
	Unknown = "unknown" // the server may have taken it
	Unsent  = "unsent"  // the conversation was stopped before the server could take it
)

// Result is how a conversation with the server ended. Code is the code of its reply or a word, and Text what it said.
type Result struct {
	Kind, Code, Text string
	Refusals         []Refusal // the recipients that the server refused
}

// Refusal is the server's reply about one recipient.
type Refusal struct{ Email, Code, Text string }

// Left is a copy that was left out of an email.
type Left struct{ Email, Reason string }

// Handover is how far the handover of an email has come.
type Handover struct {
	Pending []string  `json:"pending"` // who has not got it; until it is taken, the first is its recipient
	Taken   bool      `json:"taken"`
	Tries   []Try     `json:"tries"`
	Next    time.Time `json:"next,omitzero"` // when the next try is due, zero if none follows
	Last    bool      `json:"last,omitzero"` // no try follows
}

// Try is one conversation: when it ended, and what the server said.
type Try struct {
	At    time.Time `json:"at"`
	Reply string    `json:"reply"`
}

// To returns the handover of an email that begins. No copy goes to the recipient.
func To(recipient string, copies []string) *Handover {
	h := &Handover{Pending: []string{recipient}}
	for _, email := range copies {
		if !strings.EqualFold(email, recipient) {
			h.Pending = append(h.Pending, email)
		}
	}
	return h
}

// Copies returns the addresses whose copies have not been taken.
func (h *Handover) Copies() []string {
	if h.Taken {
		return h.Pending
	}
	return h.Pending[1:]
}

// Mail returns what the server gets.
func (h *Handover) Mail(from string, raw []byte) *Mail {
	return &Mail{From: from, To: h.Pending, Needed: !h.Taken, Raw: raw}
}

// Forget makes this try the last one, and removes addresses and texts from its result: the Profile has been deleted.
func (h *Handover) Forget(result *Result) {
	h.Last, result.Text, result.Refusals = true, "", nil
}

// Outcome is what the end of a conversation means for the EmailSend.
type Outcome struct {
	Sent    bool   // the email has just been taken
	Failure string // why the email will never be sent, "" if it was sent or may still be
	Stopped bool   // the conversation did not come to an end, and does not count as a try
	Left    []Left // copies that will not be sent
}

// End records the end of a conversation.
func (h *Handover) End(at time.Time, result Result) (out Outcome) {
	h.Next = time.Time{}
	if result.Kind == Unsent && !h.Last {
		return Outcome{Stopped: true}
	}
	h.Tries = append(h.Tries, Try{at, result.String()})
	last := h.Last || len(h.Tries) > len(waits)

	pending := h.Pending
	h.Pending = nil
	switch {
	case result.Kind == Taken:
		out.Sent, h.Taken = !h.Taken, true
		for _, refusal := range result.Refusals {
			if kindOf(refusal.Code) == Again && !last {
				h.Pending = append(h.Pending, refusal.Email)
				continue
			}
			out.Left = append(out.Left, Left{refusal.Email, Failed + refusal.Code})
		}
	case result.Kind == Again && !last:
		h.Pending = pending
	case h.Taken:
		for _, email := range pending {
			out.Left = append(out.Left, Left{email, result.reason()})
		}
	default:
		out.Failure = result.reason()
	}

	if len(h.Pending) > 0 {
		h.Next = at.Add(waits[len(h.Tries)-1])
	}
	return out
}

func (result *Result) reason() string {
	if result.Kind == Unknown {
		return Interrupted
	}
	return Failed + result.Code
}

// String returns what the server said, as people read it.
func (result *Result) String() string {
	said := strings.TrimSpace(result.Code + " " + result.Text)
	if result.Kind == Unknown {
		said = "no reply after the whole email was sent: " + said
	}
	for _, refusal := range result.Refusals {
		said += "; " + refusal.Email + ": " + strings.TrimSpace(refusal.Code+" "+refusal.Text)
	}
	return strings.TrimPrefix(said, "; ") // there is no other reply if all recipients were refused
}

// kindOf returns what a reply other than the expected one means.
func kindOf(code string) string {
	if strings.HasPrefix(code, "5") {
		return Refused
	}
	return Again
}
