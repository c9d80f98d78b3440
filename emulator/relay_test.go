package emulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// status returns the status of a send and why it is so.
func (s shop) status(send *segmentflow.EmailSend) string {
	s.Helper()
	again := s.retrieve(send)
	if again.FailureMessage == nil {
		return string(again.Status)
	}
	return string(again.Status) + ", " + *again.FailureMessage
}

// withCC is a receipt for Alex with copies.
func withCC(s shop, order int, copies ...string) *segmentflow.SendEmailParams {
	p := receipt(s.receipt(), order)
	p.CC = copies
	return p
}

func TestASilentServerDelaysOnlyItsOwnSend(t *testing.T) {
	p := openPost(t, answers("CONNECT", silence))
	s := p.shop()
	slow := s.send(receipt(s.receipt(), 1))
	require.Equal(t, "CONNECT", <-p.reached)
	require.Equal(t, "Processing", s.status(slow))

	quick := s.send(receipt(s.receipt(), 2))
	s.trackEvent("alex@example.com", "joined")
	for s.status(quick) != "Sent" { // the conversation about it is under way
	}
	require.Equal(t, "Processing", s.status(slow))
	require.Equal(t, 1, s.emu.Outbox().Count())
}

func TestTheClockDoesNotPassAConversation(t *testing.T) {
	answer := make(chan string)
	p := openPost(t, func(command string) string {
		if command == "." {
			return <-answer
		}
		return ""
	})
	s := p.shop()
	send := s.send(receipt(s.receipt(), 1))
	s.seedJourneyOf("later", "PT30S")
	s.trackEvent("alex@example.com", "later")

	advanced := make(chan struct{})
	go func() {
		s.emu.Advance(time.Minute)
		close(advanced)
	}()
	begun := s.emu.Now()
	for range 20 { // calls go on while Advance waits
		s.trackEvent("robin@example.com", "joined")
		require.Equal(t, begun, s.emu.Now())
		require.Equal(t, segmentflow.JourneyRunStatusRunning, s.onlyRun("later").Status)
	}
	select {
	case <-advanced:
		t.Fatal("the clock passed a conversation that was under way")
	default:
	}

	answer <- ""
	<-advanced
	require.Equal(t, begun.Add(time.Minute), s.emu.Now())
	require.Equal(t, "Sent", s.status(send))
	require.Equal(t, begun, s.emu.Outbox().Only(t).At)
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, s.onlyRun("later").Status)
}

// seedJourneyOf seeds a Journey that waits after the event of its name.
func (s shop) seedJourneyOf(name, wait string) {
	s.Helper()
	s.seedJourney(fmt.Sprintf(`{"key": %q, "name": "Wait", "status": "Active",
		"entry": {"type": "event", "event": %q}, "start": "wait", "nodes": [
		{"id": "wait", "type": "delay", "for": %q, "next": "done"},
		{"id": "done", "type": "exit"}]}`, name, name, wait))
}

func TestATemporaryRefusalIsTriedAgain(t *testing.T) {
	for name, prefix := range map[string]string{
		"greeting": "CONNECT", "hello": "EHLO", "sender": "MAIL", "recipient": "RCPT", "data": "DATA", "email": ".",
	} {
		t.Run(name, func(t *testing.T) {
			p := openPost(t, answers(prefix, "451 4.3.2 try later", "421 still busy"))
			s := p.shop()
			send := s.send(receipt(s.receipt(), 1))
			idle(t, s.emu)
			require.Equal(t, "Processing", s.status(send))
			due, waits := s.emu.NextDue()
			require.True(t, waits)
			require.Equal(t, s.emu.Now().Add(time.Minute), due)
			require.Contains(t, s.emu.Explain(send.ID), "451 4.3.2 try later")

			s.emu.Advance(time.Minute)
			require.Equal(t, "Processing", s.status(send))
			s.emu.Advance(5*time.Minute - time.Millisecond)
			require.Equal(t, "Processing", s.status(send))
			s.emu.Advance(time.Millisecond)
			require.Equal(t, "Sent", s.status(send))
			require.Contains(t, s.emu.Explain(send.ID), "421 still busy")

			letters := p.got()
			ids := map[string]bool{}
			for _, letter := range letters {
				ids[header(t, letter.raw, "Message-Id")] = true
			}
			require.Len(t, ids, 1, "all tries have one Message-ID")
			s.emu.Advance(time.Hour)
			require.Len(t, p.got(), len(letters), "once the server has taken it, it is not sent again")
		})
	}
}

func header(t *testing.T, raw, name string) string {
	t.Helper()
	for line := range strings.SplitSeq(raw, "\r\n") {
		if value, ok := strings.CutPrefix(line, name+": "); ok {
			return value
		}
	}
	t.Fatalf("no header %s in\n%s", name, raw)
	return ""
}

func TestFourTriesAreAllThatIsTried(t *testing.T) {
	p := openPost(t, func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "450 no"
		}
		return ""
	})
	s := p.shop()
	send := s.send(receipt(s.receipt(), 1))
	s.emu.Advance(21*time.Minute - time.Millisecond)
	require.Equal(t, "Processing", s.status(send))
	failure := failureOf(t, func(t emulator.TB) { s.emu.Outbox().Only(t) })
	require.Contains(t, failure,
		"    the SMTP server said 450 no\n"+
			"    the next try is at 2026-03-02T09:21:00.000Z\n"+
			"    try: emu.Advance(1 * time.Millisecond)")
	s.emu.Advance(time.Millisecond)
	require.Equal(t, "Failed, relay_failed: 450", s.status(send))
	s.emu.Advance(time.Hour)
	require.Equal(t, 4, strings.Count(p.heard(), "RCPT"))
	require.Nil(t, s.retrieve(send).MessageID)
}

func TestAFinalRefusalIsFinal(t *testing.T) {
	for _, prefix := range []string{"CONNECT", "MAIL", "RCPT", "DATA", "."} {
		p := openPost(t, answers(prefix, "550 5.7.1 not here"))
		s := p.shop()
		send := s.send(receipt(s.receipt(), 1))
		idle(t, s.emu)
		require.Equal(t, "Failed, relay_failed: 550", s.status(send))
		require.Contains(t, s.emu.Explain(send.ID), "550 5.7.1 not here")
		before := p.heard()
		s.emu.Advance(time.Hour)
		require.Equal(t, before, p.heard())
		s.emu.Outbox().None(t)
	}
}

func TestAnEmailThatMayHaveBeenTakenIsNotSentAgain(t *testing.T) {
	p := openPost(t, answers(".", hangUp))
	s := p.shop()
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, "Failed, relay_interrupted", s.status(send))
	s.emu.Advance(time.Hour)
	require.Len(t, p.got(), 1)
	s.emu.Outbox().None(t)
}

func TestAServerThatCannotBeReachedIsTriedAgain(t *testing.T) {
	for name, answer := range map[string]string{"CONNECT": hangUp, "EHLO": hangUp, "RCPT": hangUp, "DATA": hangUp} {
		p := openPost(t, answers(name, answer))
		s := p.shop()
		send := s.send(receipt(s.receipt(), 1))
		idle(t, s.emu)
		require.Equal(t, "Processing", s.status(send))
		s.emu.Advance(time.Minute)
		require.Equal(t, "Sent", s.status(send))
		require.Len(t, p.got(), 1)
	}

	s := openShop(t, emulator.WithSMTP("127.0.0.1:1"))
	send := s.send(receipt(s.receipt(), 1))
	s.emu.Advance(21 * time.Minute)
	require.Equal(t, "Failed, relay_failed: no_connection", s.status(send))
}

func TestARefusedCopyIsLeftOut(t *testing.T) {
	p := openPost(t, func(command string) string {
		switch command {
		case "RCPT TO:<gone@example.com>":
			return "550 no such mailbox"
		case "RCPT TO:<busy@example.com>":
			return "451 later"
		}
		return ""
	})
	s := p.shop()
	send := s.send(withCC(s, 1, "gone@example.com", "busy@example.com", "books@example.com", "ALEX@example.com"))
	idle(t, s.emu)
	require.Equal(t, "Sent", s.status(send))
	require.Equal(t, []string{"alex@example.com", "books@example.com"}, p.got()[0].to)
	msg := s.emu.Outbox().Only(t)
	require.Equal(t, []emulator.DroppedCopy{{Email: "gone@example.com", Reason: "relay_failed: 550"}}, msg.Dropped)
	require.Contains(t, s.emu.Explain(send.ID), "busy@example.com: 451 later")

	p.set(func(string) string { return "" })
	s.emu.Advance(time.Minute)
	letters := p.got()
	require.Len(t, letters, 2)
	require.Equal(t, []string{"busy@example.com"}, letters[1].to, "the others have got it")
	require.Equal(t, letters[0].raw, letters[1].raw)
	require.Len(t, s.emu.Outbox().Only(t).Dropped, 1)
	s.emu.Advance(time.Hour)
	require.Len(t, p.got(), 2)
}

func TestACopyThatIsNeverTakenIsLeftOut(t *testing.T) {
	p := openPost(t, func(command string) string {
		if command == "RCPT TO:<busy@example.com>" {
			return "451 later"
		}
		return ""
	})
	s := p.shop()
	s.send(withCC(s, 1, "busy@example.com"))
	s.emu.Advance(time.Hour)
	require.Len(t, p.got(), 1)
	require.Equal(t, 4, strings.Count(p.heard(), "busy@example.com"))
	require.Equal(t, []emulator.DroppedCopy{{Email: "busy@example.com", Reason: "relay_failed: 451"}},
		s.emu.Outbox().Only(t).Dropped)
}

func TestARetryTestsConsentAndSuppressionAgain(t *testing.T) {
	p := openPost(t, answers("RCPT", "451 later", "451 later"))
	s := p.shop()
	copied := s.send(withCC(s, 1, "books@example.com"))
	idle(t, s.emu)
	deleted := s.send(&segmentflow.SendEmailParams{
		TemplateID: s.receipt(),
		Data:       receipt(s.receipt(), 2).Data,
		To:         &segmentflow.Recipient{Email: "robin@example.com"},
	})
	idle(t, s.emu)
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Profiles: []emulator.SeedProfile{{Email: "books@example.com", Suppressed: "bounce"}},
	}))
	require.NoError(t, s.client.Profiles.Delete(t.Context(), deleted.ProfileID))
	s.emu.Advance(time.Minute)
	require.Equal(t, "Sent", s.status(copied))
	require.Equal(t, []emulator.DroppedCopy{{Email: "books@example.com", Reason: "suppressed_bounce"}},
		s.emu.Outbox().Only(t).Dropped)
	require.Equal(t, "Skipped, profile_deleted", s.status(deleted))
	require.Len(t, p.got(), 1)
	require.NotContains(t, p.got()[0].raw, "books@example.com")
}

func TestAProfileIsDeletedWhileItsEmailIsTaken(t *testing.T) {
	for _, said := range []string{"250 taken for alex@example.com", "451 alex@example.com is busy"} {
		reached, answer := make(chan struct{}), make(chan string)
		p := openPost(t, func(command string) string {
			if command == "." {
				close(reached)
				return <-answer
			}
			return ""
		})
		s := p.shop()
		send := s.send(receipt(s.receipt(), 1))
		<-reached
		require.NoError(t, s.client.Profiles.Delete(t.Context(), send.ProfileID))
		answer <- said
		idle(t, s.emu)
		require.NotEqual(t, "Processing", s.status(send))
		require.NotContains(t, s.emu.Explain(send.ID), "alex@example.com is")
		require.NotContains(t, s.emu.Explain(send.ID), "for alex@example.com")
		s.emu.Advance(time.Hour)
		require.Len(t, p.got(), 1)
	}
}

// Message-IDs leave the world with a relay, so no other run may have them. Without one, two runs are equal.
func TestMessageIDsAreUniqueOnlyWithARelay(t *testing.T) {
	p := openPost(t, nil)
	sent := func(opts ...emulator.Option) *emulator.Message {
		s := openShop(t, opts...)
		s.send(receipt(s.receipt(), 1))
		idle(t, s.emu)
		return s.emu.Outbox().Only(t)
	}
	first, second := sent(emulator.WithSMTP(p.addr)), sent(emulator.WithSMTP(p.addr))
	require.NotEqual(t, first.Headers.Get("Message-Id"), second.Headers.Get("Message-Id"))
	require.NotEqual(t, first.ID, second.ID)
	letters := p.got()
	require.Equal(t, first.Headers.Get("Message-Id"), header(t, letters[0].raw, "Message-Id"))
	require.Equal(t, string(first.Raw()), letters[0].raw, "the outbox has what the server got")
	one, other := sent(), sent()
	require.Equal(t, string(one.Raw()), string(other.Raw()))
}

func TestIdleWaitsForCallsAndConversations(t *testing.T) {
	p := openPost(t, answers("CONNECT", silence))
	s := p.shop()
	send := s.send(receipt(s.receipt(), 1))
	<-p.reached
	ctx := &expiring{Context: t.Context(), enough: 3}
	require.Error(t, s.emu.Idle(ctx))
	s.emu.Reset() // ends the conversation
	idle(t, s.emu)
	require.Equal(t, 404, call(t, s.emu, "GET", "/api/v1/emails/"+send.ID, "").status)
}

func TestIdleBlocksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t)
		free := emu.Occupy()
		done := make(chan error, 1)
		go func() {
			_, err := emu.Client().Events.Track(t.Context(), joined(1))
			done <- err
		}()
		synctest.Wait()
		idle := make(chan error, 1)
		go func() { idle <- emu.Idle(t.Context()) }()
		synctest.Wait()
		require.Empty(t, idle, "a call is under way")
		free()
		require.NoError(t, <-idle)
		require.NoError(t, <-done)
		require.Equal(t, 1, profilesOf(t, emu))
	})
}

func TestManyEmailsAreRelayedInOrderAndOnce(t *testing.T) {
	p := openPost(t, nil)
	s := p.shop()
	const n = 60
	for i := range n {
		s.send(receipt(s.receipt(), i))
	}
	idle(t, s.emu)
	require.Equal(t, n, s.emu.Outbox().Count())
	subjects := map[string]int{}
	for _, letter := range p.got() {
		subjects[header(t, letter.raw, "Subject")]++
	}
	require.Len(t, subjects, n)
}

func TestASMTPServerThatCannotBeIsRefused(t *testing.T) {
	for _, bad := range []string{"localhost", "smtp://user:s3cret@mail.example.com:587", "smtps://localhost:465"} {
		_, err := emulator.New(emulator.WithSMTP(bad))
		require.ErrorIs(t, err, emulator.ErrSMTP)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
