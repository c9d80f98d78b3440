package brand

// steps are the steps of an extraction, in order.
var steps = []string{"fetching_website", "finding_logo", "finding_colors", "finding_fonts", "saving"}

// The states of an extraction.
const (
	running  = "running"
	complete = "complete"
	failed   = "failed"
)

// notSeeded is the error of an extraction for which no seed says what it finds.
const notSeeded = "extraction_not_seeded"

// Extraction is how far the reading of a website has come. The zero value is none.
type Extraction struct {
	State     string `json:"state"`
	Completed int    `json:"completed"` // steps
	Error     string `json:"error,omitzero"`
}

// Begin returns an extraction in its first step.
func Begin() Extraction { return Extraction{State: running} }

// TotalSteps returns how many steps an extraction has.
func (e Extraction) TotalSteps() int { return len(steps) }

// IsRunning reports whether a step is being done.
func (e Extraction) IsRunning() bool { return e.State == running }

// IsComplete reports whether all steps are done.
func (e Extraction) IsComplete() bool { return e.State == complete }

// IsFailed reports whether a step has failed.
func (e Extraction) IsFailed() bool { return e.State == failed }

// Step returns the step that is being done or that failed, "" if there is none.
func (e Extraction) Step() string {
	if e.State == "" || e.State == complete {
		return ""
	}
	return steps[e.Completed]
}

// Next returns a running extraction after its current step. The last step, saving, fails if nothing was found.
func (e Extraction) Next(found bool) Extraction {
	last := e.Completed == len(steps)-1
	switch {
	case last && !found:
		e.State, e.Error = failed, notSeeded
		return e
	case last:
		e.State = complete
	}
	e.Completed++
	return e
}
