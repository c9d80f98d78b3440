package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// lostWrite is a write whose reply is lost. It returns the id of what it made.
type lostWrite func(s shop, id string, opts ...segmentflow.CallOption) (string, error)

// lostWrites are the writes that must not be done twice. They get the id of a Broadcast that is ready to be sent.
var lostWrites = map[string]lostWrite{
	"sendEmail": func(s shop, _ string, opts ...segmentflow.CallOption) (string, error) {
		send, err := s.once().Emails.Send(s.Context(), receipt(s.receipt(), 1), opts...)
		return idOf(send, func(send *segmentflow.EmailSend) string { return send.ID }), err
	},
	"batchSendEmails": func(s shop, _ string, opts ...segmentflow.CallOption) (string, error) {
		item := receiptItem(s)
		item.IdempotencyKey = "item"
		batch, err := s.once().Emails.BatchSend(s.Context(),
			&segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{item}}, opts...)
		return idOf(batch, func(batch *segmentflow.BatchResult) string { return batch.Items[0].Send.ID }), err
	},
	"trackEvent": func(s shop, _ string, opts ...segmentflow.CallOption) (string, error) {
		event, err := s.once().Events.Track(s.Context(), &segmentflow.TrackEventParams{Event: "order.created",
			Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"}}, opts...)
		return idOf(event, func(event *segmentflow.TrackedEvent) string { return event.EventID }), err
	},
	"triggerJourney": func(s shop, _ string, opts ...segmentflow.CallOption) (string, error) {
		run, err := s.once().Journeys.Trigger(s.Context(), "loyalty-upgrade", &segmentflow.TriggerJourneyParams{
			Profile:   segmentflow.TriggerProfile{Email: "alex@example.com"},
			Variables: object{"newTier": "gold"},
		}, opts...)
		return idOf(run, func(run *segmentflow.TriggeredJourney) string { return run.RunID }), err
	},
	"createBroadcast": func(s shop, _ string, opts ...segmentflow.CallOption) (string, error) {
		made, err := s.once().Broadcasts.Create(s.Context(), s.autumn(), opts...)
		return idOf(made, func(made *segmentflow.CreatedBroadcast) string { return made.ID }), err
	},
	"scheduleBroadcast": func(s shop, id string, opts ...segmentflow.CallOption) (string, error) {
		_, err := s.once().Broadcasts.Schedule(s.Context(), id,
			&segmentflow.ScheduleCarrierParams{ScheduledIn: time.Hour}, opts...)
		return "", err
	},
	"cancelBroadcast": func(s shop, id string, opts ...segmentflow.CallOption) (string, error) {
		_, err := s.once().Broadcasts.Cancel(s.Context(), id, opts...)
		return "", err
	},
	"testBroadcast": func(s shop, id string, opts ...segmentflow.CallOption) (string, error) {
		send, err := s.once().Broadcasts.SendTest(s.Context(), id,
			&segmentflow.SendTestParams{Email: "alex@example.com"}, opts...)
		return idOf(send, func(send *segmentflow.EmailSend) string { return send.ID }), err
	},
}

func idOf[T any](made *T, id func(*T) string) string {
	if made == nil {
		return ""
	}
	return id(made)
}

// left returns what a write has left behind.
func (s shop) left(broadcast string) string {
	return fmt.Sprint(s.emu.Sends().Count(), s.emu.Outbox().Count(), s.emu.Events().Count(),
		s.emu.Runs("loyalty-upgrade").Count(), s.plane("GET", "/explain/alex@example.com", "").status,
		len(must(s.client.Broadcasts.List(s.Context(), nil))(s).Broadcasts),
		must(s.client.Broadcasts.Retrieve(s.Context(), broadcast))(s).Status)
}

func TestAWriteWhoseReplyIsLostIsDoneOnce(t *testing.T) {
	for operation, write := range lostWrites {
		for how, fault := range map[string]emulator.Fault{"dropped": {Drop: true}, "replaced": {Status: 503}} {
			t.Run(operation+" "+how, func(t *testing.T) {
				key := segmentflow.WithIdempotencyKey("k")
				prepared := func() (shop, string) {
					s := openShop(t)
					id := s.broadcast(s.autumn()).ID
					if operation == "cancelBroadcast" {
						_ = must(lostWrites["scheduleBroadcast"](s, id))(t)
					}
					return s, id
				}
				s, id := prepared()
				made := must(write(s, id, key))(t)
				want := s.left(id)

				s, id = prepared()
				fault.Operation, fault.Times, fault.AfterCommit = operation, 1, true
				lost := s.emu.Fail(fault)
				_, err := write(s, id, key)
				require.Error(t, err)
				require.Equal(t, want, s.left(id), "the work is done")
				require.Equal(t, made, must(write(s, id, key))(t), "the same reply")
				require.Equal(t, want, s.left(id), "and it is done once")
				require.Equal(t, 1, lost.Hits())
			})
		}
	}
}
