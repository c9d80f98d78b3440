package emulator

import (
	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// Runs is a question about runs. Each condition returns a new, narrower question. A question can be asked many times;
// asking first runs what is due.
//
//	run := emu.Runs("trial-onboarding").Profile("alex@example.com").Only(t)
//
// A Journey, a version or a status that does not exist is a mistake in the test, and every method that asks fails: Only
// and None fail the t that they get, the others fail the test passed to Start or For, or panic if the emulator was made
// with New. A Profile that does not exist selects nothing.
type Runs struct {
	e *Emulator
	q tell.RunsAsked
}

// Runs returns a question about the runs of the Journey with this key or id in the first Organization. For "" it is
// about the runs of all Journeys.
func (e *Emulator) Runs(journey string) Runs { return Runs{e, tell.RunsAsked{Journey: journey}} }

// Profile selects the runs of the Profile with this email, id or externalId.
func (r Runs) Profile(ref string) Runs {
	r.q.Profile = ref
	return r
}

// Status selects runs with this status.
func (r Runs) Status(status segmentflow.JourneyRunStatus) Runs {
	r.q.Status = string(status)
	return r
}

// Version selects runs of this version of their Journey.
func (r Runs) Version(version int) Runs {
	r.q.Version = version
	return r
}

// All returns the runs in the order in which they started.
func (r Runs) All() []Run {
	r.e.tb.Helper()
	return r.ask().found(0)
}

// Last returns the newest run. If there is none, it returns nil.
func (r Runs) Last() *Run {
	r.e.tb.Helper()
	return r.ask().last()
}

// Count returns the number of runs.
func (r Runs) Count() int {
	r.e.tb.Helper()
	return r.ask().count()
}

// Only returns the run if there is exactly one. Otherwise it fails t.
// The failure says which runs there are instead, which events and new members of Segments the Journey skipped and why,
// and which calls were refused.
func (r Runs) Only(t TB) Run {
	requireTest("Only", t)
	t.Helper()
	return r.ask().only(t)
}

// None fails t if there is such a run.
func (r Runs) None(t TB) {
	requireTest("None", t)
	t.Helper()
	r.ask().none(t)
}

// String describes the question as failures show it.
func (r Runs) String() string { return r.q.String() }

func (r Runs) ask() question[tell.RunStory, Run] {
	return question[tell.RunStory, Run]{r.e, "runs", r.q, runOf, false}
}
