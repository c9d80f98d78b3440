package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// The model check draws random Journeys, Profiles and acts. It runs them on the emulator and on an interpreter of these
// tests that knows only the rules. After each act everything that is visible must be equal.
//
//	go test ./emulator -run Model -rapid.checks=20000

// modelWorld is an emulator under test.
type modelWorld struct {
	emu    *emulator.Emulator
	client *segmentflow.Client
}

func openModel(opts ...emulator.Option) modelWorld {
	emu, err := emulator.New(opts...)
	if err != nil {
		panic(err)
	}
	return modelWorld{emu, emu.Client()}
}

func modelStamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z07:00") }

// modelSeed returns what every world has: SubscriptionGroups and Templates.
func modelSeed(zone string) emulator.Seed {
	s := emulator.Seed{
		Organization:   emulator.SeedOrganization{Timezone: zone},
		Domains:        []emulator.SeedDomain{{Domain: "example.com"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "us", Email: "us@example.com", Default: true}},
	}
	for _, key := range slices.Sorted(maps.Keys(naiveGroups)) {
		s.SubscriptionGroups = append(s.SubscriptionGroups, emulator.SeedSubscriptionGroup{
			Key:    key,
			Policy: naiveGroups[key],
		})
	}
	for _, key := range slices.Sorted(maps.Keys(modelTemplates)) {
		subject := ""
		for i, part := range modelTemplates[key] {
			if i%2 == 1 {
				part = "${" + part + "}"
			}
			subject += part
		}
		purpose := "Transactional"
		if key == "offer" {
			purpose = "Promotional"
		}
		body := map[string]any{
			"root": "html",
			"elements": map[string]any{
				"html": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{}},
			},
		}
		s.Templates = append(s.Templates, emulator.SeedTemplate{
			Key:        key,
			Purpose:    purpose,
			Definition: map[string]any{"subject": subject, "body": body},
		})
	}
	return s
}

// do carries out one act, and returns the reply to the caller.
func (w modelWorld) do(a modelAct) string {
	switch a.Do {
	case "advance":
		w.emu.AdvanceTo(*a.At)
	case "zone":
		modelMust(w.emu.Seed(emulator.Seed{Organization: emulator.SeedOrganization{Timezone: a.What}}))
	case "journey":
		modelMust(w.emu.Seed(emulator.Seed{Journeys: []emulator.SeedJourney{a.Doc.seed()}}))
	case "profile":
		modelMust(w.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{*a.Profile}}))
	case "segment":
		modelMust(w.emu.Seed(emulator.Seed{Segments: []emulator.SeedSegment{{Key: a.What, Definition: a.Members}}}))
	case "trigger":
		run, err := w.client.Journeys.Trigger(context.Background(), a.What, &segmentflow.TriggerJourneyParams{
			Profile: segmentflow.TriggerProfile{Email: a.Who}, Variables: a.Data})
		if refused, ok := errors.AsType[*segmentflow.Error](err); ok {
			reply := refused.Code
			for _, detail := range []string{"reason", "skip"} {
				if text, ok := refused.Details[detail].(string); ok {
					reply += " " + text
				}
			}
			return strings.TrimPrefix(reply, "validation_failed ")
		}
		modelMust(err)
		return string(run.Status)
	case "track":
		return w.track(a)
	}
	return ""
}

func modelMust(err error) {
	if err != nil {
		panic(err)
	}
}

func (w modelWorld) track(a modelAct) string {
	p := &segmentflow.TrackEventParams{Event: a.What, Data: a.Data,
		Profile: segmentflow.ProfileIdentity{Email: a.Who, Properties: a.Profile.Properties}}
	if a.At != nil {
		p.OccurredAt = *a.At
	}
	event, err := w.client.Events.Track(context.Background(), p)
	modelMust(err)
	outcomes := []string{}
	for _, o := range w.emu.Event(event.EventID).Outcomes {
		outcomes = append(outcomes, strings.TrimSpace(o.Journey+" "+o.Outcome+" "+o.Reason))
	}
	return fmt.Sprint(event.MatchedJourneys, event.EnrolledJourneys, event.SkippedJourneys, outcomes)
}

// runs returns the runs of a Journey, sorted by Profile, since no rule orders the Profiles of one instant.
func (w modelWorld) runs(key string) []emulator.Run {
	runs := w.emu.Runs(key).All()
	slices.SortStableFunc(runs, func(a, b emulator.Run) int { return strings.Compare(a.Email, b.Email) })
	return runs
}

// trace returns everything that is visible of a world.
func (w modelWorld) trace(journeys []string) string {
	var b strings.Builder
	for _, key := range journeys {
		for i, r := range w.runs(key) {
			at := ""
			if r.Waiting != nil {
				at = fmt.Sprintf(" at %s until %s", r.Waiting.Node, modelStamp(r.Waiting.Until))
			}
			fault, _, _ := strings.Cut(r.Error, ":")
			fmt.Fprintf(&b, "%s#%d v%d %s %s %s%s %s%s %s\n", key, i, r.Version, r.Email,
				modelStamp(r.TriggeredAt), r.Status, at, r.Reason, fault,
				modelStamp(r.CompletedAt))
			for _, s := range r.Path {
				fmt.Fprintf(&b, "  %s %s %q %s\n", s.Node, s.Type, s.Outcome, modelStamp(s.At))
			}
		}
	}
	for _, email := range modelPeople {
		p := w.emu.Profile(email)
		properties := map[string]any{}
		for name, v := range p.Properties {
			properties[name] = v.Value
		}
		fmt.Fprintln(&b, email, modelJSON(properties), p.Subscriptions, p.Suppressed)
	}
	var emails []string
	for _, m := range w.emu.Outbox().All() {
		emails = append(emails, fmt.Sprintf("%s %s %q to %s", modelStamp(m.At), m.Template, m.Subject, m.To[0].Email))
	}
	return b.String() + sortEmails(emails)
}

func (w *naiveWorld) trace() string {
	var b strings.Builder
	for _, j := range w.journeys {
		for i, r := range w.runsOf(j) {
			at := ""
			if !r.until.IsZero() {
				at = fmt.Sprintf(" at %s until %s", r.node, modelStamp(r.until))
			}
			fmt.Fprintf(&b, "%s#%d v%d %s %s %s%s %s%s %s\n", j.doc.Key, i, r.version, r.p.email,
				modelStamp(r.triggered), r.status, at, r.reason, r.errors,
				modelStamp(r.completed))
			for _, s := range r.path {
				fmt.Fprintf(&b, "  %s\n", s)
			}
		}
	}
	for _, email := range modelPeople {
		p := w.person(email)
		fmt.Fprintln(&b, email, modelJSON(p.properties), p.subscriptions, p.suppressed)
	}
	return b.String() + sortEmails(w.emails)
}

// sortEmails sorts the emails of one instant, since no rule orders them.
func sortEmails(emails []string) string {
	return strings.Join(slices.Sorted(slices.Values(emails)), "\n")
}

// modelCase is one world and the acts on it so far.
type modelCase struct {
	*rapid.T
	gen     modelGen
	start   time.Time
	zone    string
	entries map[string]string // the entry of a Journey, by its key
}

func newModelCase(t *rapid.T) *modelCase {
	c := &modelCase{T: t, entries: map[string]string{}}
	c.gen = modelGen{T: t, perRun: true}
	c.start, c.zone = pick(c.gen, "start", modelStarts...), pick(c.gen, "zone", "UTC", "Europe/Berlin")
	c.gen.now = c.start
	return c
}

func (c *modelCase) keys() []string { return slices.Sorted(maps.Keys(c.entries)) }

// setUp returns the acts that create the Profiles and the Journeys.
func (c *modelCase) setUp() (acts []modelAct) {
	for _, email := range modelPeople {
		acts = append(acts,
			c.act(func(g modelGen) modelAct { return modelAct{Do: "profile", Profile: g.person(email)} }))
	}
	for _, key := range modelSegments {
		acts = append(acts,
			c.act(func(g modelGen) modelAct { return modelAct{Do: "segment", What: key, Members: g.segment()} }))
	}
	entries := [][]string{{"order.a", "segment"}, {"order.a", "order.b", "api", "segment"}, {"ping.x", "segment"}}
	for i := range rapid.IntRange(1, 3).Draw(c.T, "journeys") {
		key := string(rune('a' + i))
		c.entries[key] = pick(c.gen, "entry", entries[i]...)
		acts = append(acts,
			c.act(func(g modelGen) modelAct { return modelAct{Do: "journey", Doc: g.journey(key, c.entries[key])} }))
	}
	return acts
}

// act draws an act as one value. A failure then shows it as a line of JSON.
func (c *modelCase) act(draw func(g modelGen) modelAct) modelAct {
	return rapid.Custom(func(t *rapid.T) modelAct {
		g := c.gen
		g.T = t
		return draw(g)
	}).Draw(c.T, "act")
}

// next draws an act. due is when the next task of the world is due.
func (c *modelCase) next(g modelGen, due time.Time, journeys map[string]*modelDoc) modelAct {
	who := pick(g, "who", append(modelPeople, modelPeople[0], modelPeople[0], modelPeople[2])...)
	switch pick(g, "act", "track", "track", "track", "advance", "advance", "advance", "trigger", "profile",
		"segment", "journey", "zone") {
	case "zone":
		return modelAct{Do: "zone", What: pick(g, "zone", "UTC", "Europe/Berlin", "Asia/Kathmandu")}
	case "track":
		a := modelAct{
			Do:      "track",
			Who:     who,
			What:    pick(g, "what", modelEvents...),
			Data:    g.data(),
			Profile: &emulator.SeedProfile{},
		}
		if g.chance("properties", 30) {
			a.Profile.Properties = g.properties()
		}
		if g.chance("occurred at", 20) {
			at := g.now.Add(pick(g, "ago", -48*time.Hour, -time.Hour, -time.Millisecond, time.Millisecond,
				time.Hour, 24*time.Hour))
			a.At = &at
		}
		return a
	case "trigger":
		return modelAct{Do: "trigger", Who: who, What: pick(g, "which", c.keys()...), Data: g.data()}
	case "profile":
		return modelAct{Do: "profile", Profile: g.person(who)}
	case "segment":
		return modelAct{Do: "segment", What: pick(g, "which", modelSegments...), Members: g.segment()}
	case "journey":
		if a, ok := c.edit(g, journeys[pick(g, "which", c.keys()...)]); ok {
			return a
		}
	}
	to := g.now.Add(pick(g, "advance", 0, time.Millisecond, time.Second, 10*time.Minute, time.Hour,
		24*time.Hour, 60*time.Hour, 9*24*time.Hour))
	if !due.IsZero() && g.chance("to what is due", 60) {
		to = due.Add(pick(g, "off by", 0, -time.Millisecond, time.Millisecond))
	}
	if to.Before(g.now) {
		to = g.now
	}
	return modelAct{Do: "advance", At: &to}
}

// play draws acts until the case ends, and calls see after each one.
func (c *modelCase) play(w modelWorld, do, see func(a modelAct)) {
	docs := map[string]*modelDoc{}
	for _, a := range c.setUp() {
		if a.Doc != nil {
			docs[a.Doc.Key] = a.Doc
		}
		do(a)
	}
	for range rapid.IntRange(1, 15).Draw(c.T, "acts") {
		due, _ := w.emu.NextDue()
		c.gen.now = w.emu.Now()
		a := c.act(func(g modelGen) modelAct { return c.next(g, due, docs) })
		if a.Doc != nil {
			docs[a.Doc.Key] = a.Doc
		}
		do(a)
		see(a)
	}
}

func (c *modelCase) options(more ...emulator.Option) []emulator.Option {
	return append(more, emulator.WithStartTime(c.start), emulator.WithSeed(modelSeed(c.zone)))
}

func TestModelTheEmulatorFollowsTheRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newModelCase(t)
		w := openModel(c.options()...)
		defer w.emu.Close()
		naive := &naiveWorld{now: c.start, zone: c.zone, segments: map[string]any{}, sticky: map[string]string{}}
		naive.drawn = func(r *naiveRun) string {
			i, runs := slices.Index(naive.runsOf(r.j), r), w.runs(r.j.doc.Key)
			if i < len(runs) && len(r.path) < len(runs[i].Path) {
				return runs[i].Path[len(r.path)].Outcome
			}
			return ""
		}
		for _, email := range modelPeople {
			naive.person(email).id = w.emu.SeedID("profile", email)
		}
		slices.SortFunc(naive.people,
			func(a, b *naivePerson) int { return strings.Compare(a.id, b.id) }) // as the emulator does
		c.play(w, func(a modelAct) {
			got := w.do(a)
			require.Equal(t, naive.do(a), got, "the reply to %#v", a)
		}, func(a modelAct) {
			require.Equal(t, naive.trace(), w.trace(c.keys()), "the world after %#v", a)
		})
	})
}

func TestModelEqualWorldsStayEqual(t *testing.T) {
	skipIfRacing(t)
	rapid.Check(t, func(t *rapid.T) {
		c := newModelCase(t)
		one, other := openModel(c.options()...), openModel(c.options()...)
		defer one.emu.Close()
		defer other.emu.Close()
		c.play(one, func(a modelAct) {
			require.Equal(t, one.do(a), other.do(a), "the other's reply to %#v", a)
		}, func(a modelAct) {
			for _, key := range c.keys() {
				require.Equal(t, one.emu.Runs(key).All(), other.emu.Runs(key).All(), "after %#v", a)
			}
			require.Equal(t, one.emu.Outbox().All(), other.emu.Outbox().All(), "after %#v", a)
		})
	})
}

// A file is a hundred times slower than memory, so this test runs a tenth of the cases.
func TestModelAFileContinuesWhereItsLastProcessStopped(t *testing.T) {
	skipIfRacing(t)
	rapid.Check(t, func(rt *rapid.T) {
		c := newModelCase(rt)
		c.gen.perRun = false // in a file the ids of runs are random
		if !c.gen.chance("file", 10) {
			return
		}
		w := openModel(c.options()...)
		defer w.emu.Close()
		options := c.options(emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db")))
		file := openModel(options...)
		defer func() { modelMust(file.emu.Close()) }()
		c.play(w, func(a modelAct) {
			require.Equal(rt, w.do(a), file.do(a), "the reply to %#v", a)
		}, func(a modelAct) {
			modelMust(file.emu.Close())
			file = openModel(options...)
			require.Equal(rt, w.trace(c.keys()), file.trace(c.keys()), "after %#v", a)
		})
	})
}
