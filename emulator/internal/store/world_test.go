package store_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// noon is the time now of every test that does not set another.
var noon = time.Date(2026, time.June, 5, 12, 0, 0, 0, time.UTC)

// person is a Profile with all that a condition may ask about it, in Go, for evaluation.
type person struct {
	store.Profile
	events  []cond.Event
	mail    []mailFact
	choices map[string]string // by id of the group
	world   *world
}

type mailFact struct {
	kind, template string
	at             time.Time
}

// world is the same people in Go and in SQL, and what conditions may refer to.
type world struct {
	people     []*person
	conditions map[string]*cond.Cond // of Dynamic Segments
	members    []string              // of the Manual one
	zone       *time.Location        // of the Organization
}

var groups = map[string]*store.SubscriptionGroup{
	"news": {ID: "g-news", Key: "news", Policy: "OptIn"}, "offers": {ID: "g-offers", Key: "offers", Policy: "OptOut"},
}

func (w *world) FactType(kind string) string { return strings.Replace(kind, "sent", "accepted", 1) }

func (w *world) TemplateID(ref string) string { return strings.Replace(ref, "welcome", "t1", 1) }

func (w *world) Group(ref string) *store.SubscriptionGroup {
	return groups[strings.TrimPrefix(ref, "g-")]
}

func (w *world) Zone() *time.Location { return w.zone }

func (w *world) Segment(ref string) (*store.Segment, *cond.Cond) {
	if ref == "manual" {
		return &store.Segment{ID: "manual"}, nil
	}
	if c := w.conditions[ref]; c != nil {
		return &store.Segment{ID: ref}, c
	}
	return nil, nil
}

// person adds a person with these properties, a JSON object.
func (w *world) person(properties string) *person {
	p := &person{
		Profile: store.Profile{
			ID:         fmt.Sprintf("00000000-0000-4000-8000-%012d", len(w.people)),
			Email:      fmt.Sprintf("p%d@example.com", len(w.people)),
			Properties: json.RawMessage(properties),
		},
		choices: map[string]string{},
		world:   w,
	}
	w.people = append(w.people, p)
	return p
}

func (p *person) does(event string, at time.Time, data string) *person {
	value, err := cond.Decode([]byte(data))
	if err != nil {
		panic(err)
	}
	p.events = append(p.events, cond.Event{Name: event, OccurredAt: at, Data: value})
	return p
}

func (p *person) ProfileID() string { return p.ID }

func (p *person) Events(name string, prefix bool, _ time.Time) iter.Seq2[cond.Event, error] {
	if prefix {
		name += "*"
	}
	found := slices.DeleteFunc(slices.Clone(p.events),
		func(e cond.Event) bool { return !cond.EventMatches(name, e.Name) })
	slices.SortStableFunc(found, func(a, b cond.Event) int { return b.OccurredAt.Compare(a.OccurredAt) })
	return func(yield func(cond.Event, error) bool) {
		for _, e := range found {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func (p *person) Mail(kind, template string, _ time.Time) (found []time.Time, _ error) {
	for _, f := range p.mail {
		if f.kind == kind && (template == "" || f.template == p.world.TemplateID(template)) {
			found = append(found, f.at)
		}
	}
	return found, nil
}

func (p *person) Subscribed(ref string) (bool, error) {
	group := p.world.Group(ref)
	if group == nil {
		return false, nil
	}
	chosen := p.choices[group.ID]
	return chosen == "Subscribed" || chosen == "" && group.Policy == "OptOut", nil
}

func (p *person) Segment(ref string) (*cond.Cond, bool, error) {
	return p.world.conditions[ref], ref == "manual" && slices.Contains(p.world.members, p.ID), nil
}

// state builds /profile once more, independently of the store. The names that every Profile has win.
func (p *person) state(t rapid.TB) cond.State {
	value, err := cond.Decode(p.Properties)
	require.NoError(t, err)
	profile := value.(map[string]any)
	for _, name := range []string{"id", "email", "externalId", "phone"} {
		delete(profile, name)
	}
	profile["id"], profile["email"] = p.ID, p.Email
	if p.ExternalID != "" {
		profile["externalId"] = p.ExternalID
	}
	if p.Phone != "" {
		profile["phone"] = p.Phone
	}
	return cond.State{"profile": profile}
}

// inSQL writes the world to a database and starts to read it at the time now.
func (w *world) inSQL(t rapid.TB, now time.Time) *store.Tx {
	db, err := store.Open(":memory:")
	require.NoError(t, err)
	t.(interface{ Cleanup(func()) }).Cleanup(func() { _ = db.Close() })
	n := 0
	tx, err := db.Begin(now, "org", func() string { n++; return fmt.Sprint("id-", n) })
	require.NoError(t, err)
	for _, p := range w.people {
		require.NoError(t, tx.PutProfile(&p.Profile))
		for _, e := range p.events {
			raw, err := json.Marshal(e.Data)
			require.NoError(t, err)
			require.NoError(t, tx.PutEvent(&store.UserEvent{
				ID:         tx.NewID(),
				ProfileID:  p.ID,
				Event:      e.Name,
				Data:       raw,
				OccurredAt: e.OccurredAt,
			}))
		}
		for _, f := range p.mail {
			send := &store.EmailSend{ID: tx.NewID(), ProfileID: p.ID, TemplateID: f.template}
			if w.FactType(f.kind) == outcome.Accepted {
				place, err := tx.LastPlace()
				require.NoError(t, err)
				require.NoError(t, tx.AddSend(send, &store.Message{Seq: place + 1, SentAt: f.at}))
			}
			require.NoError(t, tx.AddFact(send, store.Fact{
				Type:   w.FactType(f.kind),
				Detail: json.RawMessage("{}"),
				At:     f.at,
			}))
		}
		for _, group := range slices.Sorted(maps.Keys(p.choices)) {
			require.NoError(t, tx.SetSubscription(p.ID, group, p.choices[group], "api"))
		}
	}
	require.NoError(t, tx.PutSegment(store.Segment{ID: "manual", Key: "manual", Type: "Manual"}, w.members))
	return tx
}

// evaluated returns the emails of the people for whom package cond evaluates the condition to true.
func (w *world) evaluated(t rapid.TB, c *cond.Cond, now time.Time) []string {
	emails := []string{}
	for _, p := range w.people {
		r, err := c.Eval(&cond.Env{Now: now, State: p.state(t), Facts: p, Zone: w.zone})
		require.NoError(t, err)
		if r.True {
			emails = append(emails, p.Email)
		}
	}
	return emails
}

// selected returns the emails of the people whom SQL selects. SQL must also count the same number.
func (w *world) selected(t rapid.TB, tx *store.Tx, c *cond.Cond) []string {
	filter, err := tx.Where(c.Root(), w)
	require.NoError(t, err)
	found, err := tx.ListProfiles(store.Page{Limit: 1000}, filter)
	require.NoError(t, err, filter.SQL)
	count, err := tx.CountProfiles(filter)
	require.NoError(t, err)
	require.Len(t, found.Items, count)
	emails := []string{}
	for _, p := range found.Items {
		emails = append(emails, p.Email)
	}
	slices.Sort(emails)
	return emails
}

func parse(t rapid.TB, document string) *cond.Cond {
	t.Helper()
	c, findings := cond.ParseJSON([]byte(document))
	require.Empty(t, findings, document)
	return c
}
