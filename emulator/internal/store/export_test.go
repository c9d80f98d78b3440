package store

import (
	"errors"
	"strings"
)

// Columns is the list of the columns of a table.
type Columns struct {
	Table              string
	Selected, Inserted []string
}

func (t *table[T]) described() Columns {
	name, _, _ := strings.Cut(t.name, " ")
	return Columns{name, t.names().selected, t.names().inserted}
}

// Tables returns the lists of all tables that this package defines.
func Tables() []Columns {
	return []Columns{
		addresses.described(), apiKeys.described(), assets.described(), bases.described(),
		uploads.described(), fileChunks.described(), brandKits.described(), carrierHistory.described(),
		carriers.described(), confirmations.described(), domains.described(), eventOutcomes.described(),
		facts.described(), idempotency.described(), journeyVersions.described(), journeys.described(),
		messages.described(), meta.described(), newsletters.described(), organizations.described(),
		parkedTasks.described(), profiles.described(), recipients.described(), relays.described(), runSteps.described(),
		runCounts.described(), factCounts.described(), segmentChanges.described(), runs.described(),
		deliveries.described(), scripts.described(), seedMembers.described(), segmentEntries.described(),
		segmentMembers.described(), segments.described(), senderProfiles.described(), sends.described(),
		snapshots.described(), spent.described(), memberships.described(), subscriptionChanges.described(),
		subscriptionGroups.described(), subscriptions.described(), suppressionChanges.described(),
		tasks.described(), templates.described(), userEvents.described(), users.described(),
		webhooks.described(),
		websites.described(),
	}
}

// PackedEmpty is the empty world that is part of the program.
func PackedEmpty() string { return packedEmpty }

// Unpack returns the image of a packed world, and the places of its schema.
func Unpack(packed string) (image []byte, schema []int) {
	world := unpack(packed)
	image = make([]byte, world.size)
	world.write(image)
	return image, world.schema
}

// RunSchema returns the image of the world that schema.sql makes, and the places of its schema.
func RunSchema() (image []byte, schemaAt []int, err error) {
	db, err := connect(":memory:")
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.script(schema); err != nil {
		return nil, nil, err
	}
	if image, err = db.Image(); err != nil {
		return nil, nil, err
	}
	schemaAt = filledPages(image)
	if err := (&Tx{db: db}).SetMeta("schema", version()); err != nil {
		return nil, nil, err
	}
	image, err = db.Image()
	return image, schemaAt, err
}

// DatabaseOf returns the database of a transaction.
func DatabaseOf(tx *Tx) *DB { return tx.db }

// BlocksToCount returns how many blocks the next count of a filter would read, or -1 if it is not kept.
func BlocksToCount(tx *Tx, filter Filter) int {
	kept := tx.db.counted.blocks
	if kept == nil {
		return -1
	}
	return len(kept.changedSince(kept.find(questionOf(tx.countable(filter)))))
}
