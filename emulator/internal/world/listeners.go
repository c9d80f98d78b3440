package world

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// entrySegment is a Segment that Active Journeys listen to.
type entrySegment struct {
	*segment
	*cond.Topics
	journeys []*store.Journey // by key
}

// listeners are the Segments that Active Journeys listen to. They are found by what they read, because a write concerns
// few of them.
type listeners struct {
	byID    map[string]*entrySegment
	readers cond.Readers[*entrySegment]
}

// listening returns the Segments that Active Journeys listen to.
func (tx *Tx) listening() (*listeners, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if c.listeners != nil {
		return c.listeners, nil
	}
	journeys, err := tx.SegmentJourneys()
	if err != nil {
		return nil, err
	}
	found := &listeners{byID: map[string]*entrySegment{}}
	for i := range journeys {
		found.add(c, &journeys[i])
	}
	c.listeners = found
	return found, tx.failed
}

// all returns all of them, by key.
func (l *listeners) all() []*entrySegment { return byKey(slices.Collect(maps.Values(l.byID))) }

func byKey(entries []*entrySegment) []*entrySegment {
	slices.SortFunc(entries, func(a, b *entrySegment) int { return strings.Compare(a.Key, b.Key) })
	return entries
}

// concerned returns those that read something that was changed, by key.
func (l *listeners) concerned(what *change) []*entrySegment {
	if what.all {
		return l.all()
	}
	return l.readersOf(what.topics())
}

// readersOf returns those that read one of the topics, by key.
func (l *listeners) readersOf(topics []cond.Topic) []*entrySegment {
	return byKey(l.readers.Of(topics))
}

// add adds an Active Journey that listens to a Segment.
func (l *listeners) add(c *catalog, j *store.Journey) {
	s := c.segment(j.EntrySegment)
	if s == nil {
		return
	}
	entry := l.byID[s.ID]
	if entry == nil {
		entry = &entrySegment{segment: s, Topics: cond.TopicsOfSegment(s.ID, c.lookupIDs())}
		l.put(entry)
	}
	i, _ := slices.BinarySearchFunc(entry.journeys, j.Key,
		func(known *store.Journey, key string) int { return strings.Compare(known.Key, key) })
	entry.journeys = slices.Insert(slices.Clip(entry.journeys), i, j)
}

func (l *listeners) put(entry *entrySegment) {
	l.byID[entry.ID] = entry
	l.readers.Add(entry, entry.Topics)
}

// remove removes a Journey that has listened to a Segment.
func (l *listeners) remove(segmentID, journeyID string) {
	entry := l.byID[segmentID]
	if entry == nil {
		return
	}
	entry.journeys = slices.DeleteFunc(slices.Clone(entry.journeys),
		func(j *store.Journey) bool { return j.ID == journeyID })
	if len(entry.journeys) == 0 {
		l.drop(entry)
	}
}

func (l *listeners) drop(entry *entrySegment) {
	delete(l.byID, entry.ID)
	l.readers.Remove(entry, entry.Topics)
}

// reread reads what the Segments read that refer to an edited one.
func (l *listeners) reread(c *catalog, segmentID string) {
	for _, entry := range l.readersOf([]cond.Topic{{Kind: cond.TopicSegment, Name: segmentID}}) {
		l.drop(entry)
		if s := c.segment(entry.ID); s != nil {
			l.put(&entrySegment{s, cond.TopicsOfSegment(s.ID, c.lookupIDs()), entry.journeys})
		}
	}
}

// lookupIDs returns how conditions find what they refer to.
func (c *catalog) lookupIDs() cond.Lookup {
	return cond.Lookup{
		Group: func(ref string) string {
			if group := c.group(ref); group != nil {
				return group.ID
			}
			return ""
		},
		Segment: func(ref string) (string, *cond.Cond) {
			id, _, condition := c.segmentNamed(ref)
			return id, condition
		},
	}
}

// segmentNamed returns the id, the key and the condition of a Segment. The id is "" if there is none.
func (c *catalog) segmentNamed(ref string) (id, key string, condition *cond.Cond) {
	if s := c.segment(ref); s != nil {
		return s.ID, s.Key, s.cond
	}
	return "", "", nil
}

// watchingVersions returns the versions of Journeys that have conditions in exit rules or waits, by id and number.
func (c *catalog) watchingVersions() ([]store.JourneyVersion, error) {
	if c.watching != nil {
		return c.watching, nil
	}
	versions, err := c.tx.JourneyVersions()
	if err != nil {
		return nil, err
	}
	c.watching = []store.JourneyVersion{}
	for _, version := range versions {
		if err := c.watch(version); err != nil {
			c.watching = nil
			return nil, err
		}
	}
	return c.watching, nil
}

// watch adds a version to the watching ones if it is one of them.
func (c *catalog) watch(version store.JourneyVersion) error {
	d, err := c.tx.definition(version.ID, version.Version)
	if err != nil || !d.Watches(func(*cond.Cond) bool { return true }) {
		return err
	}
	c.mailWatched = c.mailWatched || d.Watches(readsMail)
	i, known := slices.BinarySearchFunc(c.watching, version, func(a, b store.JourneyVersion) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), a.Version-b.Version)
	})
	if !known {
		c.watching = slices.Insert(slices.Clip(c.watching), i, version)
	}
	return nil
}
