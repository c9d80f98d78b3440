package journey

import (
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
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

func (c *checker) entry(e Entry) {
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
