package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the question about runs.

// RunsAsked asks for runs. An empty field selects everything.
type RunsAsked struct {
	Journey string // its key or id
	Profile string // its email, id or externalId
	Status  string
	Version int
}

// RunStatuses are all statuses of runs.
var RunStatuses = []string{
	world.RunQueued, world.RunRunning, world.RunCompleted, world.RunExited, world.RunFailed,
}

func (q RunsAsked) words() words { return words{"runs", "run", "runs"} }

// String describes the question as failures show it.
func (q RunsAsked) String() string {
	version := ""
	if q.Version != 0 {
		version = strconv.Itoa(q.Version)
	}
	return describe(q.Journey, "of journey "+q.Journey, q.Profile, "of "+q.Profile,
		version, "with version "+version, q.Status, "with status "+q.Status)
}

// Filter converts the question to a filter. It returns an UnknownName if the question names a Journey, a version or a
// status that does not exist.
func (q RunsAsked) Filter(tx *world.Tx) (filter world.RunFilter, err error) {
	if err := checkWord("run status", q.Status, RunStatuses); err != nil {
		return filter, err
	}
	filter = world.RunFilter{Status: q.Status, Version: q.Version}
	if q.Journey != "" {
		if filter.JourneyID, err = keyed(tx, "journey", "Journey", q.Journey); err != nil {
			return filter, err
		}
		if err := checkVersion(tx, filter.JourneyID, q.Version); err != nil {
			return filter, err
		}
	}
	filter.ProfileID, _, err = personNamed(tx, q.Profile)
	return filter, err
}

// checkVersion returns an UnknownName if a Journey has no such version. The version 0 stands for any.
func checkVersion(tx *world.Tx, id string, version int) error {
	j, err := tx.Journey(id)
	if err != nil || version == 0 || version > 0 && version <= j.Version {
		return err
	}
	var known []string
	for n := j.Version; n > 0; n-- {
		known = append(known, strconv.Itoa(n))
	}
	return unknown("version of Journey "+j.Key, strconv.Itoa(version), known)
}

func (q RunsAsked) read(tx *world.Tx, limit int) ([]RunStory, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	found, err := tx.RunsWhere(filter, limit)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return Runs(tx, found)
}

func (q RunsAsked) count(tx *world.Tx) (int, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return 0, err
	}
	return tx.CountRuns(filter)
}

func (q RunsAsked) lines(tx *world.Tx, one *RunStory) ([]string, error) {
	entry, err := tx.EntryEvent(one.Run.ID)
	lines := []string{runLine(&one.Run, one.Journey, cmp.Or(one.Email, "a deleted Profile"))}
	if entry != "" {
		lines = append(lines, "started by the event "+entry)
	}
	if one.Run.Why != "" {
		lines = append(lines, "because "+one.Run.Why)
	}
	return lines, err
}

// runLine describes a run: who, and what became of it.
func runLine(run *world.Run, key, who string) string {
	line := fmt.Sprintf("%s  run %s of journey %s version %d of %s: ",
		world.Stamp(run.TriggeredAt), run.ID, key, run.Version, who)
	switch {
	case !run.CompletedAt.IsZero():
		return line + withReason(run.Status, run.Reason+run.Error)
	case !run.Held.IsZero():
		return line + fmt.Sprintf("held at node %s since %s: the Journey is paused", run.Node, world.Stamp(run.Held))
	case !run.Waiting.IsZero():
		return line + fmt.Sprintf("%s, waits at node %s until %s", run.Status, run.Node, world.Stamp(run.Waiting))
	}
	return line + fmt.Sprintf("%s at node %s", run.Status, run.Node)
}

func (q RunsAsked) missing(tx *world.Tx, refused func() []Refusal) (string, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return "", err
	}
	r := newReport(tx, Query{To: q.Profile, CarrierType: world.CarrierJourney}, refused())
	_, p, err := personNamed(tx, q.Profile)
	if err != nil {
		return "", err
	}
	if p != nil {
		r.q.To = p.Email
	}
	if filter.JourneyID != "" {
		if r.journey, err = tx.JourneyKey(filter.JourneyID); err != nil {
			return "", err
		}
	}
	r.head = []string{fmt.Sprintf("runs: no run %s%s", q, clockOf(tx))}
	others := func() error { return r.otherRuns(filter) }
	who := func() error { return r.noPerson(q.Profile, p) }
	return r.write(r.find, who, r.entryOf, others, r.events, r.calls, r.parked, r.others)
}

// entryOf says how runs of the Journey asked for start.
func (r *report) entryOf() error {
	for _, j := range r.journeys {
		if j.Key != r.journey {
			continue
		}
		entry := "client.Journeys.Trigger starts it"
		switch {
		case j.EntryEvent != "":
			entry = "an event " + j.EntryEvent + " starts it"
		case j.EntrySegment != "":
			key := j.EntrySegment
			if _, found, err := r.tx.KeyOf("segment", key); err != nil || found != "" {
				key = found
			}
			entry = "new members of the Segment " + key + " start it"
		}
		r.head = append(r.head, fmt.Sprintf("  journey %s is %s; %s", j.Key, j.Status, entry))
		if j.Status != world.Active {
			r.head = append(r.head, "    try: "+activate(j.Key, j.Status))
		}
	}
	return nil
}

// otherRuns lists the runs that do not match. The one that misses the fewest conditions comes first, then the one whose
// Profile has the most similar email, then the newest.
func (r *report) otherRuns(filter world.RunFilter) error {
	runs, err := r.tx.RunsWhere(world.RunFilter{}, reportReads)
	if err != nil {
		return err
	}
	r.read(len(runs))
	if len(runs) == 0 {
		r.head = append(r.head, "there is no run")
		return nil
	}
	type near struct{ misses, distance int }
	ranks, emails := map[string]near{}, map[string]string{}
	for i := range runs {
		run := &runs[i]
		if emails[run.ID], err = r.email(run.ProfileID); err != nil {
			return err
		}
		ranks[run.ID] = near{
			countTrue(filter.JourneyID != "" && run.JourneyID != filter.JourneyID,
				filter.ProfileID != "" && run.ProfileID != filter.ProfileID,
				filter.Status != "" && run.Status != filter.Status,
				filter.Version != 0 && run.Version != filter.Version),
			editDistance(r.q.To, emails[run.ID]),
		}
	}
	slices.SortStableFunc(runs, func(a, b world.Run) int {
		return cmp.Or(
			cmp.Compare(ranks[a.ID].misses, ranks[b.ID].misses),
			cmp.Compare(ranks[a.ID].distance, ranks[b.ID].distance),
		)
	})

	blocks := make([]block, len(runs))
	for i := range runs {
		run := &runs[i]
		key, err := r.tx.JourneyKey(run.JourneyID)
		if err != nil {
			return err
		}
		blocks[i].lines = []string{runLine(run, key, emails[run.ID])}
		if run.Why != "" {
			blocks[i].lines = append(blocks[i].lines, "because "+run.Why)
		}
	}
	asked := countTrue(filter.JourneyID != "", filter.ProfileID != "", filter.Status != "", filter.Version != 0)
	rank := rankNear
	if ranks[runs[0].ID].misses == asked {
		rank = rankFar
	}
	r.add(rank, "runs that there are, nearest first", blocks)
	return nil
}

// countTrue counts the values that are true.
func countTrue(values ...bool) (n int) {
	for _, value := range values {
		if value {
			n++
		}
	}
	return n
}
