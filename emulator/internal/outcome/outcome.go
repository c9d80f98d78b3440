// Package outcome has the rules for what can become of an email after it was sent: the facts, the order in which they
// can happen, and the simulated addresses whose emails have a fixed outcome. It is pure.
//
// An email is delivered or it bounces. A recipient who complains about it, opens it, clicks in it or unsubscribes has
// received it, so each of these facts implies delivered. A server may also return an email that it had accepted: a
// delivered email may bounce as long as the recipient has not reacted to it. Each fact happens once, except opened and
// clicked.
package outcome

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

// The facts.
const (
	Accepted     = "accepted"
	Delayed      = "delayed"
	Delivered    = "delivered"
	Bounced      = "bounced"
	Complained   = "complained"
	Opened       = "opened"
	Clicked      = "clicked"
	Unsubscribed = "unsubscribed"
)

// The kinds of a bounce.
const (
	Hard = "hard"
	Soft = "soft"
)

// Pace is the time from one fact to the next.
const Pace = time.Second

// afterDelayed is the time from delayed to the next fact, as with greylisting.
const afterDelayed = 5 * time.Minute

// excluded are the facts after which a fact cannot happen.
var excluded = map[string][]string{
	Delayed:      {Delayed, Delivered, Bounced},
	Delivered:    {Delivered, Bounced},
	Bounced:      {Bounced, Complained, Opened, Clicked, Unsubscribed},
	Complained:   {Complained},
	Unsubscribed: {Unsubscribed},
	Opened:       {},
	Clicked:      {},
}

// reactions are the facts that only a recipient who has the email can cause.
var reactions = []string{Complained, Opened, Clicked, Unsubscribed}

// Types returns all facts that can happen to an email after it was accepted, sorted.
func Types() []string { return slices.Sorted(maps.Keys(excluded)) }

// ImpliesDelivered reports whether a fact can only happen to an email that was delivered.
func ImpliesDelivered(fact string) bool { return slices.Contains(reactions, fact) }

// OutOfOrder is the error of a fact that cannot follow another one.
type OutOfOrder struct{ Fact, Before string }

func (o *OutOfOrder) Error() string { return o.Fact + " cannot follow " + o.Before }

// CheckOrder returns an OutOfOrder if a fact cannot follow the known ones, and otherwise nil.
func CheckOrder(known []string, fact string) *OutOfOrder {
	for _, before := range known {
		if slices.Contains(excluded[fact], before) {
			return &OutOfOrder{fact, before}
		}
	}
	bounced := slices.Contains(known, Bounced) && !slices.Contains(known, Delivered)
	if ImpliesDelivered(fact) && bounced {
		return &OutOfOrder{fact, Bounced}
	}
	return nil
}

// Planned is a fact that is going to happen to an email.
type Planned struct {
	Type  string        `json:"type"`           // one of Types
	Kind  string        `json:"kind,omitempty"` // of bounced: Hard, which "" also means, or Soft
	URL   string        `json:"url,omitempty"`  // of clicked; "" means the email's first link
	After time.Duration `json:"after,omitempty"`
}

// Check returns what is wrong with a planned fact, apart from its place in the order.
func (p Planned) Check() error {
	switch {
	case excluded[p.Type] == nil:
		return fmt.Errorf("unknown fact %q; use one of delayed, delivered, bounced, %s",
			p.Type, strings.Join(reactions, ", "))
	case p.Kind != "" && p.Kind != Hard && p.Kind != Soft:
		return fmt.Errorf("the kind of a bounce is %s or %s", Hard, Soft)
	case p.Kind != "" && p.Type != Bounced, p.URL != "" && p.Type != Clicked:
		return errors.New("only bounced has a kind, and only clicked has a url")
	case p.URL != "" && !mail.Followable(p.URL):
		return errors.New("the url must be absolute, with http or https")
	case p.After < 0:
		return errors.New("after must not be negative")
	}
	return nil
}

// Delay returns the time between the fact before a planned fact and the planned fact.
func (p Planned) Delay(before string) time.Duration {
	switch {
	case p.After > 0:
		return p.After
	case before == Delayed:
		return afterDelayed
	}
	return Pace
}

// WrongFact says why one of several planned facts is wrong.
type WrongFact struct {
	Index int
	Err   error
}

func (wrong *WrongFact) Error() string { return fmt.Sprintf("fact %d: %v", wrong.Index+1, wrong.Err) }

func (wrong *WrongFact) Unwrap() error { return wrong.Err }

// Encode returns planned facts as JSON. Each must be valid and able to follow the known facts and those before it;
// otherwise the error is a WrongFact.
func Encode(known []string, planned []Planned) (json.RawMessage, error) {
	known = slices.Clone(known)
	for i, p := range planned {
		err := p.Check()
		if conflict := CheckOrder(known, p.Type); err == nil && conflict != nil {
			err = conflict
		}
		if err != nil {
			return nil, &WrongFact{i, err}
		}
		known = append(known, p.Type)
	}
	return json.Marshal(append([]Planned{}, planned...))
}
