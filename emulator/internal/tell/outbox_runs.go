package tell

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file explains which runs wait, and which have ended without the email.

// peopleShown is how many people of a group of runs a text names.
const peopleShown = 3

// group is runs that wait at one node of one Journey.
type group struct {
	runs        []world.Run
	first, last time.Time // when they go on
}

// waiting lists the runs that wait, those at the same node together.
func (r *report) waiting() error {
	if !r.hasActivity() || !r.asks(world.CarrierJourney) {
		return nil
	}
	runs, err := r.tx.WaitingRuns(r.profileID(), reportReads)
	if err != nil {
		return err
	}
	r.read(len(runs))
	var groups []*group
	places := map[string]*group{}
	for _, run := range runs {
		if !r.sees(run.ID) {
			continue
		}
		place := fmt.Sprint(run.JourneyID, " ", run.Node, run.Held.IsZero(), run.Waiting.IsZero(), run.Status)
		if places[place] == nil {
			places[place] = &group{first: run.Waiting}
			groups = append(groups, places[place])
		}
		same := places[place]
		same.runs, same.last = append(same.runs, run), run.Waiting
	}

	blocks := make([]block, len(groups))
	for i, each := range groups {
		if blocks[i], err = r.waitingGroup(each); err != nil {
			return err
		}
	}
	r.add(rankNear, "still waiting", blocks)
	return nil
}

// waitingGroup explains where runs wait, for what, and until when.
func (r *report) waitingGroup(waiting *group) (block, error) {
	run := &waiting.runs[0]
	d, err := r.definition(run.JourneyID, run.Version)
	if err != nil {
		return block{}, err
	}
	who, err := r.who(waiting.runs, d.Key)
	if err != nil {
		return block{}, err
	}
	found := block{rank: r.rankOf(d), count: len(waiting.runs)}
	add := func(format string, args ...any) { found.lines = append(found.lines, fmt.Sprintf(format, args...)) }

	status := r.statusOf(run.JourneyID)
	verb, being := "waits", "is"
	if len(waiting.runs) > 1 {
		verb, being = "wait", "are"
	}
	switch {
	case !run.Held.IsZero():
		add("%s %s held at node %s since %s: the Journey is paused", who, being, run.Node, world.Stamp(run.Held))
	case run.Waiting.IsZero():
		add("%s %s %s at node %s", who, being, run.Status, run.Node)
	default:
		until := world.Stamp(waiting.first)
		if !waiting.last.Equal(waiting.first) {
			until += " to " + world.Stamp(waiting.last)
		}
		add("%s %s at node %s until %s; the clock is at %s; Advance(%s)", who, verb, run.Node, until,
			world.Stamp(r.tx.Now), short(r.ahead(waiting.first)))
	}

	awaited, err := r.awaited(run, d)
	if err != nil {
		return block{}, err
	}
	if awaited != "" {
		add("for %s", awaited)
	}
	if run.ExitRule != "" {
		add("then it exits by the exit rule %s", run.ExitRule)
	}
	failed, err := r.failedEmails(run)
	if err != nil {
		return block{}, err
	}
	for _, line := range failed {
		add("%s", line)
	}
	if status == world.Paused {
		if run.Held.IsZero() {
			found.lines[0] += "; the Journey is " + status
		}
		add("try: %s", activate(d.Key, status))
	} else if call := r.advance(waiting.last); call != "" {
		add("try: %s", call)
	}
	return found, nil
}

// who names the runs of a group, and the people if the query asks for nobody.
func (r *report) who(runs []world.Run, key string) (string, error) {
	name := fmt.Sprintf("run %s of journey %s", runs[0].ID, key)
	if len(runs) > 1 {
		name = fmt.Sprintf("%d runs of journey %s", len(runs), key)
	}
	if r.q.To != "" {
		return name, nil
	}
	var people []string
	for _, run := range runs[:min(peopleShown, len(runs))] {
		email, err := r.email(run.ProfileID)
		if err != nil {
			return "", err
		}
		people = append(people, email)
	}
	if left := len(runs) - len(people); left > 0 {
		people = append(people, fmt.Sprintf("%d more", left))
	}
	if len(runs) == 1 {
		return people[0] + ": " + name, nil
	}
	return fmt.Sprintf("%s (%s)", name, world.JoinNames(people)), nil
}

// awaited describes what ends the wait of a run before its timeout, "" if it waits for time alone.
func (r *report) awaited(run *world.Run, d *journey.Definition) (string, error) {
	node := d.Node(run.Node)
	if node == nil || node.Wait == nil {
		return "", nil
	}
	branches, err := r.tx.Awaited(run)
	if err != nil {
		return "", err
	}
	var parts []string
	for i, branch := range branches {
		if branch.Event == "" {
			parts = append(parts, fmt.Sprintf("%s (branch %s)", branch.Condition, branch.Branch))
			continue
		}
		text := "an event " + branch.Event
		if node.Wait.Branches[i].Filter != nil {
			text += " that passes its filter"
		}
		if node.Wait.MatchKey {
			text += fmt.Sprintf(" with the key %q", run.Key)
		}
		parts = append(parts, fmt.Sprintf("%s (branch %s)", text, branch.Branch))
	}
	return strings.Join(append(parts, "or its timeout"), ", "), nil
}

// failedEmails explains the emails that a run that went on did not send, and that have no EmailSend.
func (r *report) failedEmails(run *world.Run) (lines []string, err error) {
	steps, err := r.tx.Steps(run.ID)
	for _, step := range steps {
		if step.Type == journey.TypeEmail && strings.HasPrefix(step.Outcome, "failed") {
			lines = append(lines, fmt.Sprintf("node %s sent nothing: %s", step.Node, step.Outcome))
		}
	}
	return lines, err
}

// ended lists the runs that ended before they completed.
func (r *report) ended() error {
	if !r.hasActivity() || !r.asks(world.CarrierJourney) {
		return nil
	}
	runs, err := r.tx.EndedRuns(r.profileID(), reportReads)
	if err != nil {
		return err
	}
	var blocks []block
	err = r.eachSeen(runs, func(run *world.Run, d *journey.Definition, who string) error {
		found := block{rank: r.rankOf(d), lines: []string{
			fmt.Sprintf("%s %s at node %s: %s", who, run.Status, run.Node, run.Reason+run.Error)}}
		if run.Why != "" {
			found.lines = append(found.lines, "because "+run.Why)
		}
		found.lines = append(found.lines, r.repair(d, run)...)
		blocks = append(blocks, found)
		return nil
	})
	r.add(rankNear, "runs that ended early", blocks)
	return err
}

// eachSeen calls do for each run that the query asks for, with its Journey and a text that names the run and its
// person.
func (r *report) eachSeen(runs []world.Run, do func(run *world.Run, d *journey.Definition, who string) error) error {
	r.read(len(runs))
	for i := range runs {
		run := &runs[i]
		if !r.sees(run.ID) {
			continue
		}
		d, err := r.definition(run.JourneyID, run.Version)
		if err != nil {
			return err
		}
		who, err := r.who(runs[i:i+1], d.Key)
		if err != nil {
			return err
		}
		if err := do(run, d, who); err != nil {
			return err
		}
	}
	return nil
}

// repair returns what lets a run that failed at an email node send its email, if the Template is archived.
func (r *report) repair(d *journey.Definition, run *world.Run) []string {
	node := d.Node(run.Node)
	if node == nil || node.Email == nil || run.Status != world.RunFailed {
		return nil
	}
	template, err := r.tx.TemplateNamed(node.Email.Template)
	if err != nil || template == nil || template.Status != world.Archived {
		return nil
	}
	return []string{fmt.Sprintf("try: client.Templates.Unarchive(ctx, %q) // %s", template.ID, template.Key)}
}

// completed lists the runs that came to their end without the email, with the way they took.
func (r *report) completed() error {
	if !r.hasActivity() || !r.asks(world.CarrierJourney) {
		return nil
	}
	filter := world.RunFilter{ProfileID: r.profileID(), Status: world.RunCompleted}
	runs, err := r.tx.RunsWhere(filter, reportReads)
	if err != nil {
		return err
	}
	var list tally
	err = r.eachSeen(runs, func(run *world.Run, d *journey.Definition, who string) error {
		way, err := r.way(run, d)
		if err != nil {
			return err
		}
		if !list.seen(d.Key + way) {
			list.add(r.rankOf(d), who+": "+way)
		}
		return nil
	})
	r.add(rankNear, "runs that completed without it", list.counted())
	return err
}

// way describes the decisions that a run met, and which email nodes with the Template asked for it never reached.
func (r *report) way(run *world.Run, d *journey.Definition) (string, error) {
	steps, err := r.tx.Steps(run.ID)
	if err != nil {
		return "", err
	}
	decisions := map[string]string{
		journey.TypeBranch: "took path ", journey.TypeRandomCohort: "took arm ", journey.TypeWaitFor: "ended by ",
		journey.TypeEmail: "",
	}
	var parts []string
	reached := map[string]bool{}
	for _, step := range steps {
		reached[step.Node] = true
		if word, known := decisions[step.Type]; known {
			parts = append(parts, step.Node+" "+word+step.Outcome)
		}
	}
	if len(parts) == 0 {
		parts = []string{"it met no email node"}
	}
	for _, node := range d.Nodes {
		if r.template != nil && !reached[node.ID] && r.sends(node) {
			parts = append(parts, "and never reached "+node.ID)
		}
	}
	return cond.Shorten(strings.Join(parts, ", "), 300), nil
}

// rankOf returns 0 if the Journey is the one asked for, or can send the Template asked for, otherwise 1.
func (r *report) rankOf(d *journey.Definition) int {
	if r.journey != "" && r.journey != d.Key {
		return 1
	}
	if r.template == nil || slices.ContainsFunc(d.Nodes, r.sends) {
		return 0
	}
	return 1
}

// sends reports whether a node sends the Template asked for.
func (r *report) sends(node *journey.Node) bool {
	return r.template != nil && node.Email != nil &&
		(node.Email.Template == r.template.Key || node.Email.Template == r.template.ID)
}
