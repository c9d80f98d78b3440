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
	if e.tb != nil {
		e.tb.Helper()
	}
	var stories []string
	e.act("explain", func(tx *world.Tx) error {
		for _, ref := range refs {
			story, err := tell.Explain(tx, ref)
			if err != nil {
				return err
			}
			stories = append(stories, story)
		}
		return nil
	})
	return strings.Join(stories, "\n")
}
