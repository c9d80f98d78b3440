package world

import (
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// entrySegment is a Segment that Active Journeys listen to. Its readSet includes the Segment itself.
type entrySegment struct {
	*segment
	readSet
	journeys []*store.Journey // by key
}

// listeners are the Segments that Active Journeys listen to. They are found by what they read, because a write concerns
// few of them.
type listeners struct {
	byID    map[string]*entrySegment
	readers map[topic][]*entrySegment
}

// topic is something that a condition reads, by its kind and name.
type topic struct{ kind, name string }

// The kinds of topics. A topicPattern has no name: it stands for all patterns of events.
const (
	topicMember  = "member" // of /profile
	topicEvent   = "event"
	topicPattern = "pattern"
	topicGroup   = "group"
	topicMail    = "mail"
	topicSegment = "segment"
)

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
	found := &listeners{map[string]*entrySegment{}, map[topic][]*entrySegment{}}
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
	var found []*entrySegment
	look := func(kind, name string) {
		for _, entry := range l.readers[topic{kind, name}] {
			if entry.includes(what) && !slices.Contains(found, entry) {
				found = append(found, entry)
			}
		}
	}
	for _, name := range what.names {
		look(topicMember, name)
	}
	if len(what.names) > 0 {
		look(topicMember, "")
	}
	if what.event != nil {
		look(topicEvent, what.event.Name)
		look(topicPattern, "")
	}
	look(topicGroup, what.group)
	look(topicMail, what.fact)
	look(topicSegment, what.segment)
	return byKey(found)
}

// readersOf returns those that read one of the topics, by key.
func (l *listeners) readersOf(topics []topic) []*entrySegment {
	found := map[string]*entrySegment{}
	for _, topic := range topics {
		for _, entry := range l.readers[topic] {
			found[entry.ID] = entry
		}
	}
	return byKey(slices.Collect(maps.Values(found)))
}

// has reports whether a condition reads one of the topics, each a member of the Profile or a Segment.
func (set *readSet) has(topics []topic) bool {
	return slices.ContainsFunc(topics, func(topic topic) bool {
		return topic.kind == topicMember && set.names[topic.name] || topic.kind == topicSegment && set.segments[topic.name]
	})
}

// topics returns what a condition reads.
func (set *readSet) topics() map[topic]bool {
	topics := map[topic]bool{}
	for kind, names := range map[string]map[string]bool{
		topicMember: set.names, topicGroup: set.groups, topicMail: set.mail, topicSegment: set.segments,
	} {
		for name := range names {
			topics[topic{kind, name}] = true
		}
	}
	for _, event := range set.events {
		if strings.HasSuffix(event, "*") {
			topics[topic{topicPattern, ""}] = true
		} else {
			topics[topic{topicEvent, event}] = true
		}
	}
	return topics
}

// add adds an Active Journey that listens to a Segment.
func (l *listeners) add(c *catalog, j *store.Journey) {
	s := c.segment(j.EntrySegment)
	if s == nil {
		return
	}
	entry := l.byID[s.ID]
	if entry == nil {
		entry = &entrySegment{segment: s, readSet: *c.segmentReads(s)}
		l.put(entry)
	}
	i, _ := slices.BinarySearchFunc(entry.journeys, j.Key,
		func(known *store.Journey, key string) int { return strings.Compare(known.Key, key) })
	entry.journeys = slices.Insert(slices.Clip(entry.journeys), i, j)
}

func (l *listeners) put(entry *entrySegment) {
	l.byID[entry.ID] = entry
	for topic := range entry.topics() {
		l.readers[topic] = append(l.readers[topic], entry)
	}
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
	for topic := range entry.topics() {
		l.readers[topic] = slices.DeleteFunc(l.readers[topic], func(other *entrySegment) bool { return other == entry })
	}
}

// reread reads what the Segments read that refer to an edited one.
func (l *listeners) reread(c *catalog, segmentID string) {
	for _, entry := range slices.Clone(l.readers[topic{topicSegment, segmentID}]) {
		l.drop(entry)
		if s := c.segment(entry.ID); s != nil {
			l.put(&entrySegment{s, *c.segmentReads(s), entry.journeys})
		}
	}
}
