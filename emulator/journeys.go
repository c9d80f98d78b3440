package emulator

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Activate activates the Journey with this key or id: from now on Profiles enter it. A Paused Journey resumes: what its
// runs missed happens at once, in the order in which it became due. If the Journey is Active, nothing changes. If it is
// Archived, or a Draft with mistakes, or there is no such Journey, Activate fails the test.
func (e *Emulator) Activate(journey string) {
	e.tb.Helper()
	e.changeJourney("Activate", journey, world.Active)
}

// Pause pauses the Journey with this key or id. Nobody enters it. Its runs stay where they are; if its setting onPause
// is drain, they go on to their next email. Exit rules still end runs. A run that waits for an event still takes the
// branch of the event, but goes no further. If the Journey is Paused, nothing changes. If it is a Draft or Archived, or
// there is no such Journey, Pause fails the test.
func (e *Emulator) Pause(journey string) {
	e.tb.Helper()
	e.changeJourney("Pause", journey, world.Paused)
}

// Archive archives the Journey with this key or id. Nobody enters it, and its runs end with the reason
// journey_archived. If the Journey is Archived, nothing changes. If there is no such Journey, Archive fails the test.
func (e *Emulator) Archive(journey string) {
	e.tb.Helper()
	e.changeJourney("Archive", journey, world.Archived)
}

func (e *Emulator) changeJourney(verb, journey, status string) {
	e.tb.Helper()
	e.act(call(verb, journey), func(tx *world.Tx) error { return tell.ChangeJourney(tx, journey, status) })
}
