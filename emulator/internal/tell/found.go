package tell

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds whatever an id, an address or a key stands for.

// Thing is something that a name stands for. Kind is its name in the contract, such as EmailSend, and Text says more
// about it.
type Thing struct{ Kind, ID, Text string }

// Find returns everything that a name stands for: an id, the email or the externalId of a Profile, a key in a seed, or
// an idempotency key of a call that was answered.
func Find(tx *world.Tx, name string) ([]Thing, error) {
	found, err := withID(tx, name)
	if err != nil {
		return nil, err
	}
	for _, more := range []func(*world.Tx, string) ([]string, error){profileIDs, idsByKey, idsInReplies} {
		ids, err := more(tx, name)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			things, err := withID(tx, id)
			if err != nil {
				return nil, err
			}
			found = append(found, things...)
		}
	}
	var once []Thing
	for _, thing := range found {
		if !slices.Contains(once, thing) {
			once = append(once, thing)
		}
	}
	return once, nil
}

// withID returns what has this id.
func withID(tx *world.Tx, id string) (found []Thing, err error) {
	id = strings.ToLower(id)
	for _, identified := range identifiers {
		what, text, err := identified(tx, id)
		if err != nil {
			return nil, err
		}
		if what != "" {
			found = append(found, Thing{withoutArticle(what), id, text})
		}
	}
	return found, nil
}

func withoutArticle(what string) string {
	_, noun, _ := strings.Cut(what, " ")
	return noun
}

func profileIDs(tx *world.Tx, name string) (ids []string, err error) {
	for _, find := range []func() (*world.Profile, error){
		func() (*world.Profile, error) { return tx.ProfileByEmail(strings.ToLower(name)) },
		func() (*world.Profile, error) { return tx.ProfileByExternalID(name) },
	} {
		p, err := find()
		if err != nil {
			return nil, err
		}
		if p != nil {
			ids = append(ids, p.ID)
		}
	}
	return ids, nil
}

func idsByKey(tx *world.Tx, key string) (ids []string, err error) {
	for _, kind := range kinds {
		id := world.ComputedID(tx.Org, kind, key)
		if kind != kindEvent {
			id, err = tx.IDOf(kind, normalKey(kind, key))
		}
		if err != nil {
			return nil, err
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// idsInReplies returns the ids in the replies to calls with an idempotency key.
func idsInReplies(tx *world.Tx, key string) (ids []string, err error) {
	replies, err := tx.RepliesTo(key)
	for _, body := range replies {
		var reply map[string]any
		if json.Unmarshal([]byte(body), &reply) != nil {
			continue
		}
		for _, member := range []string{"id", "eventId", "confirmationId"} {
			if id, ok := reply[member].(string); ok {
				ids = append(ids, id)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	send, err := tx.SendOfCall(key) // the reply to a send is its EmailSend
	if send != nil {
		ids = append(ids, send.ID)
	}
	return ids, err
}

// nearLength is the length in bytes of the longest name that is compared with others.
const nearLength = 200

// NearTo returns the keys, emails and externalIds that are nearest to a name that nothing has. Among very many of them,
// it compares the first keys and the newest Profiles.
func NearTo(tx *world.Tx, name string) (near []string, err error) {
	if len(name) > nearLength {
		return nil, nil
	}
	var names []string
	for _, kind := range kinds {
		if slices.Contains([]string{"profile", "domain", kindEvent}, kind) {
			continue
		}
		keys, err := tx.KeysOf(kind, nearProfiles)
		if err != nil {
			return nil, err
		}
		names = append(names, keys...)
	}
	profiles, err := tx.ListProfiles(world.Page{Limit: nearProfiles})
	if err != nil {
		return nil, err
	}
	for i := range profiles.Items {
		names = append(names, profiles.Items[i].Email)
		if id := profiles.Items[i].ExternalID; id != "" {
			names = append(names, id)
		}
	}
	return nearestFew(name, names), nil
}
