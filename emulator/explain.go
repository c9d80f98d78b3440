package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Explain tells the story of EmailSends, UserEvents, runs, Broadcasts, NewsletterIssues and Profiles, by their ids, a
// Profile also by its email: what was decided, when, by which rule, and the values that the rule saw. An id that is
// nobody's fails the test of Start; without one it panics.
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
