package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// catalog is what rarely changes in an Organization, read once and looked up by id or key. Whatever writes one of these
// calls forget.
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
	scripted  bool // a test has said what shall become of some mail
	// mailWatched says whether a Journey looks at mail facts; nil until somebody asked.
	mailWatched *bool
	listening   []*entrySegment // nil until somebody asked
	segmentSize func(ref string) cond.Size
	reads       map[*cond.Cond]*readSet // of conditions of Journeys; filled when somebody asks
	journeys    map[string]*store.Journey
	entered     map[string][]*store.Journey // Active ones by the event that enters them, in order; nil until somebody asked
}

type sender struct {
	store.SenderProfile
	verified bool
}

type segment struct {
	store.Segment
	cond *cond.Cond // nil for a Manual one
}

// forgetLocked drops what was read of things that are being written. A transaction that fails drops it once more: what was
// read inside of it has not happened.
func (w *World) forgetLocked() {
	w.changed = true
	w.catalogs, w.snapshots, w.definitions = map[string]*catalog{}, map[string]*render.Template{}, map[store.JourneyVersion]*journey.Definition{}
}

func (tx *Tx) catalog() (*catalog, error) {
	if c := tx.w.catalogs[tx.Org]; c != nil {
		return c, nil
	}
	c := &catalog{senders: map[string]*sender{}, domains: map[string]bool{}, dmarc: map[string]bool{}, groups: map[string]*store.SubscriptionGroup{},
		templates: map[string]*store.Template{}, segments: map[string]*segment{}, journeys: map[string]*store.Journey{}, reads: map[*cond.Cond]*readSet{}}
	for _, load := range []func(*Tx) error{c.loadOrganization, c.loadSenders, c.loadGroups, c.loadTemplates, c.loadSegments} {
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
	if c.zone, err = time.LoadLocation(org.Timezone); err != nil {
		c.zone = time.UTC // a seed is refused for it; only a file edited by hand can hold it
	}
	return nil
}

func (c *catalog) loadSenders(tx *Tx) error {
	domains, err := tx.Domains()
	if err != nil {
		return err
	}
	for _, d := range domains {
		c.domains[d.Domain], c.dmarc[d.Domain] = d.Status == store.Verified, d.DMARC
	}
	profiles, err := tx.SenderProfiles()
	if err != nil {
		return err
	}
	for _, p := range profiles {
		s := &sender{p, c.domains[mail.Domain(p.Email)]}
		c.senders[p.ID], c.senders[p.Key] = s, s
		if c.senders[strings.ToLower(p.Email)] == nil {
			c.senders[strings.ToLower(p.Email)] = s
		}
		if p.Default {
			c.fallback = s
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
	for _, s := range segments {
		found := &segment{Segment: s}
		if s.Definition != nil {
			found.cond, _ = cond.ParseJSON(s.Definition)
		}
		c.segments[s.ID], c.segments[s.Key] = found, found
	}
	c.segmentSize = cond.Sizes(func(ref string) *cond.Cond {
		if s := c.segments[ref]; s != nil {
			return s.cond
		}
		return nil
	})
	return err
}

// snapshot is the compiled definition of a template snapshot; both never change.
func (tx *Tx) snapshot(id string) (*render.Template, error) {
	if t := tx.w.snapshots[id]; t != nil {
		return t, nil
	}
	definition, err := tx.Snapshot(id)
	if err != nil {
		return nil, err
	}
	t, findings := render.Parse(definition)
	if len(findings) > 0 {
		return nil, fmt.Errorf("template snapshot %s: %s: %s", id, findings[0].Path, findings[0].Message)
	}
	tx.w.snapshots[id] = t
	return t, nil
}

// journey finds a Journey by its id, nil when there is none. It is not to be changed.
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

// enteredBy are the Active Journeys that an event enters, by key. They are not to be changed.
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
		c.entered[journeys[i].EntryEvent] = append(c.entered[journeys[i].EntryEvent], &journeys[i])
	}
	return c.entered[event], nil
}

// definition is a parsed version of a Journey; it never changes.
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
	return d, nil
}

// facts answers a condition's questions about one Profile from the store.
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

// JourneyKey returns a Journey's key. An id that is nobody's stands for itself.
func (tx *Tx) JourneyKey(id string) (string, error) {
	j, err := tx.journey(id)
	if j == nil {
		return id, err
	}
	return j.Key, err
}

// TemplateNamed finds a Template by its id or key, nil if there is none.
func (tx *Tx) TemplateNamed(ref string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.templates[ref], nil
}

// TemplateKey returns a Template's key. An id that is nobody's stands for itself.
func (tx *Tx) TemplateKey(id string) (string, error) {
	c, err := tx.catalog()
	if err != nil || c.templates[id] == nil {
		return id, err
	}
	return c.templates[id].Key, nil
}
