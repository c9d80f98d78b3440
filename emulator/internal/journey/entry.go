package journey

import (
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// The ways into a journey.
const (
	EntryEvent   = "event"
	EntryAPI     = "api"
	EntrySegment = "segment"
)

// The members of a run's state that the language itself looks into.
const (
	rootEvent   = "event" // the event that entered the run
	rootData    = "data"  // what a trigger sent along
	rootProfile = "profile"
)

// entryTypes are the entry types, in the order in which an error names them.
var entryTypes = []entryType{
	{EntryEvent, []string{"event", "filter", "key"}, parseEventEntry, rootEvent, ReenterAlways},
	{EntryAPI, []string{"filter", "key"}, parseKeyed, rootData, ReenterAlways},
	{EntrySegment, []string{"segment", "enrollExisting"}, parseSegmentEntry, "", ReenterOnce},
}

// entryType is a row of the table.
type entryType struct {
	name string
	// members are those that an entry has beside its type, in the order in which an error names them.
	members []string
	parse   func(o members, e *Entry)
	// root is the member of the state in which a key is found. It is empty if there are no keys.
	root string
	// reenter is the mode of re-entry if there is no key and the document has no mode.
	reenter string
}

func findEntryType(name string) (entryType, bool) {
	i := slices.IndexFunc(entryTypes, func(t entryType) bool { return t.name == name })
	if i < 0 {
		return entryType{}, false
	}
	return entryTypes[i], true
}

// Entry says how runs begin. Event belongs to EntryEvent, Segment (an id or a
// key) and EnrollExisting to EntrySegment, Filter and Key to the other two.
type Entry struct {
	Type, Event    string
	Filter         *cond.Cond   // nil lets everything through
	Key            cond.Pointer // nil when runs have no key
	Segment        string
	EnrollExisting bool
}

// The modes of re-entry.
const (
	ReenterAlways    = "always"
	ReenterAfterExit = "afterExit"
	ReenterOnce      = "once"
)

// Reentry says when a Profile may enter again, with the same key where there is
// one. Defaults are filled in.
type Reentry struct {
	Mode     string
	Cooldown time.Duration
}

func (p *parser) entry(doc members) Entry {
	if !doc.has("entry") {
		doc.add("entry", "must be an object such as {\"type\": \"event\", \"event\": \"trial.started\"}; it is missing")
		return Entry{}
	}
	o, ok := p.object(doc.raw["entry"], "/entry")
	if !ok {
		return Entry{}
	}
	e := Entry{}
	e.Type, _ = o.raw["type"].(string)
	names := make([]string, len(entryTypes))
	for i, t := range entryTypes {
		if t.name == e.Type {
			o.known(append([]string{"type"}, t.members...)...)
			t.parse(o, &e)
			return e
		}
		names[i] = t.name
	}
	o.add("type", "must be one of %s, not %s", strings.Join(names, ", "), shown(o.raw["type"]))
	return e
}

func parseEventEntry(o members, e *Entry) {
	e.Event = o.short("event", "the name of the event that begins a run", longestEvent)
	if strings.HasSuffix(e.Event, "*") {
		o.add("event", "takes the exact name of one event; a trailing * is for conditions, waits and exit rules")
	}
	parseKeyed(o, e)
}

// parseKeyed reads what event and api entries share.
func parseKeyed(o members, e *Entry) {
	e.Filter = o.condition("filter")
	if o.has("key") {
		e.Key = o.pointer("key")
	}
}

func parseSegmentEntry(o members, e *Entry) {
	e.Segment = o.need("segment", "the id or key of a segment")
	e.EnrollExisting = o.flag("enrollExisting")
}

// reentry fills in what the entry implies.
func (p *parser) reentry(doc members, e Entry) Reentry {
	r := Reentry{Mode: ReenterAlways}
	if t, ok := findEntryType(e.Type); ok {
		r.Mode = t.reenter
	}
	if e.Key != nil {
		r.Mode = ReenterAfterExit
	}
	if !doc.has("reentry") {
		return r
	}
	o, ok := p.object(doc.raw["reentry"], "/reentry")
	if !ok {
		return r
	}
	o.known("mode", "cooldown")
	if o.has("mode") {
		r.Mode = o.oneOf("mode", ReenterAlways, ReenterAfterExit, ReenterOnce)
	}
	r.Cooldown = o.duration("cooldown", cond.ParseDuration, 0)
	return r
}

func (c *checker) entry() {
	e := c.d.Entry
	c.key(e)
	if e.Segment != "" {
		c.segment(e.Segment, "/entry/segment")
	}
	c.condition(e.Filter, "/entry/filter")
}

// key refuses a key that can never be found: the state of an event entry has no
// data, that of an api entry no event.
func (c *checker) key(e Entry) {
	t, ok := findEntryType(e.Type)
	if !ok || e.Key == nil || len(e.Key) > 1 && (e.Key[0] == t.root || e.Key[0] == rootProfile) {
		return
	}
	c.add("/entry/key", "must lead below /%s or /profile, such as \"/%s/trialId\"; nothing is ever found at %q",
		t.root, t.root, e.Key.String())
}
