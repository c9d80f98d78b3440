package emulator

import (
	"strings"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
)

// Sends is a question about EmailSends, whatever became of them: Queued, Processing, Sent, Failed or Skipped. Each
// condition returns a new, narrower question. A question can be asked many times; asking first runs what is due.
//
//	skipped := emu.Sends().To("alex@example.com").Status(segmentflow.EmailSendStatusSkipped).Only(t)
//	require.Equal(t, "unsubscribed", skipped.Reason)
//
// A Template, a carrier, a status or a reason that does not exist is a mistake in the test, and every method that asks
// fails: Only and None fail the t that they get, the others fail the test passed to Start or For, or panic if the
// emulator was made with New. An address that no EmailSend has selects nothing.
type Sends struct {
	e *Emulator
	q tell.Sends
}

// Sends returns a question about all EmailSends of the first Organization.
func (e *Emulator) Sends() Sends { return Sends{e: e} }

// To selects EmailSends to this address, without regard to case. It does not look at CC and BCC. For "" it
// selects all.
func (s Sends) To(address string) Sends {
	s.q.To = strings.ToLower(strings.TrimSpace(address))
	return s
}

// Template selects EmailSends from the Template with this key or id.
func (s Sends) Template(ref string) Sends {
	s.q.Template = ref
	return s
}

// Carrier selects EmailSends for one type of carrier, such as CarrierJourney. If an id follows, it selects only those
// for that carrier. The id is the EmailSend's own for CarrierEmail, and the run's for CarrierJourney.
func (s Sends) Carrier(typ string, id ...string) Sends {
	s.q.CarrierType, s.q.CarrierID = typ, ""
	if len(id) > 0 {
		s.q.CarrierID = id[0]
	}
	return s
}

// Status selects EmailSends with this status.
func (s Sends) Status(status segmentflow.EmailSendStatus) Sends {
	s.q.Status = string(status)
	return s
}

// Reason selects EmailSends that were skipped or failed for this reason, such as
// string(segmentflow.SkipReasonUnsubscribed).
func (s Sends) Reason(reason string) Sends {
	s.q.Reason = reason
	return s
}

// All returns the EmailSends in the order in which they were made.
func (s Sends) All() []Send {
	s.e.tb.Helper()
	return s.ask().found(0)
}

// Last returns the newest EmailSend. If there is none, it returns nil.
func (s Sends) Last() *Send {
	s.e.tb.Helper()
	return s.ask().last()
}

// Count returns the number of EmailSends.
func (s Sends) Count() int {
	s.e.tb.Helper()
	return s.ask().count()
}

// Only returns the EmailSend if there is exactly one. Otherwise it fails t.
// The failure says which EmailSends there are instead, what became of them and why. If there is none, it says what
// explains that.
func (s Sends) Only(t TB) Send {
	requireTest("Only", t)
	t.Helper()
	return s.ask().only(t)
}

// None fails t if there is such an EmailSend.
func (s Sends) None(t TB) {
	requireTest("None", t)
	t.Helper()
	s.ask().none(t)
}

// String describes the question as failures show it.
func (s Sends) String() string { return s.q.String() }

func (s Sends) ask() question[tell.SendStory, Send] {
	return question[tell.SendStory, Send]{s.e, "sends", s.q, sendOf, false}
}
