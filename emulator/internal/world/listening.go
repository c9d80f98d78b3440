package world

import (
	"bytes"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What is known of the members of Segments that Journeys listen to, and how it keeps up when Journeys and Segments are
// edited.

// profilePage is how many Profiles are in memory at once when all are looked at.
const profilePage = 1000

// heed keeps up with what a Journey listens to, after it was saved. before is the Journey as it was. A Segment that
// nobody listened to gets its members noted; they enter when the Journey enrols existing ones, unless it only resumes.
func (tx *Tx) heed(before store.Journey, j *store.Journey, enrolExisting bool) error {
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
	of := func(id string) *listened {
		i := slices.IndexFunc(listening, func(l *listened) bool { return l.ID == id })
		if i < 0 {
			return nil
		}
		return listening[i]
	}
	if was != "" && of(was) == nil {
		if err := tx.DropMemberships(was); err != nil {
			return err
		}
	}
	if is == "" {
		return nil
	}
	if is != was && len(of(is).journeys) == 1 {
		if _, err := tx.note(of(is)); err != nil {
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
	return tx.eachProfile(members, func(p *store.Profile) error { return tx.enterBySegment(j, p, journey.Made{}) })
}

// enrolsExisting says whether saving a Journey is an act that enrols the members that its Segment has: its activation, or
// an edit that names another Segment or asks for them anew. Resuming is not.
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

// note brings what is known of a Segment's members up to date and gives the ids of those who are new. The members are
// found in SQL; then Profile by Profile, among those that can have one, the instant at which time alone changes it.
func (tx *Tx) note(l *listened) (turned []string, err error) {
	members, err := tx.segmentFilter(l.segment)
	if err != nil {
		return nil, err
	}
	if turned, err = tx.UpdateMembers(l.ID, members); err != nil || !l.timed {
		return turned, err
	}
	for last := ""; ; {
		page, err := tx.ProfilesAfter(last, profilePage, !l.moments)
		if err != nil || len(page) == 0 {
			return turned, err
		}
		for i := range page {
			env, err := tx.env(&page[i], nil)
			if err != nil {
				return nil, err
			}
			if _, err := l.retest(tx, env); err != nil {
				return nil, err
			}
		}
		last = page[len(page)-1].ID
	}
}

// segmentsEdited lets Journeys see that Segments have other definitions or members.
func (tx *Tx) segmentsEdited(ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	listening, err := tx.listening()
	if err != nil {
		return err
	}
	if err := tx.recheckRuns(ids); err != nil {
		return err
	}
	for _, l := range listening {
		if !slices.ContainsFunc(ids, func(id string) bool { return l.segments[id] }) {
			continue
		}
		turned, err := tx.note(l)
		if err != nil {
			return err
		}
		if err := tx.eachProfile(turned, func(p *store.Profile) error {
			return tx.enterJourneys(p, []*listened{l}, journey.Made{})
		}); err != nil {
			return err
		}
	}
	return nil
}

// recheckRuns tests the conditions of the runs whose exit rules or waits read one of the Segments.
func (tx *Tx) recheckRuns(ids []string) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	versions, err := tx.JourneyVersions()
	if err != nil {
		return err
	}
	for _, v := range versions {
		d, err := tx.definition(v.ID, v.Version)
		if err != nil {
			return err
		}
		if !d.Watches(func(condition *cond.Cond) bool { return c.refersTo(condition, ids) }) {
			continue
		}
		runs, err := tx.UnfinishedRuns(v.ID)
		if err != nil {
			return err
		}
		for i := range runs {
			if runs[i].Version != v.Version {
				continue
			}
			if err := tx.recheckRun(&runs[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// refersTo says whether a condition reads one of the Segments, directly or through others.
func (c *catalog) refersTo(condition *cond.Cond, ids []string) bool {
	return slices.ContainsFunc(condition.Reads().Segments, func(ref string) bool {
		s := c.segments[ref]
		return s != nil && slices.ContainsFunc(ids, func(id string) bool { return c.listened(s).segments[id] })
	})
}

// edited are the ids of the drafts that differ from what is saved. A Segment that is new changes nothing for anybody.
func (c *catalog) edited(tx *Tx, drafts []SegmentDraft) (ids []string, err error) {
	for _, d := range drafts {
		old := c.segments[d.ID]
		if old == nil {
			continue
		}
		differs := old.Type != d.Type || !bytes.Equal(old.Definition, d.Definition)
		if !differs && d.Type == store.Manual {
			members, err := tx.SegmentMembers(d.ID)
			if err != nil {
				return nil, err
			}
			differs = !slices.Equal(members, slices.Compact(slices.Sorted(slices.Values(d.Members))))
		}
		if differs {
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
