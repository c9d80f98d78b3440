package emulator

import (
	"context"
	"errors"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ID returns the id of the object of this kind with this key, as in ID("template", "order-receipt"). It looks in the
// first Organization. If there is no such object, ID fails the test and names the nearest keys.
//
// The kinds are user, domain, senderProfile, subscriptionGroup, website, brandKit, asset, template, segment, journey,
// newsletter, profile and event. The key of a Profile is its email, in any case, that of a domain is its name, and that
// of an event is its key in the seed. After Close, ID looks among the objects that existed at Close; the id of an event
// is then only computed.
func (e *Emulator) ID(kind, key string) string {
	e.tb.Helper()
	id := ""
	err := e.world.Act(context.Background(), world.First, func(tx *world.Tx) (err error) {
		id, err = tell.FindID(tx, kind, key)
		return err
	})
	if kept := e.kept.Load(); kept != nil && errors.Is(err, world.ErrClosed) {
		id, err = kept.Find(kind, key)
	}
	e.must(call("ID", kind, key), err)
	return id
}

// SeedID returns the id that an object of this kind with this key gets from a seed that states no id for it. It is
// computed: the object need not exist, so SeedID can be called before Seed. An unknown kind fails the test.
func (e *Emulator) SeedID(kind, key string) string {
	e.tb.Helper()
	var ids tell.IDs
	err := e.world.Look(context.Background(), func(tx *world.Tx) error {
		ids = tell.IDsIn(tx.Org)
		return nil
	})
	if kept := e.kept.Load(); kept != nil && errors.Is(err, world.ErrClosed) {
		ids, err = *kept, nil
	}
	id := ""
	if err == nil {
		id, err = ids.Computed(kind, key)
	}
	e.must(call("SeedID", kind, key), err)
	e.computed.Store(id, [2]string{kind, key})
	return id
}

// seedKey returns the kind and the key from which SeedID computed an id. They are "" if it did not.
func (e *Emulator) seedKey(id string) (kind, key string) {
	if found, ok := e.computed.Load(strings.ToLower(id)); ok {
		pair := found.([2]string)
		return pair[0], pair[1]
	}
	return "", ""
}

// keepIDs reads the ids that ID returns after Close. If the database cannot be read, ID fails the test after Close.
func (e *Emulator) keepIDs() {
	_ = e.world.Look(context.Background(), func(tx *world.Tx) error {
		ids, err := tell.ReadIDs(tx)
		if err == nil {
			e.kept.Store(&ids)
		}
		return err
	})
}
