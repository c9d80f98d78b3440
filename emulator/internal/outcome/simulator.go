package outcome

import (
	"slices"
	"strings"
)

// suppressed is what an address asks for that counts as suppressed.
const suppressed = "suppressed"

// simulations are what the local parts at simulator.test ask for.
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

// amazon are the local parts of the SES simulator, and what they ask for here.
var amazon = map[string]string{
	"success":         Delivered,
	"bounce":          Bounced,
	"complaint":       Complained,
	"suppressionlist": suppressed,
}

// simulated returns what a simulated address asks for. ok is false for a real address.
func simulated(email string) (asked string, ok bool) {
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
	asked, ok := simulated(email)
	return ok && asked == suppressed
}

// Of returns what becomes of an email to an address if no test has scripted it: what a simulated address asks for, or
// else that it is delivered.
func Of(email string) []Planned {
	if asked, ok := simulated(email); ok && simulations[asked] != nil {
		return simulations[asked]
	}
	return simulations[Delivered]
}
