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
	// members are the members of an entry besides its type, in the order in which an
	// error names them.
	members []string
	parse   func(o members, e *Entry)
	// root is the member of the state that has the key. It is empty if this type has
	// no keys.
	root string
	// reenter is the mode of re-entry if there is no key and the document has no
	// mode.
	reenter string
}

func findEntryType(name string) (entryType, bool) {
	i := slices.IndexFunc(entryTypes, func(row entryType) bool { return row.name == name })
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
	for i, row := range entryTypes {
		if row.name == e.Type {
			o.allow(append([]string{"type"}, row.members...)...)
			row.parse(o, &e)
			return e
		}
		names[i] = row.name
	}
	o.add("type", "must be one of %s, not %s", strings.Join(names, ", "), describe(o.raw["type"]))
	return e
}

func parseEventEntry(o members, e *Entry) {
	e.Event = o.requiredUpTo("event", "the name of the event that begins a run", longestEvent)
	if strings.HasSuffix(e.Event, "*") {
		o.add("event", "must be the exact name of one event; "+
			"a trailing * is allowed only in conditions, waits and exit rules")
	}
	parseKeyed(o, e)
}

// parseKeyed reads the members that event and api entries share.
func parseKeyed(o members, e *Entry) {
	e.Filter = o.condition("filter")
	if o.has("key") {
		e.Key = o.pointer("key")
	}
}

func parseSegmentEntry(o members, e *Entry) {
	e.Segment = o.required("segment", "the id or key of a segment")
	e.EnrollExisting = o.flag("enrollExisting")
}

// reentry reads the re-entry rules. Their defaults depend on the entry.
func (p *parser) reentry(doc members, e Entry) Reentry {
	reentry := Reentry{Mode: ReenterAlways}
	if row, ok := findEntryType(e.Type); ok {
		reentry.Mode = row.reenter
	}
	if e.Key != nil {
		reentry.Mode = ReenterAfterExit
	}
	if !doc.has("reentry") {
		return reentry
	}

	o, ok := p.object(doc.raw["reentry"], "/reentry")
	if !ok {
		return reentry
	}
	o.allow("mode", "cooldown")
	if o.has("mode") {
		reentry.Mode = o.oneOf("mode", ReenterAlways, ReenterAfterExit, ReenterOnce)
	}
	reentry.Cooldown = o.duration("cooldown", cond.ParseDuration, 0)
	return reentry
}

func (c *checker) entry(e Entry) {
	c.key(e)
	if e.Segment != "" {
		c.segment(e.Segment, "/entry/segment")
	}
	c.condition(e.Filter, "/entry/filter")
}

// key refuses a key that can never be found. The state of an event entry has no
// data, and the state of an api entry has no event.
func (c *checker) key(e Entry) {
	row, ok := findEntryType(e.Type)
	if !ok || e.Key == nil || len(e.Key) > 1 && (e.Key[0] == row.root || e.Key[0] == rootProfile) {
		return
	}
	c.add("/entry/key",
		"must be a pointer below /%s or /profile, such as \"/%s/trialId\"; there is never a value at %q",
		row.root, row.root, e.Key.String())
}
