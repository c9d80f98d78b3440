package outcome

import (
	"slices"
	"strings"
)

// suppressed is the outcome of an address that counts as suppressed: it gets no email.
const suppressed = "suppressed"

// simulations are the facts of each outcome. The outcomes are the local parts at simulator.test.
var simulations = map[string][]Planned{
	Delivered:      {{Type: Delivered}},
	Bounced:        {{Type: Bounced, Kind: Hard}},
	"soft-bounced": {{Type: Bounced, Kind: Soft}},
	Delayed:        {{Type: Delayed}, {Type: Delivered}},
	Complained:     {{Type: Delivered}, {Type: Complained}},
	Opened:         {{Type: Delivered}, {Type: Opened}},
	Clicked:        {{Type: Delivered}, {Type: Opened}, {Type: Clicked}},
	Unsubscribed:   {{Type: Delivered}, {Type: Unsubscribed}},
}

// amazon are the outcomes of the local parts of the SES simulator.
var amazon = map[string]string{
	"success":         Delivered,
	"bounce":          Bounced,
	"complaint":       Complained,
	"suppressionlist": suppressed,
}

// simulated returns the outcome of a simulated address, which may be an unknown one. ok is false for a real address.
func simulated(email string) (outcome string, ok bool) {
	local, domain, _ := strings.Cut(strings.ToLower(email), "@")
	local, _, _ = strings.Cut(local, "+")
	switch domain {
	case "simulator.test":
		return local, true
	case "resend.dev":
		return local, slices.Contains([]string{Delivered, Bounced, Complained}, local)
	case "simulator.amazonses.com":
		return amazon[local], true
	}
	return "", false
}

// Simulated reports whether an address is a simulated one, to which no server sends.
func Simulated(email string) bool {
	_, ok := simulated(email)
	return ok
}

// Suppressed reports whether an address is a simulated one that counts as suppressed.
func Suppressed(email string) bool {
	outcome, ok := simulated(email)
	return ok && outcome == suppressed
}

// Of returns what becomes of an email to an address if no test has scripted it: the outcome of a simulated address, if
// there is one, and otherwise delivered.
func Of(email string) []Planned {
	if outcome, ok := simulated(email); ok && simulations[outcome] != nil {
		return simulations[outcome]
	}
	return simulations[Delivered]
}
