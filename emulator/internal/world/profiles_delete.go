package world

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// Deleting a Profile, decided here.
//
// What goes: its email, external id, phone, properties and sources; its subscriptions with their log; its place in Manual
// Segments; its messages, and with them what is still to be delivered; the data and the reference of its UserEvents; the
// data and the key of its runs; the recipients and the subject of its EmailSends, and of the replies that keyed calls get
// again; the URLs that it clicked or would have; the Scripts for its address and its EmailSends. Replies of confirmations
// lose their subjectPreview, whoever it was rendered for. A file holds none of it afterwards, nor does its log.
//
// What stays, so that others can count and refer to it: the ids; its UserEvents with name, time and outcome; its runs with
// their steps; its EmailSends with status and sender; the facts of its mail; the idempotency keys, without which a
// repeated call would send again. And what the Organization knows of the address: it may not be written to any the more.
//
// Its unfinished runs exit, its sends in flight are skipped when they are due. Its email and external id are free at once,
// for a new Profile with an id of its own.

// DeleteProfiles deletes Profiles of the Organization by their ids.
func (tx *Tx) DeleteProfiles(ids []string) error {
	runs, err := tx.ActiveRunsOf(ids)
	if err != nil {
		return err
	}
	for i := range runs {
		if err := tx.endRun(&runs[i], journey.End{Status: journey.Exited, Reason: journey.ReasonProfileDeleted}); err != nil {
			return err
		}
	}
	return tx.EraseProfiles(ids)
}

// DeleteFound deletes the Profiles that pass a query, and counts them.
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
