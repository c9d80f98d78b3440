package emulator_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// A scenario is a text file of commands. A command has an optional body in the lines below it, then "----", then its
// output up to a blank line. "case" starts again in the world of world.yaml. A command that acts prints what happened
// since the command before: steps that runs took, emails that were sent, where runs wait. With -update the outputs are
// written to the file; read their diff as claims.
//
//	case <what it shows> [@ <start>]     seed, journey (YAML below)      status <journey> <status>
//	track <who> <event> [<data>]         set <who> <properties>          tell <who> <event> <properties>
//	trigger <who> <journey> [<data>]     subscribe|unsubscribe <who> <group>     suppress <who>
//	advance <duration>                   explain <who>|<run>
var update = flag.Bool("update", false, "write the outputs of the scenarios to their files")

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	cases := 0
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var written []string
		for _, each := range strings.Split("\n"+strings.TrimSpace(string(raw)), "\ncase ")[1:] {
			cases++
			name, rest, _ := strings.Cut(each, "\n")
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txt")+"/"+name, func(t *testing.T) {
				answered := play(t, name, strings.TrimSpace(rest))
				written = append(written, "case "+name+"\n\n"+answered)
				if !*update {
					require.Equal(t, strings.TrimSpace(rest), answered)
				}
			})
		}
		if *update && !t.Failed() {
			require.NoError(t, os.WriteFile(file, []byte(strings.Join(written, "\n\n")+"\n"), 0o600))
		}
	}

	require.GreaterOrEqual(t, cases, 40)
}

// play runs a case and returns its text with the outputs that came.
func play(t *testing.T, name, text string) string {
	start := monday
	if _, at, ok := strings.Cut(name, " @ "); ok {
		var err error
		start, err = time.Parse(time.RFC3339, at)
		require.NoError(t, err)
	}
	w := stage{
		T: t,
		emu: emulator.Start(t,
			emulator.WithSeedFile("testdata/scenarios/world.yaml"),
			emulator.WithStartTime(start)),
		journeys: map[string]emulator.SeedJourney{},
		seen:     map[string]seenRun{},
	}
	var out []string
	for block := range strings.SplitSeq(text, "\n\n") {
		asked, _, _ := strings.Cut(strings.TrimSpace(block)+"\n", "\n----\n")
		command, body, _ := strings.Cut(asked, "\n")
		answer := strings.TrimSpace(strings.Join(append(w.do(command, body), w.happened()...), "\n"))
		out = append(out, strings.TrimSpace(strings.TrimSpace(asked)+"\n----\n"+answer))
	}

	return strings.TrimSpace(strings.Join(out, "\n\n"))
}

// stage is the world of a case, and what its outputs have shown so far.
type stage struct {
	*testing.T
	emu      *emulator.Emulator
	journeys map[string]emulator.SeedJourney
	order    []string // of the runs, by id
	seen     map[string]seenRun
	emails   int
}

type seenRun struct {
	steps int
	state string
}

func (w *stage) seed(s emulator.Seed) []string {
	if err := w.emu.Seed(s); err != nil {
		return []string{"refused: " + err.Error()}
	}
	return nil
}

func (w *stage) do(command, body string) []string {
	words := strings.SplitN(strings.TrimSpace(command), " ", 4)
	for len(words) < 4 {
		words = append(words, "")
	}
	who, what, more := words[1]+"@example.com", words[2], words[3]
	person := func(p emulator.SeedProfile) []string {
		p.Email = who
		return w.seed(emulator.Seed{Profiles: []emulator.SeedProfile{p}})
	}
	switch words[0] {
	case "seed":
		s, err := emulator.ParseSeed([]byte(body))
		require.NoError(w, err)
		return w.seed(s)
	case "journey":
		return w.journey(body)
	case "status":
		j := w.journeys[words[1]]
		j.Status = what
		return w.seed(emulator.Seed{Journeys: []emulator.SeedJourney{j}})
	case "track":
		return w.track(who, what, objectOf(w, more), nil)
	case "tell":
		return w.track(who, what, nil, objectOf(w, more))
	case "trigger":
		return w.trigger(who, what, objectOf(w, more))
	case "set":
		return person(emulator.SeedProfile{Properties: objectOf(w, strings.TrimSpace(what+" "+more))})
	case "subscribe":
		return person(emulator.SeedProfile{Subscriptions: map[string]string{what: "Subscribed"}})
	case "unsubscribe":
		return person(emulator.SeedProfile{Subscriptions: map[string]string{what: "Unsubscribed"}})
	case "suppress":
		return person(emulator.SeedProfile{Suppressed: "manual"})
	case "explain":
		return w.explain(words[1])
	case "advance":
		d, err := time.ParseDuration(words[1])
		require.NoError(w, err)
		w.emu.Advance(d)
		return nil
	}
	w.Fatalf("there is no command %q", words[0])
	return nil
}

// explain explains a Profile, or a run by its name in the outputs. It leaves ids out.
func (w *stage) explain(ref string) []string {
	if n := 0; strings.HasPrefix(ref, "r") {
		if _, err := fmt.Sscanf(ref, "r%d", &n); err == nil {
			ref = w.order[n-1]
		}
	}
	if _, isID := w.seen[ref]; !isID {
		ref += "@example.com"
	}
	return []string{ids.ReplaceAllString(w.emu.Explain(ref), "")}
}

var ids = regexp.MustCompile(`,? ?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

func objectOf(t testing.TB, raw string) map[string]any {
	var v map[string]any
	if raw != "" {
		require.NoError(t, json.Unmarshal([]byte(raw), &v), raw)
	}
	return v
}

// journey saves a Journey, which is Active by default.
func (w *stage) journey(body string) []string {
	s, err := emulator.ParseSeed([]byte("journeys:\n- " + strings.ReplaceAll(body, "\n", "\n  ")))
	require.NoError(w, err)
	j := s.Journeys[0]
	if j.Status == "" {
		j.Status = "Active"
	}
	w.journeys[j.Key] = j
	return w.seed(emulator.Seed{Journeys: []emulator.SeedJourney{j}})
}

func (w *stage) track(who, event string, data, properties map[string]any) []string {
	tracked, err := w.emu.Client().Events.Track(w.Context(), &segmentflow.TrackEventParams{Event: event, Data: data,
		Profile: segmentflow.ProfileIdentity{Email: who, Properties: properties}})
	require.NoError(w, err)
	lines := []string{
		fmt.Sprintf("matched %d, enrolled %d, skipped %d", tracked.MatchedJourneys, tracked.EnrolledJourneys,
			tracked.SkippedJourneys),
	}
	for _, o := range w.emu.Event(tracked.EventID).Outcomes {
		if o.Reason != "" {
			lines = append(lines, o.Journey+" skipped: "+o.Reason)
		}
	}
	return lines
}

func (w *stage) trigger(who, journey string, data map[string]any) []string {
	_, err := w.emu.Client().Journeys.Trigger(w.Context(), journey, &segmentflow.TriggerJourneyParams{
		Profile: segmentflow.TriggerProfile{Email: who}, Variables: data})
	if err != nil {
		refused := refusal(w, err)
		return []string{fmt.Sprint("refused: ", refused.Code, " ", refused.Details)}
	}
	return nil
}

type stageEvent struct {
	at   time.Time
	text string
}

// happened returns the steps, ends and emails since the last output, in order, and then where the runs that moved wait.
func (w *stage) happened() []string {
	var news []stageEvent
	var waiting []string
	runs := w.emu.Runs("").All()
	slices.SortStableFunc(runs, func(a, b emulator.Run) int { return strings.Compare(a.Journey, b.Journey) })
	for _, run := range runs {
		more, waits := w.newsOf(run)
		news = append(news, more...)
		waiting = append(waiting, waits...)
	}
	emails := w.emu.Outbox().All()
	for _, m := range emails[w.emails:] {
		news = append(news, stageEvent{m.At, fmt.Sprintf("mail to %s: %s", nick(m.To[0].Email), m.Subject)})
	}
	w.emails = len(emails)
	slices.SortStableFunc(news, func(a, b stageEvent) int { return a.at.Compare(b.at) })
	var lines []string
	for _, n := range news {
		lines = append(lines, n.at.Format(time.RFC3339Nano)+" "+n.text)
	}
	return append(lines, waiting...)
}

func nick(email string) string { name, _, _ := strings.Cut(email, "@"); return name }

func (w *stage) newsOf(run emulator.Run) (news []stageEvent, waits []string) {
	before, known := w.seen[run.RunID]
	if !known {
		w.order = append(w.order, run.RunID)
	}
	name := fmt.Sprintf("r%d", slices.Index(w.order, run.RunID)+1)
	if !known {
		news = append(news, stageEvent{
			run.TriggeredAt,
			fmt.Sprintf("%s enters %s v%d: %s", name, run.Journey, run.Version, nick(run.Email)),
		})
	}
	for _, step := range run.Path[before.steps:] {
		news = append(news, stageEvent{step.At, fmt.Sprintf("%s %s %s", name, step.Node, step.Outcome)})
	}
	state := string(run.Status)
	switch {
	case !run.CompletedAt.IsZero():
		if state != before.state {
			news = append(news, stageEvent{
				run.CompletedAt,
				strings.TrimSpace(fmt.Sprintf("%s %s %s", name, state, run.Reason+run.Error)),
			})
		}
	case run.Waiting != nil:
		state = fmt.Sprintf("%s waits at %s until %s", name, run.Waiting.Node,
			run.Waiting.Until.Format(time.RFC3339Nano))
		if state != before.state {
			waits = []string{state}
		}
	default:
		state = name + " is held, " + string(run.Status)
		if state != before.state {
			waits = []string{state}
		}
	}
	w.seen[run.RunID] = seenRun{len(run.Path), state}
	return news, waits
}
