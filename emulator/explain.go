package emulator

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Explain returns the history of EmailSends, UserEvents, runs, Broadcasts, NewsletterIssues and Profiles as text,
// oldest entries first: each decision, its time, its rule, and the values that the rule saw. A ref is an id or, for a
// Profile, also its email or externalId. The id of a Message stands for its EmailSend, that of a confirmation for its
// Broadcast or NewsletterIssue. If a ref does not exist, Explain fails the test. Work that is due runs first.
//
// The text about a Profile begins with what is true now: whether its address is suppressed, its subscriptions and its
// Segments. Then it lists the newest 60 events, runs, EmailSends and choices, and finally what its runs wait for. The
// text about a Broadcast or NewsletterIssue says who was left out and why or, before it is sent, who would be.
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
