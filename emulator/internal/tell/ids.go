package tell

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds ids by kind and key, and names what is near to a name that does not exist.

// kinds are the kinds of things that have a key in a seed. The key of a Profile is its email, that of a domain its
// name.
var kinds = []string{
	"user", "domain", "senderProfile", "subscriptionGroup", "website", "brandKit", "asset", "template", "segment",
	"journey", "newsletter", "profile", kindEvent,
}

const kindEvent = "event" // its keys are not stored, only the ids computed from them

// IDs are the ids of all things with a key, as they were at one time.
type IDs struct {
	org string
	raw map[string]string // for each kind, a JSON object of the ids by key
}

// ReadIDs reads the ids of the transaction's Organization.
func ReadIDs(tx *world.Tx) (IDs, error) {
	raw, err := tx.KnownIDs()
	return IDs{tx.Org, raw}, err
}

// known returns the ids of a kind by key. They are decoded here, because few tests ask for an id after Close.
func (ids IDs) known(kind string) map[string]string {
	var known map[string]string
	_ = json.Unmarshal([]byte(ids.raw[kind]), &known) // "" if the kind has none
	return known
}

// All returns the ids by kind and key, such as "template:hello". Those of events are not among them, because only a
// seed knows their keys.
func (ids IDs) All() map[string]string {
	all := map[string]string{}
	for kind := range ids.raw {
		for key, id := range ids.known(kind) {
			all[kind+":"+key] = id
		}
	}
	return all
}

// IDsIn returns the IDs of an Organization in which nothing is known. They can only compute.
func IDsIn(org string) IDs { return IDs{org: org} }

// Computed returns the id that a seed makes for a thing of this kind with this key.
func (ids IDs) Computed(kind, key string) (string, error) {
	return world.ComputedID(ids.org, kind, normalKey(kind, key)), checkKind(kind)
}

// Find returns the id of the thing of this kind with this key. It takes the keys of events as they are.
func (ids IDs) Find(kind, key string) (string, error) {
	if err := checkKind(kind); err != nil {
		return "", err
	}
	if kind == kindEvent {
		return ids.Computed(kind, key)
	}
	if id := ids.known(kind)[normalKey(kind, key)]; id != "" {
		return id, nil
	}
	return "", ids.unknownKey(kind, key)
}

// FindID returns the id of the thing of this kind with this key.
func FindID(tx *world.Tx, kind, key string) (string, error) {
	if err := checkKind(kind); err != nil {
		return "", err
	}
	if kind == kindEvent {
		id := world.ComputedID(tx.Org, kind, key)
		event, err := tx.Event(id)
		if event == nil && err == nil {
			err = fmt.Errorf("no seed has an event with the key %q", key)
		}
		return id, err
	}

	id, err := tx.IDOf(kind, normalKey(kind, key))
	if id != "" || err != nil {
		return id, err
	}
	ids, err := ReadIDs(tx)
	if err != nil {
		return "", err
	}
	return "", ids.unknownKey(kind, key)
}

func normalKey(kind, key string) string {
	if kind == "profile" || kind == "domain" {
		return strings.ToLower(key)
	}
	return key
}

func checkKind(kind string) error {
	if slices.Contains(kinds, kind) {
		return nil
	}
	return fmt.Errorf("there is no kind %q; %sthe kinds are %s", kind, didYouMean(kind, kinds), world.JoinNames(kinds))
}

// CheckScope returns an error if a scope of an API key is not one of those that exist.
func CheckScope(scope string, known []string) error {
	if slices.Contains(known, scope) {
		return nil
	}
	return fmt.Errorf("there is no scope %q; the nearest are %s", scope, world.JoinNames(nearestFew(scope, known)))
}

// unknownKey returns the error of a key that nothing of its kind has. It names the nearest keys, and what else the key
// stands for.
func (ids IDs) unknownKey(kind, key string) error {
	var text strings.Builder
	fmt.Fprintf(&text, "no %s has the key %q", kind, key)
	if near := ids.nearest(kind, key); len(near) > 0 {
		text.WriteString("; the nearest " + plural("key", len(near)) + " " + world.JoinNames(near))
	} else {
		text.WriteString("; there is no " + kind)
	}

	for _, other := range kinds {
		known := ids.known(other)
		if known[normalKey(other, key)] != "" {
			fmt.Fprintf(&text, "; a %s has this key", other)
		}
		for itsKey, id := range known {
			if id == strings.ToLower(key) {
				fmt.Fprintf(&text, "; it is the id of the %s %s", other, itsKey)
			}
		}
	}
	return errors.New(text.String())
}

// nearest returns the keys of a kind that are nearest to a key.
func (ids IDs) nearest(kind, key string) []string {
	return nearestFew(key, slices.Collect(maps.Keys(ids.known(kind))))
}

// plural returns a noun and its verb: "key is" or "keys are".
func plural(noun string, count int) string {
	if count == 1 {
		return noun + " is"
	}
	return noun + "s are"
}
