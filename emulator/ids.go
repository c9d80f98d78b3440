package emulator

import (
	"context"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// ID returns the id of the object of this kind with this key, as in ID("template", "order-receipt"). Kinds are spelt as
// in the seed, in the singular. The key of a Profile is its email, in any case, and that of a domain its name. If there
// is no such object, ID fails the test and names the nearest keys.
//
// ID looks in the first Organization. After Close it returns the ids as they were then.
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

// SeedID returns the id that a seed makes for an object of this kind with this key, if the seed names none. It does not
// look whether there is such an object.
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
	return id
}

// keepIDs reads the ids that ID returns after Close. If the database cannot be read, ID fails then.
func (e *Emulator) keepIDs() {
	_ = e.world.Look(context.Background(), func(tx *world.Tx) error {
		ids, err := tell.ReadIDs(tx)
		if err == nil {
			e.kept.Store(&ids)
		}
		return err
	})
}
