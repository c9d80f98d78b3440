package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Explain returns the history of EmailSends, UserEvents, runs, Broadcasts, NewsletterIssues and Profiles as text: each
// decision, its time, its rule, and the values that the rule saw. Name them by their ids, a Profile also by its email.
// If one does not exist, Explain fails the test passed to Start, or panics if the emulator was made with New.
func (e *Emulator) Explain(refs ...string) string {
	e.tb.Helper()
	stories := make([]string, len(refs))
	for i, ref := range refs {
		e.act(call("Explain", ref), func(tx *world.Tx) (err error) {
			stories[i], err = tell.Explain(tx, ref)
			return err
		})
	}
	return strings.Join(stories, "\n")
}
