package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Explain returns the history of EmailSends, UserEvents, runs, Broadcasts, NewsletterIssues and Profiles as text, the
// oldest first: each decision, its time, its rule, and the values that the rule saw. Name them by their ids, a Profile
// also by its email or externalId. The id of a Message stands for its EmailSend, that of a confirmation for its
// carrier. If one does not exist, Explain fails the test.
//
// The story of a Profile says whether its address is suppressed, what it subscribes to and which Segments it is in.
// Then come events, runs, EmailSends and choices, and at last what its runs wait for. The story of a carrier says who
// was left out and why, or who would be.
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
