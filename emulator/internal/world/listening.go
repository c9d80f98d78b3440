package world

import (
	"bytes"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The world stores the known members of the Segments that Journeys listen to. This file updates them when Journeys and
// Segments are edited.

// profilePage is how many Profiles are in memory at once when all of them are tested.
const profilePage = 1000

// updateListeners updates the known members after a Journey was saved. before is the Journey as it was. If no Journey
// has listened to the Segment so far, its members are stored now. They enter if the Journey enrols existing members,
// unless it is only resumed.
func (tx *Tx) updateListeners(before store.Journey, j *store.Journey, enrolExisting bool) error {
	was, is := "", ""
	if before.Status == store.Active {
		was = before.EntrySegment
	}
	if j.Status == store.Active {
		is = j.EntrySegment
	}
	if was == "" && is == "" {
		return nil
	}

	listening, err := tx.listening()
	if err != nil {
		return err
	}
	if was != "" && listening.byID[was] == nil {
		if err := tx.DropMemberships(was); err != nil {
			return err
		}
	}
	if is == "" {
		return nil
	}
	if entry := listening.byID[is]; is != was && len(entry.journeys) == 1 {
		if _, err := tx.updateMembers(entry, false); err != nil {
			return err
		}
	}

	if !enrolExisting {
		return nil
	}
	members, err := tx.KnownMembers(is)
	if err != nil {
		return err
	}
	return tx.eachProfile(members, func(p *store.Profile) error {
		return tx.enterBySegment(j, p, journey.Made{})
	})
}

// enrolsExisting reports whether saving a Journey enrols the members that its Segment already has. It does so when it
// activates the Journey, names another Segment, or newly sets enrollExisting. Resuming does not.
func (tx *Tx) enrolsExisting(before store.Journey, d *journey.Definition, segmentID string) (bool, error) {
	if !d.Entry.EnrollExisting {
		return false, nil
	}
	if before.Status != store.Active && before.Status != store.Paused || before.EntrySegment != segmentID {
		return true, nil
	}
	old, err := tx.definition(before.ID, before.Version)
	return err == nil && !old.Entry.EnrollExisting, err
}

func (tx *Tx) eachProfile(ids []string, do func(*store.Profile) error) error {
	for _, id := range ids {
		p, err := tx.Profile(id)
		if err != nil {
			return err
		}
		if p == nil {
			continue
		}
		if err := do(p); err != nil {
			return err
		}
	}
	return nil
}

// updateMembers updates the known members of a Segment and returns the ids of new ones. If note is set, it notes who
// has entered and left. SQL finds the members. Then, if time alone may change the result, it tests the Profiles for
// which that is possible one by one, to find the instant.
func (tx *Tx) updateMembers(entry *entrySegment, note bool) (joined []string, err error) {
	members, err := tx.segmentFilter(entry.segment)
	if err != nil {
		return nil, err
	}
	if joined, err = tx.UpdateMembers(entry.ID, members, note); err != nil || !entry.Timed {
		return joined, err
	}

	for last := ""; ; {
		page, err := tx.ProfilesAfter(last, profilePage, !entry.Moments)
		if err != nil || len(page) == 0 {
			return joined, err
		}
		for i := range page {
			env, err := tx.env(&page[i], nil)
			if err != nil {
				return nil, err
			}
			if _, err := entry.retest(tx, env); err != nil {
				return nil, err
			}
		}
		last = page[len(page)-1].ID
	}
}

// segmentsEdited makes Journeys react to new definitions or members of Segments.
func (tx *Tx) segmentsEdited(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	edited := make([]cond.Topic, len(ids))
	for i, id := range ids {
		edited[i] = cond.Topic{Kind: cond.TopicSegment, Name: id}
	}
	return tx.retestAll(edited...)
}

// SaveOrganization saves the Organization. A new zone moves the dates that are local to it. Conditions that read dates
// also read /profile/timezone, so that is how to find them.
func (tx *Tx) SaveOrganization(org store.Organization) error {
	before, err := tx.Organization()
	if err != nil {
		return err
	}
	if before != nil && *before == org {
		return nil
	}
	tx.Forget()
	if err := tx.PutOrganization(org); err != nil || before == nil || before.Timezone == org.Timezone {
		return err
	}
	return tx.retestAll(cond.Topic{Kind: cond.TopicMember, Name: "timezone"})
}

// retestAll tests the conditions that read something which has changed for all Profiles: those of runs and those of
// Segments that Journeys listen to.
func (tx *Tx) retestAll(changed ...cond.Topic) error {
	listening, err := tx.listening()
	if err != nil {
		return err
	}
	if err := tx.recheckRuns(changed); err != nil {
		return err
	}

	for _, entry := range listening.readersOf(changed) {
		joined, err := tx.updateMembers(entry, entry.cond != nil)
		if err != nil {
			return err
		}
		if err := tx.eachProfile(joined, func(p *store.Profile) error {
			return tx.enterJourneys(p, []*entrySegment{entry}, journey.Made{})
		}); err != nil {
			return err
		}
	}
	return nil
}

// recheckRuns tests the conditions of the runs whose exit rules or waits are concerned.
func (tx *Tx) recheckRuns(changed []cond.Topic) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	versions, err := c.watchingVersions()
	if err != nil {
		return err
	}

	for _, version := range versions {
		d, err := tx.definition(version.ID, version.Version)
		if err != nil {
			return err
		}
		if !d.Watches(func(condition *cond.Cond) bool { return c.readsOf(condition).Has(changed) }) {
			continue
		}
		runs, err := tx.UnfinishedRuns(version.ID)
		if err != nil {
			return err
		}
		for i := range runs {
			if runs[i].Version != version.Version {
				continue
			}
			if err := tx.recheckRun(&runs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// edited returns the ids of the drafts that differ from what is saved. A new Segment does not count: it changes nothing
// for anyone.
func (c *catalog) edited(tx *Tx, drafts []SegmentDraft) (ids []string, err error) {
	for _, draft := range drafts {
		old := c.segment(draft.ID)
		if old == nil {
			continue
		}
		differs := old.Type != draft.Type || !bytes.Equal(old.Definition, draft.Definition)
		if !differs && draft.Type == store.Manual {
			members, err := tx.SegmentMembers(draft.ID)
			if err != nil {
				return nil, err
			}
			differs = !slices.Equal(members, slices.Compact(slices.Sorted(slices.Values(draft.Members))))
		}
		if differs {
			ids = append(ids, draft.ID)
		}
	}
	return ids, nil
}
