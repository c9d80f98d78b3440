package world

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// Deleting a Profile, decided here.
//
// These are deleted: its email, external id, phone, properties and sources; its subscriptions with their log; its
// membership of Manual Segments; its messages, and so what is still to be delivered; the data and the reference of its
// UserEvents; the data and the key of its runs; the recipients and the subject of its EmailSends, also in the stored
// replies to calls with an idempotency key; the URLs that it clicked or could have clicked; the Scripts for its address
// and its EmailSends. Stored replies about confirmations lose their subjectPreview, whoever it was rendered for.
// Afterwards, neither a database file nor its write-ahead log contains any of it.
//
// These stay, so that others can count and refer to them: the ids; its UserEvents with name, time and outcome; its runs
// with their steps; its EmailSends with status and sender; the facts of its emails; the idempotency keys, without which
// a repeated call would send again. What the Organization knows of the address stays too, so that deleting the Profile
// does not allow emails to a suppressed address.
//
// Its unfinished runs exit. Its sends in flight are skipped when they are due. Its email and external id are free at
// once, for a new Profile with an id of its own.

// DeleteProfiles deletes Profiles of the Organization by their ids.
func (tx *Tx) DeleteProfiles(ids []string) error {
	runs, err := tx.ActiveRunsOf(ids)
	if err != nil {
		return err
	}
	for i := range runs {
		end := journey.End{Status: journey.Exited, Reason: journey.ReasonProfileDeleted}
		if err := tx.endRun(&runs[i], end); err != nil {
			return err
		}
	}
	for _, id := range ids {
		tx.w.tallies.Forget(id)
	}
	return tx.EraseProfiles(ids)
}

// DeleteFound deletes the Profiles that a query finds and returns how many there were.
func (tx *Tx) DeleteFound(which ProfileQuery) (int, error) {
	filters, err := tx.profileFilters(which)
	if err != nil {
		return 0, err
	}
	ids, err := tx.ProfileIDs(filters...)
	if err != nil {
		return 0, err
	}
	return len(ids), tx.DeleteProfiles(ids)
}
