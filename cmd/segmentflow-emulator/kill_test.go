package main_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// orders sends receipts until the server is gone, and records which were acknowledged.
type orders struct {
	mu           sync.Mutex
	next         int
	acknowledged map[string]string // EmailSend ids by order
}

func (o *orders) take() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next++
	return fmt.Sprint("ord_", o.next)
}

// acknowledge records a receipt and returns the number of recorded receipts.
func (o *orders) acknowledge(order, send string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acknowledged[order] = send
	return len(o.acknowledged)
}

func receipt(template, order string) (*segmentflow.SendEmailParams, segmentflow.CallOption) {
	params := &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       map[string]any{"orderId": order},
	}
	return params, segmentflow.WithIdempotencyKey("receipt:" + order)
}

// pump sends from several callers at once, and kills the server after a number of acknowledgements.
func (o *orders) pump(s *server, template string, enough int) {
	var kill sync.Once
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			client := s.client(segmentflow.WithMaxRetries(0))
			for {
				order := o.take()
				params, key := receipt(template, order)
				send, err := client.Emails.Send(s.Context(), params, key)
				if err != nil {
					return
				}
				if o.acknowledge(order, send.ID) >= enough {
					kill.Do(func() { _ = s.command.Process.Kill() })
				}
			}
		})
	}
	callers.Wait()
}

// outbox counts the emails by a property of each.
func (s *server) outbox(property func(message map[string]any) string) map[string]int {
	s.Helper()
	counts, cursor := map[string]int{}, ""
	for {
		page := s.get("/_emulator/messages?limit=1000&cursor=" + cursor)
		for _, m := range page["messages"].([]any) {
			counts[property(m.(map[string]any))]++
		}
		next, more := page["nextCursor"].(string)
		if !more {
			return counts
		}
		cursor = next
	}
}

func TestAKilledProcessLosesNothingAndSendsNothingTwice(t *testing.T) {
	db := filepath.Join(t.TempDir(), "world.db")
	o := &orders{acknowledged: map[string]string{}}
	args := []string{"--db", db, "--seed", acme, "--log", "off"}
	template := emulator.Start(t, emulator.WithSeedFile(acme)).ID("template", "order-receipt")
	for round := range 3 {
		s := start(t, nil, args...)
		o.pump(s, template, 100*(round+1))
		require.NotZero(t, s.end())
	}

	s := start(t, nil, args...)
	client := s.client()
	for order, id := range o.acknowledged {
		send, err := client.Emails.Retrieve(t.Context(), id)
		require.NoError(t, err, order)
		require.Equal(t, segmentflow.EmailSendStatusSent, send.Status, order)
	}

	for n := range o.next { // a caller that got no response repeats the call
		order := fmt.Sprint("ord_", n+1)
		params, key := receipt(template, order)
		send, err := client.Emails.Send(t.Context(), params, key)
		require.NoError(t, err)
		if known := o.acknowledged[order]; known != "" {
			require.Equal(t, known, send.ID)
		}
	}

	subjects := s.outbox(func(m map[string]any) string { return m["subject"].(string) })
	require.Len(t, subjects, o.next)

	for subject, n := range subjects {
		require.Equal(t, 1, n, subject)
	}
}
