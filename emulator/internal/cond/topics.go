package cond

import (
	"slices"
	"strings"
)

// Topic is something that conditions read and that a write may change.
type Topic struct{ Kind, Name string }

// The kinds of topics. Groups and Segments have their ids as names. The name of an
// event may be a pattern. The member "" of the Profile stands for all of them.
const (
	TopicMember  = "member" // of /profile
	TopicEvent   = "event"
	TopicGroup   = "group"
	TopicMail    = "mail"
	TopicSegment = "segment"
)

// Lookup finds what conditions refer to, by id or key. The ids are "" if there is
// no such thing. The condition of a Manual Segment is nil.
type Lookup struct {
	Group   func(ref string) (id string)
	Segment func(ref string) (id string, c *Cond)
}

// Topics are what a condition reads, directly or through the Segments that it
// refers to. Timed is set if time alone may change the outcome, and Moments if it
// may do so even for Profiles without events and emails.
type Topics struct {
	read           map[Topic]bool
	Timed, Moments bool
}

// TopicsOf returns what a condition reads. nil reads nothing.
func TopicsOf(c *Cond, find Lookup) *Topics {
	t := &Topics{read: map[Topic]bool{}}
	t.add(c, find)
	return t
}

// TopicsOfSegment returns what a Segment reads. It reads itself too.
func TopicsOfSegment(ref string, find Lookup) *Topics {
	t := &Topics{read: map[Topic]bool{}}
	t.addSegment(ref, find)
	return t
}

func (t *Topics) addSegment(ref string, find Lookup) {
	id, c := find.Segment(ref)
	if segment := (Topic{TopicSegment, id}); id != "" && !t.read[segment] {
		t.read[segment] = true
		t.add(c, find)
	}
}

func (t *Topics) add(c *Cond, find Lookup) {
	if c == nil {
		return
	}
	for _, pointer := range c.deps.Pointers {
		switch {
		case len(pointer) == 0, len(pointer) == 1 && pointer[0] == "profile":
			t.read[Topic{TopicMember, ""}] = true
		case pointer[0] == "profile":
			t.read[Topic{TopicMember, pointer[1]}] = true
		}
	}
	for _, event := range c.deps.Events {
		t.read[Topic{TopicEvent, event}] = true
	}
	for _, kind := range c.deps.Mail {
		t.read[Topic{TopicMail, kind}] = true
	}
	for _, ref := range c.deps.Groups {
		if id := find.Group(ref); id != "" {
			t.read[Topic{TopicGroup, id}] = true
		}
	}
	t.Timed, t.Moments = t.Timed || c.deps.Time, t.Moments || c.deps.Moments
	for _, ref := range c.deps.Segments {
		t.addSegment(ref, find)
	}
}

// Has reports whether one of the topics was changed. The name of a changed event is
// no pattern.
func (t *Topics) Has(changed []Topic) bool {
	return slices.ContainsFunc(changed, func(topic Topic) bool {
		if t.read[topic] {
			return true
		}
		if topic.Kind != TopicEvent {
			return false
		}
		for read := range t.read {
			if read.Kind == TopicEvent && EventMatches(read.Name, topic.Name) {
				return true
			}
		}
		return false
	})
}

// Readers finds what reads a topic without looking at everything.
type Readers[T comparable] struct {
	by map[Topic]map[T]*Topics
}

// anyPattern stands for all patterns of events.
var anyPattern = Topic{TopicEvent, "*"}

func bucketOf(topic Topic) Topic {
	if topic.Kind == TopicEvent && strings.HasSuffix(topic.Name, "*") {
		return anyPattern
	}
	return topic
}

// Add adds a reader of topics.
func (r *Readers[T]) Add(reader T, topics *Topics) {
	if r.by == nil {
		r.by = map[Topic]map[T]*Topics{}
	}
	for topic := range topics.read {
		topic = bucketOf(topic)
		if r.by[topic] == nil {
			r.by[topic] = map[T]*Topics{}
		}
		r.by[topic][reader] = topics
	}
}

// Remove removes a reader of topics.
func (r *Readers[T]) Remove(reader T, topics *Topics) {
	for topic := range topics.read {
		delete(r.by[bucketOf(topic)], reader)
	}
}

// Of returns the readers of what was changed, in no order, each once.
func (r *Readers[T]) Of(changed []Topic) []T {
	var found []T
	look := func(topic Topic) {
		for reader, topics := range r.by[topic] {
			if topics.Has(changed) && !slices.Contains(found, reader) {
				found = append(found, reader)
			}
		}
	}
	for _, topic := range changed {
		look(topic)
		if topic.Kind == TopicEvent {
			look(anyPattern)
		}
	}
	return found
}

// Referrers holds which Segments refer to which, by their ids.
type Referrers struct {
	refs map[string][]string
	from map[string]map[string]bool
}

// Set replaces what a Segment refers to.
func (r *Referrers) Set(id string, refs []string) {
	if r.refs == nil {
		r.refs, r.from = map[string][]string{}, map[string]map[string]bool{}
	}
	for _, to := range r.refs[id] {
		delete(r.from[to], id)
	}
	r.refs[id] = refs
	for _, to := range refs {
		if r.from[to] == nil {
			r.from[to] = map[string]bool{}
		}
		r.from[to][id] = true
	}
}

// Reaching returns an id, and those of all Segments that refer to it, directly or
// through others.
func (r *Referrers) Reaching(id string) []string {
	reached, list := map[string]bool{id: true}, []string{id}
	for i := 0; i < len(list); i++ {
		for from := range r.from[list[i]] {
			if !reached[from] {
				reached[from] = true
				list = append(list, from)
			}
		}
	}
	return list
}

// AddReached adds the Segments that a condition refers to, directly or through
// others.
func (g *Graph) AddReached(c *Cond, find func(ref string) (id, key string, c *Cond)) {
	if c == nil {
		return
	}
	for _, ref := range c.deps.Segments {
		if id, key, segment := find(ref); id != "" && !g.Has(id) {
			g.Add(id, key, segment)
			g.AddReached(segment, find)
		}
	}
}
