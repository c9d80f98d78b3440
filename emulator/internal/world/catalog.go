package world

import (
	"fmt"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// catalog is what rarely changes in an Organization. A record is read when it is first asked for, and looked up by id
// or key. A verb that writes one of these records calls one of the methods in records.go that forget it, or Forget.
type catalog struct {
	tx  *Tx    // the current transaction, which reads what is missing
	id  string // of the Organization
	org store.Organization

	zone     *time.Location // of the Organization
	scripted bool           // a test has scripted what becomes of some emails

	senders   map[string]*sender // by id, key and email
	domains   map[string]*store.Domain
	groups    map[string]*store.SubscriptionGroup
	templates map[string]*store.Template
	uses      map[*render.Template]*templateUse
	segments  map[string]*segment
	journeys  map[string]*store.Journey // by id
	live      []store.Journey           // the Active and Paused ones, by key; nil until it is needed
	referring *cond.Referrers           // the Segments that refer to a Segment, by id; nil until it is needed

	segmentSize func(ref string) cond.Size
	watching    []store.JourneyVersion      // see watchingVersions; nil until it is needed
	mailWatched bool                        // one of these reads mail facts
	listeners   *listeners                  // nil until it is needed
	reads       map[*cond.Cond]*cond.Topics // of conditions of Journeys
	entered     map[string][]*store.Journey // Active ones by the event that enters them, in order
}

type sender struct {
	store.SenderProfile
	verified bool
}

type segment struct {
	store.Segment
	cond *cond.Cond // nil for a Manual one
}

// talliedFrom is how many events of a Profile a condition must count before the count is kept. Fewer are read at once.
const talliedFrom = 16

// forgetLocked drops what was read of records that are being written. A transaction that fails drops it once more,
// because what was read inside of it has not happened.
func (w *World) forgetLocked() {
	w.changed = true
	w.catalogs = map[string]*catalog{}
	w.bases = map[string]*store.MessageBase{}
	w.snapshots = map[string]*render.Template{}
	w.definitions = map[store.JourneyVersion]*journey.Definition{}
	w.templatesOf = map[store.JourneyVersion][]string{}
	w.covered = map[store.JourneyVersion]*coverage.Version{}
	w.tallies = cond.Tallies{From: talliedFrom}
}

func (tx *Tx) catalog() (*catalog, error) {
	c := tx.w.catalogs[tx.Org]
	if c == nil {
		c = &catalog{id: tx.Org, journeys: map[string]*store.Journey{}, entered: map[string][]*store.Journey{}}
		c.forgetSenders()
		c.groups, c.templates = map[string]*store.SubscriptionGroup{}, map[string]*store.Template{}
		c.segments, c.uses = map[string]*segment{}, map[*render.Template]*templateUse{}
		c.reads = map[*cond.Cond]*cond.Topics{}
		c.forgetSizes()
		if err := c.loadOrganization(tx); err != nil {
			return nil, err
		}
		tx.w.catalogs[tx.Org] = c
	}
	c.tx = tx
	return c, nil
}

func (c *catalog) loadOrganization(tx *Tx) error {
	org, err := tx.Organization()
	if err != nil || org == nil {
		return err
	}
	c.org = *org
	if c.scripted, err = tx.AnyScript(); err != nil {
		return err
	}
	// Seeds are checked, so only a file that was edited by hand can have an invalid zone.
	c.zone = cond.ZoneOf(org.Timezone, time.UTC)
	return nil
}

// snapshot returns the compiled definition of a template snapshot. Neither of them ever changes.
func (tx *Tx) snapshot(id string) (*render.Template, error) {
	if compiled := tx.w.snapshots[id]; compiled != nil {
		return compiled, nil
	}
	definition, err := tx.Snapshot(id)
	if err != nil {
		return nil, err
	}
	compiled, findings := render.Parse(definition)
	if len(findings) > 0 {
		return nil, fmt.Errorf("template snapshot %s: %s: %s", id, findings[0].Path, findings[0].Message)
	}
	tx.w.snapshots[id] = compiled
	return compiled, nil
}

// journey returns a Journey by its id, nil if there is none. The caller must not change it.
func (tx *Tx) journey(id string) (*store.Journey, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if j := c.journeys[id]; j != nil {
		return j, nil
	}
	j, err := tx.Journey(id)
	if j != nil {
		c.journeys[id] = j
	}
	return j, err
}

// maxEntered is how many names of events are known with the Journeys that they enter. Anybody may send new names.
const maxEntered = 10_000

// enteredBy returns the Active Journeys that an event enters, sorted by key. The caller must not change them.
func (tx *Tx) enteredBy(event string) ([]*store.Journey, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if found, known := c.entered[event]; known {
		return found, nil
	}
	journeys, err := tx.EventJourneys(event)
	if err != nil {
		return nil, err
	}
	found := make([]*store.Journey, len(journeys))
	for i := range journeys {
		found[i] = &journeys[i]
	}
	if len(c.entered) >= maxEntered {
		clear(c.entered)
	}
	c.entered[event] = found
	return found, nil
}

// definition returns a version of a Journey in parsed form. It never changes.
func (tx *Tx) definition(id string, version int) (*journey.Definition, error) {
	name := store.JourneyVersion{ID: id, Version: version}
	if d := tx.w.definitions[name]; d != nil {
		return d, nil
	}
	raw, err := tx.JourneyVersion(id, version)
	if err != nil {
		return nil, err
	}
	d := journey.Load(raw)
	if d == nil {
		return nil, fmt.Errorf("journey %s has no version %d that can be read", id, version)
	}
	tx.w.definitions[name] = d
	if tx.w.config.Coverage != nil {
		tx.w.covered[name] = coverage.NewVersion(version, raw)
	}
	return d, nil
}

// templatesNamed returns the Templates that a version of a Journey names, by id or key as it does.
func (tx *Tx) templatesNamed(id string, version int) ([]string, error) {
	name := store.JourneyVersion{ID: id, Version: version}
	if named, known := tx.w.templatesOf[name]; known {
		return named, nil
	}
	d, err := tx.definition(id, version)
	if err != nil {
		return nil, err
	}
	tx.w.templatesOf[name] = d.Templates()
	return tx.w.templatesOf[name], nil
}

// names reports whether a version of a Journey names a Template.
func (tx *Tx) names(id string, version int, t *store.Template) (bool, error) {
	named, err := tx.templatesNamed(id, version)
	return slices.Contains(named, t.ID) || slices.Contains(named, t.Key), err
}

// liveJourneys returns the Journeys that are Active or Paused, by key. The caller must not change them.
func (tx *Tx) liveJourneys() ([]store.Journey, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if c.live != nil {
		return c.live, nil
	}
	c.live, err = tx.LiveJourneys()
	return c.live, err
}

// facts returns to conditions what the store has about one Profile.
type facts struct {
	tx      *Tx
	profile *store.Profile
}

func (f *facts) ProfileID() string { return f.profile.ID }

func (f *facts) Subscribed(ref string) (bool, error) {
	c, err := f.tx.catalog()
	if err != nil {
		return false, err
	}
	group := c.group(ref)
	if group == nil {
		return false, nil
	}
	reason, err := f.tx.SkipReason(group, f.profile.ID)
	return reason == "", err
}

func (f *facts) Segment(ref string) (*cond.Cond, bool, error) {
	c, err := f.tx.catalog()
	if err != nil {
		return nil, false, err
	}
	s := c.segment(ref)
	if s == nil {
		return nil, false, nil
	}
	if s.cond != nil {
		return s.cond, false, nil
	}
	member, err := f.tx.SegmentHas(s.ID, f.profile.ID)
	return nil, member, err
}

// JourneyKey returns a Journey's key. If there is no such Journey, it returns the id.
func (tx *Tx) JourneyKey(id string) (string, error) {
	j, err := tx.journey(id)
	if j == nil {
		return id, err
	}
	return j.Key, err
}

// TemplateNamed returns a Template by its id or key, nil if there is none.
func (tx *Tx) TemplateNamed(ref string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.template(ref), nil
}

// TemplateKey returns a Template's key. If there is no such Template, it returns the id.
func (tx *Tx) TemplateKey(id string) (string, error) {
	c, err := tx.catalog()
	if err != nil {
		return id, err
	}
	t := c.template(id)
	if t == nil {
		return id, nil
	}
	return t.Key, nil
}
