package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// inBubble runs a test with a club and an emulator in a bubble. There, time.Sleep and the emulator's live clock follow
// one fake time, which moves on when everybody waits. So a month takes no time.
func inBubble(t *testing.T, test func(t *testing.T, club *Club, emu *emulator.Emulator)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		emu := emulator.Start(t, emulator.WithSeedFile("seed.yaml"), emulator.WithLiveClock(),
			emulator.WithPatience(31*24*time.Hour))
		club := &Club{Client: emu.Client(), Welcome: emu.ID("template", "welcome"), Grace: time.Minute}
		defer club.Close()
		test(t, club, emu)
	})
}

func join(t *testing.T, club *Club) {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/join?email=alex@example.com&name=Alex", nil)
	club.ServeHTTP(w, r)
	if w.Code != http.StatusAccepted {
		t.Fatalf("%d: %s", w.Code, w.Body)
	}
}

// TestTheWelcomeComesAfterAMinute waits for an email that a goroutine sends after the handler has answered.
func TestTheWelcomeComesAfterAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, club *Club, emu *emulator.Emulator) {
		joined := time.Now()
		join(t, club)
		msg := emu.Outbox().To("alex@example.com").Template("welcome").Eventually(t)
		if took := time.Since(joined); took != time.Minute || msg.Subject != "Welcome, Alex" {
			t.Errorf("%q after %v", msg.Subject, took)
		}
	})
}

// TestAMonthLaterTheClubAsks lets thirty days pass. Nobody moves the clock.
func TestAMonthLaterTheClubAsks(t *testing.T) {
	inBubble(t, func(t *testing.T, club *Club, emu *emulator.Emulator) {
		joined := time.Now()
		join(t, club)
		run, err := emu.AwaitRun(t.Context(), "first-month", "alex@example.com")
		if err != nil {
			t.Fatal(err)
		}
		msg := emu.Outbox().Carrier(emulator.CarrierJourney, run.RunID).Eventually(t)
		if took := msg.At.Sub(joined); took != 30*24*time.Hour {
			t.Errorf("after %v", took)
		}
		emu.Outbox().To("alex@example.com").Template("welcome").Only(t)
	})
}

// TestNobodyIsAskedEarly shows what the error says if an email does not come.
func TestNobodyIsAskedEarly(t *testing.T) {
	inBubble(t, func(t *testing.T, club *Club, emu *emulator.Emulator) {
		join(t, club)
		ctx, cancel := context.WithTimeout(t.Context(), 29*24*time.Hour)
		defer cancel()
		_, err := emu.Outbox().Template("check-in").Await(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "still waiting:") {
			t.Errorf("%v", err)
		}
	})
}
