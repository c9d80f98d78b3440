package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// A conversation with the SMTP server holds the clock.

func TestACallToAdvanceTheClockEndsWithItsContext(t *testing.T) {
	p := openPost(t, answers("CONNECT", silence))
	s := p.shop()
	s.send(receipt(s.receipt(), 1))
	<-p.reached
	before := s.emu.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "POST", "http://x/_emulator/clock/advance",
		strings.NewReader(`{"duration": "1h"}`))
	require.NoError(t, err)
	response, err := s.emu.Transport().RoundTrip(r)
	if response != nil {
		response.Body.Close()
	}
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, before, s.emu.Now())
}

// advance moves the clock by a duration in another goroutine, with a call over HTTP.
func (s shop) advance(by string) <-chan answer {
	done := make(chan answer, 1)
	go func() { done <- call(s.T, s.emu, "POST", "/_emulator/clock/advance", `{"duration": "`+by+`"}`) }()
	return done
}

func TestABatchDoesNotPassAConversation(t *testing.T) {
	p := openPost(t, answers("CONNECT", silence))
	s := p.shop()
	s.seedJourney(`{"key": "mail", "name": "Mail", "status": "Active",
		"entry": {"type": "event", "event": "order.placed"}, "start": "wait", "nodes": [
		{"id": "wait", "type": "delay", "for": "PT30S", "next": "mail"},
		{"id": "mail", "type": "email", "template": "order-receipt", "next": "done"},
		{"id": "done", "type": "exit"}]}`)
	s.seedJourneyOf("later", "PT40S")
	begun := s.emu.Now()
	s.trackEvent("alex@example.com", "order.placed")
	s.trackEvent("delivered@simulator.test", "order.placed") // due at the same time, and not relayed
	s.trackEvent("alex@example.com", "later")
	advanced := s.advance("1m")
	<-p.reached
	require.Equal(t, begun.Add(30*time.Second), s.emu.Now())
	require.Equal(t, segmentflow.JourneyRunStatusRunning, s.onlyRun("later").Status)
	s.emu.Reset()
	<-advanced
}

func TestAResetEndsACallThatAdvancesTheClock(t *testing.T) {
	p := openPost(t, answers("CONNECT", silence))
	s := p.shop()
	start := s.emu.Now()
	s.emu.Advance(240 * time.Hour)
	s.send(receipt(s.receipt(), 1))
	<-p.reached
	advanced := s.advance("1h")
	time.Sleep(50 * time.Millisecond) // it waits for the server
	s.emu.Reset()
	<-advanced
	require.LessOrEqual(t, s.emu.Now().Sub(start), time.Hour, "the old target is gone")
}
