package tell

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file helps whoever asked for something that does not exist: what the id names instead, or what there is.

const (
	latest       = 5    // things that a text lists
	nearProfiles = 5000 // the newest Profiles, among which the nearest are searched
)

// Unknown is the refusal of something that does not exist, with advice.
type Unknown struct {
	Refusal *world.Problem
	Advice  string
}

// Error repeats what was asked for only in its advice.
func (unknown *Unknown) Error() string { return unknown.Refusal.Message + " " + unknown.Advice }

// Unwrap returns the refusal.
func (unknown *Unknown) Unwrap() error { return unknown.Refusal }

// Help adds advice to the refusal of something that does not exist, also as the refusal's detail "advice". It returns
// other errors as they are, also an UnknownName, which has names in its text.
func Help(tx *world.Tx, err error) error {
	if _, named := errors.AsType[*UnknownName](err); named {
		return err
	}
	refusal, ok := errors.AsType[*world.Problem](err)
	if !ok || refusal.Code != world.CodeNotFound {
		return err
	}
	resource, _ := refusal.Details["resource"].(string)
	id, _ := refusal.Details["id"].(string)
	advice, failed := advise(tx, resource, id)
	if failed != nil {
		return failed
	}
	if advice == "" {
		return err
	}
	refusal.Details["advice"] = advice
	return &Unknown{refusal, advice}
}

// AdviceOn returns what to say about the refusal of something that does not exist, "" for other errors. It changes
// nothing of the refusal. The function seedKey returns the kind and the key from which a test computed an id. They are
// "" if it did not.
func AdviceOn(tx *world.Tx, err error, seedKey func(id string) (kind, key string)) string {
	refusal, ok := errors.AsType[*world.Problem](err)
	if !ok || refusal.Code != world.CodeNotFound {
		return ""
	}
	resource, _ := refusal.Details["resource"].(string)
	id, _ := refusal.Details["id"].(string)
	origin := ""
	if kind, key := seedKey(id); key != "" {
		origin, id = fmt.Sprintf("It is SeedID(%q, %q). ", kind, key), key
	}
	advice, failed := advise(tx, resource, id)
	if failed != nil {
		return ""
	}
	return origin + advice
}

// advise returns sentences about a resource with this id that does not exist, "" if there is nothing to say.
func advise(tx *world.Tx, resource, id string) (string, error) {
	name, err := identify(tx, strings.ToLower(id))
	if err != nil || name != "" {
		return name, err
	}
	if kind := kindOf(resource); kind != "" && kind != "profile" {
		return nearKeys(tx, kind, resource, id)
	}

	if resource == explained {
		if journey, err := tx.Journey(id); err != nil || journey != nil {
			return "That is a Journey. Pass the id of one of its runs, or the email of a Profile.", err
		}
	}
	if resource == "Profile" || resource == explained && uuid.Validate(id) != nil {
		return nearestProfiles(tx, id)
	}
	advice := []string{}
	for _, list := range lists {
		if !strings.Contains(resource, list.resource) {
			continue
		}
		lines, err := list.lines(tx)
		if err != nil {
			return "", err
		}
		if len(lines) > 0 {
			advice = append(advice, list.heading+":\n  "+strings.Join(lines, "\n  "))
		} else if resource != explained {
			advice = append(advice, list.none)
		}
	}
	return strings.Join(advice, "\n"), nil
}

// kindOf returns the kind in a seed of a resource that has a key, "" for others.
func kindOf(resource string) string {
	for _, kind := range kinds {
		if strings.EqualFold(kind, resource) {
			return kind
		}
	}
	return ""
}

func nearKeys(tx *world.Tx, kind, resource, id string) (string, error) {
	ids, err := ReadIDs(tx)
	if err != nil {
		return "", err
	}
	near := ids.nearest(kind, id)
	if len(near) == 0 {
		return fmt.Sprintf("There are no %ss.", resource), nil
	}
	if uuid.Validate(id) == nil { // no key is like an id
		keys := slices.Sorted(maps.Keys(ids.known(kind)))
		return "The " + plural("key", len(keys)) + " " + firstNames(keys) + ".", nil
	}
	return "The nearest " + plural("key", len(near)) + " " + world.JoinNames(near) + ".", nil
}

// nearestProfiles names the Profiles whose email or externalId is nearest to a name.
func nearestProfiles(tx *world.Tx, name string) (string, error) {
	owner, err := tx.ProfileByExternalID(name)
	if err != nil {
		return "", err
	}
	if owner != nil {
		return "That is the externalId of " + owner.Email + ".", nil
	}
	found, err := tx.ListProfiles(world.Page{Limit: nearProfiles})
	if err != nil {
		return "", err
	}

	texts, names := map[string]string{}, []string{}
	for i := range found.Items {
		p := &found.Items[i]
		texts[p.Email] = p.Email
		names = append(names, p.Email)
		if p.ExternalID != "" {
			texts[p.Email] += " (externalId " + p.ExternalID + ")"
			texts[p.ExternalID] = texts[p.Email]
			names = append(names, p.ExternalID)
		}
	}
	var near []string
	for _, name := range nearestFew(name, names) {
		if !slices.Contains(near, texts[name]) {
			near = append(near, texts[name])
		}
	}
	if len(near) == 0 {
		return "There are no Profiles.", nil
	}
	return "The nearest " + plural("Profile", len(near)) + " " + world.JoinNames(near) + ".", nil
}

// lists list the latest of the things that have no key, each as its id and a description.
var lists = []struct {
	resource, heading, none string
	lines                   func(tx *world.Tx) ([]string, error)
}{
	{"EmailSend", "The latest EmailSends, newest first", "There are no EmailSends.", latestSends},
	{"UserEvent", "The latest UserEvents, newest first", "There are no UserEvents.", latestEvents},
	{"JourneyRun", "The latest runs, newest first", "There are no runs.", latestRuns},
	{"Broadcast", "The latest Broadcasts, newest first", "There are no Broadcasts.",
		latestCarriers(world.CarrierBroadcast)},
	{"NewsletterIssue", "The latest NewsletterIssues, newest first", "There are no NewsletterIssues.",
		latestCarriers(world.CarrierNewsletterIssue)},
	{"Message", "The latest messages, newest first", "There are no messages; " +
		"one of another emulator, or from before a Reset, is unknown here.", latestMessages},
	{"Confirmation", "The open confirmations", "There are no open confirmations.", openConfirmations},
}

func latestSends(tx *world.Tx) (lines []string, err error) {
	found, err := tx.LastSends("", latest)
	for i := range found {
		var text string
		if text, err = describeSend(tx, &found[i]); err != nil {
			return nil, err
		}
		lines = append(lines, found[i].ID+"  "+text)
	}
	return lines, err
}

func latestMessages(tx *world.Tx) (lines []string, err error) {
	found, err := tx.Outbox(world.MailFilter{Limit: latest})
	for i := range found {
		var text string
		if text, err = describeSend(tx, &found[i].Send); err != nil {
			return nil, err
		}
		lines = append(lines, found[i].ID+"  "+text)
	}
	return lines, err
}

func latestEvents(tx *world.Tx) (lines []string, err error) {
	found, err := tx.LastEvents("", latest)
	for i := range found {
		var text string
		if text, err = describeEvent(tx, &found[i]); err != nil {
			return nil, err
		}
		lines = append(lines, found[i].ID+"  "+text)
	}
	return lines, err
}

func latestRuns(tx *world.Tx) (lines []string, err error) {
	found, err := tx.RunsWhere(world.RunFilter{}, latest)
	for i := range found {
		var text string
		if text, err = describeRun(tx, &found[i]); err != nil {
			return nil, err
		}
		lines = append(lines, found[i].ID+"  "+text)
	}
	return lines, err
}

func latestCarriers(kind string) func(tx *world.Tx) ([]string, error) {
	return func(tx *world.Tx) (lines []string, err error) {
		found, err := tx.Carriers(world.Page{Limit: latest}, world.CarrierFilter{Type: kind})
		for _, carrier := range found.Items {
			lines = append(lines, carrier.ID+"  "+describeCarrier(carrier))
		}
		return lines, err
	}
}

func openConfirmations(tx *world.Tx) (lines []string, err error) {
	ids, err := tx.OpenConfirmations()
	for _, id := range ids[:min(len(ids), latest)] {
		var text string
		if text, err = describeConfirmation(tx, id); err != nil {
			return nil, err
		}
		lines = append(lines, id+"  "+text)
	}
	return lines, err
}
