package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/coverage"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// catalog is what rarely changes in an Organization. It is read once, and looked up by id or key. A verb that writes
// one of these records calls Forget.
type catalog struct {
	org       store.Organization
	zone      *time.Location     // of the Organization
	senders   map[string]*sender // by id, key and email
	fallback  *sender
	domains   map[string]bool // verified ones
	dmarc     map[string]bool // domains with a DMARC policy
	groups    map[string]*store.SubscriptionGroup
	templates map[string]*store.Template
	segments  map[string]*segment
	scripted  bool // a test has scripted what becomes of some emails

	segmentSize func(ref string) cond.Size

	// The fields below are filled on first use. Until then they are nil or empty.
	journeys    map[string]*store.Journey // by id
	mailWatched *bool                     // a Journey reads mail facts
	listening   []*entrySegment
	reads       map[*cond.Cond]*readSet     // of conditions of Journeys
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
	w.snapshots = map[string]*render.Template{}
	w.definitions = map[store.JourneyVersion]*journey.Definition{}
	w.covered = map[store.JourneyVersion]*coverage.Version{}
	w.tallies = cond.Tallies{From: talliedFrom}
}

func (tx *Tx) catalog() (*catalog, error) {
	if c := tx.w.catalogs[tx.Org]; c != nil {
		return c, nil
	}
	c := &catalog{
		senders:   map[string]*sender{},
		domains:   map[string]bool{},
		dmarc:     map[string]bool{},
		groups:    map[string]*store.SubscriptionGroup{},
		templates: map[string]*store.Template{},
		segments:  map[string]*segment{},
		journeys:  map[string]*store.Journey{},
		reads:     map[*cond.Cond]*readSet{},
	}
	loads := []func(*Tx) error{c.loadOrganization, c.loadSenders, c.loadGroups, c.loadTemplates, c.loadSegments}
	for _, load := range loads {
		if err := load(tx); err != nil {
			return nil, err
		}
	}
	tx.w.catalogs[tx.Org] = c
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

func (c *catalog) loadSenders(tx *Tx) error {
	domains, err := tx.Domains()
	if err != nil {
		return err
	}
	for _, domain := range domains {
		c.domains[domain.Domain], c.dmarc[domain.Domain] = domain.Status == store.Verified, domain.DMARC
	}

	profiles, err := tx.SenderProfiles()
	if err != nil {
		return err
	}
	for _, profile := range profiles {
		from := &sender{profile, c.domains[mail.Domain(profile.Email)]}
		c.senders[profile.ID], c.senders[profile.Key] = from, from
		if email := strings.ToLower(profile.Email); c.senders[email] == nil {
			c.senders[email] = from
		}
		if profile.Default {
			c.fallback = from
		}
	}
	return nil
}

func (c *catalog) loadGroups(tx *Tx) error {
	groups, err := tx.SubscriptionGroups()
	for i := range groups {
		c.groups[groups[i].ID], c.groups[groups[i].Key] = &groups[i], &groups[i]
	}
	return err
}

func (c *catalog) loadTemplates(tx *Tx) error {
	templates, err := tx.Templates()
	for i := range templates {
		c.templates[templates[i].ID], c.templates[templates[i].Key] = &templates[i], &templates[i]
	}
	return err
}

func (c *catalog) loadSegments(tx *Tx) error {
	segments, err := tx.Segments()
	for _, stored := range segments {
		s := &segment{Segment: stored}
		if s.Definition != nil {
			s.cond, _ = cond.ParseJSON(s.Definition)
		}
		c.segments[s.ID], c.segments[s.Key] = s, s
	}
	c.segmentSize = cond.Sizes(func(ref string) *cond.Cond {
		if s := c.segments[ref]; s != nil {
			return s.cond
		}
		return nil
	})
	return err
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

// enteredBy returns the Active Journeys that an event enters, sorted by key. The caller must not change them.
func (tx *Tx) enteredBy(event string) ([]*store.Journey, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	if c.entered != nil {
		return c.entered[event], nil
	}
	journeys, err := tx.EventJourneys()
	if err != nil {
		return nil, err
	}
	c.entered = map[string][]*store.Journey{}
	for i := range journeys {
		j := &journeys[i]
		c.entered[j.EntryEvent] = append(c.entered[j.EntryEvent], j)
	}
	return c.entered[event], nil
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

// facts returns to conditions what the store has about one Profile.
type facts struct {
	tx      *Tx
	profile *store.Profile
}

func (f *facts) ProfileID() string { return f.profile.ID }

func (f *facts) Subscribed(ref string) (bool, error) {
	c, err := f.tx.catalog()
	if err != nil || c.groups[ref] == nil {
		return false, err
	}
	reason, err := f.tx.SkipReason(c.groups[ref], f.profile.ID)
	return reason == "", err
}

func (f *facts) Segment(ref string) (*cond.Cond, bool, error) {
	c, err := f.tx.catalog()
	if err != nil || c.segments[ref] == nil {
		return nil, false, err
	}
	s := c.segments[ref]
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
	return c.templates[ref], nil
}

// TemplateKey returns a Template's key. If there is no such Template, it returns the id.
func (tx *Tx) TemplateKey(id string) (string, error) {
	c, err := tx.catalog()
	if err != nil || c.templates[id] == nil {
		return id, err
	}
	return c.templates[id].Key, nil
}
