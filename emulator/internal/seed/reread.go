package seed

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file applies seeds again while the emulator runs, when their files have changed. What differs from the seeds
// that were applied last is applied, as for a database file at a start. A world in memory stores its members only here,
// so that other emulators do not pay for them.

// Reading is what came of reading seed files again.
type Reading struct {
	At      time.Time // of the last reading without mistakes, zero if there was none
	Changes string    // how many objects of each kind were changed, in words
	LeftOut []Problem // what the world no longer allows
	Kept    []string  // what the seeds contained before and do not contain any more; the world keeps it

	// Mistakes are those of the newest reading. Nothing of it was applied, and the rest is about an earlier one.
	Mistakes []Problem
}

// Reread applies what differs from the seeds that were applied last. last are those, as far as the world itself does
// not know them. If the seeds have mistakes, Reread changes nothing, and the error has all of them.
func Reread(tx *world.Tx, last, seeds []Seed) (reading Reading, err error) {
	first, err := tx.FirstOrganization()
	if err != nil {
		return reading, err
	}
	before, err := tx.SeedMembers()
	if err != nil {
		return reading, err
	}
	if len(before) == 0 {
		if before, _, err = hashMembers(tx, membersOfSeeds(last, first), nil); err != nil {
			return reading, err
		}
	}

	var applied []location
	var left []reported
	err = tx.Try(func() error {
		applied, left, err = applyChanges(tx, first, seeds, before)
		return err
	})
	if err != nil {
		return reading, err
	}
	return Reading{
		At:      tx.Now,
		Changes: count(applied),
		LeftOut: published(left),
		Kept:    gone(membersOfSeeds(last, first), membersOfSeeds(seeds, first)),
	}, nil
}

// After returns what is known after a reading that failed: what it reports, and what the one before has applied.
func (reading Reading) After(failed error) Reading {
	reading.Mistakes = []Problem{{Message: failed.Error()}}
	if mistakes, ok := errors.AsType[*Error](failed); ok {
		reading.Mistakes = mistakes.Problems
	}
	return reading
}

// nouns are the words for one and for several objects, by their list in the seed.
var nouns = map[string][2]string{
	"organization":       {"Organization", "Organizations"},
	"organizations":      {"Organization", "Organizations"},
	"users":              {"user", "users"},
	"apiKeys":            {"API key", "API keys"},
	"domains":            {"domain", "domains"},
	"senderProfiles":     {"SenderProfile", "SenderProfiles"},
	"subscriptionGroups": {"SubscriptionGroup", "SubscriptionGroups"},
	"websites":           {"Website", "Websites"},
	"brandKits":          {"Brand Kit", "Brand Kits"},
	"assets":             {"Asset", "Assets"},
	"templates":          {"Template", "Templates"},
	"segments":           {"Segment", "Segments"},
	"journeys":           {"Journey", "Journeys"},
	"newsletters":        {"Newsletter", "Newsletters"},
	"profiles":           {"Profile", "Profiles"},
	"events":             {"UserEvent", "UserEvents"},
}

// count counts the objects at places, by kind. The places of one Profile's members count once.
func count(places []location) string {
	objects, counts := map[location]bool{}, map[string]int{}
	for _, place := range places {
		steps := strings.Split(place.at, "/")[1:]
		n := 0
		for len(steps) > n+2 && steps[n] == "organizations" {
			n += 2
		}
		list := steps[n]
		place.at = strings.Join(steps[:min(n+2, len(steps))], "/")
		if !objects[place] {
			objects[place] = true
			counts[list]++
		}
	}
	kinds := []string{}
	for _, list := range slices.Sorted(maps.Keys(counts)) {
		noun := nouns[list][1]
		if counts[list] == 1 {
			noun = nouns[list][0]
		}
		kinds = append(kinds, fmt.Sprintf("%d %s", counts[list], noun))
	}
	return cmp.Or(strings.Join(kinds, ", "), "nothing")
}

// gone names the members that only the earlier seeds have. A Profile that is gone stands for its members.
func gone(before, now map[memberName]string) (names []string) {
	for name := range before {
		whole := name
		whole.member = ""
		_, kept := now[name]
		_, wholeKept := now[whole]
		if kept || name.member != "" && !wholeKept {
			continue
		}
		switch {
		case name.kind == "apiKey":
			names = append(names, "an API key") // its key is a secret
		case name.kind == "event" && strings.HasPrefix(name.key, "#"):
			names = append(names, "the UserEvent at /events/"+name.key[1:])
		case name.member != "":
			names = append(names, name.member[1:]+" of the Profile "+name.key)
		default:
			names = append(names, nouns[name.kind+"s"][0]+" "+cmp.Or(name.key, name.org))
		}
	}
	slices.Sort(names)
	return names
}
