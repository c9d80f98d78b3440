package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// openShop returns a shop and an emulator of its own for each test, so that tests can run in parallel.
func openShop(t *testing.T) (*Shop, *emulator.Emulator) {
	t.Helper()
	t.Parallel()
	emu := emulator.Start(t, emulator.WithSeedFile("seed.yaml"))
	return &Shop{Client: emu.Client(), Receipt: emu.ID("template", "order-receipt")}, emu
}

func post(t *testing.T, shop *Shop, path, body string, want int) {
	t.Helper()
	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(body))
	shop.Handler().ServeHTTP(w, req)
	if w.Code != want {
		t.Fatalf("POST %s: %d, want %d: %s", path, w.Code, want, w.Body)
	}
}

func TestAnOrderIsConfirmed(t *testing.T) {
	shop, emu := openShop(t)
	post(t, shop, "/orders", `{"orderId": "ord_1", "email": "alex@example.com", "total": 101.5}`, http.StatusAccepted)
	msg := emu.Outbox().To("alex@example.com").Only(t)
	if msg.Subject != "Your order ord_1" {
		t.Errorf("subject %q", msg.Subject)
	}
	if !strings.Contains(msg.Text, "101.5 EUR") {
		t.Errorf("the receipt does not contain the total:\n%s", msg.Text)
	}
	if len(msg.Missing) > 0 {
		t.Errorf("the Template needs data that the shop does not send: %v", msg.Missing)
	}
}

func TestARepeatedOrderIsConfirmedOnce(t *testing.T) {
	shop, emu := openShop(t)
	for range 2 {
		post(t, shop, "/orders", `{"orderId": "ord_1", "email": "alex@example.com", "total": 12}`, http.StatusAccepted)
	}
	emu.Outbox().To("alex@example.com").Only(t)
}

func TestAReminderFollowsATrialAfterThreeDays(t *testing.T) {
	shop, emu := openShop(t)
	post(t, shop, "/trials", `{"trialId": "t_1", "email": "alex@example.com"}`, http.StatusAccepted)
	emu.Advance(71 * time.Hour)
	emu.Outbox().Template("trial-reminder").None(t)
	emu.Advance(time.Hour)
	emu.Outbox().Template("trial-reminder").To("alex@example.com").Only(t)
}

func TestAfterAnOrderThereIsNoReminder(t *testing.T) {
	shop, emu := openShop(t)
	post(t, shop, "/trials", `{"trialId": "t_1", "email": "alex@example.com"}`, http.StatusAccepted)
	post(t, shop, "/orders",
		`{"orderId": "ord_1", "trialId": "t_1", "email": "alex@example.com", "total": 12}`, http.StatusAccepted)
	emu.Advance(30 * 24 * time.Hour)
	emu.Outbox().Template("trial-reminder").None(t)
}

func TestABouncedAddressGetsNoMoreEmail(t *testing.T) {
	shop, emu := openShop(t)
	post(t, shop, "/orders",
		`{"orderId": "ord_1", "email": "bounced@simulator.test", "total": 12}`, http.StatusAccepted)
	emu.Advance(time.Minute) // the bounce comes back
	post(t, shop, "/orders",
		`{"orderId": "ord_2", "email": "bounced@simulator.test", "total": 12}`, http.StatusAccepted)
	if msg := emu.Outbox().To("bounced@simulator.test").Only(t); msg.Subject != "Your order ord_1" {
		t.Errorf("subject %q", msg.Subject)
	}
}

func TestAnInvalidAddressIsTheCallersError(t *testing.T) {
	shop, emu := openShop(t)
	post(t, shop, "/orders",
		`{"orderId": "ord_1", "email": "alex at example.com", "total": 12}`, http.StatusUnprocessableEntity)
	emu.Outbox().None(t)
}

func TestAnOutageIsNotTheCallersError(t *testing.T) {
	shop, emu := openShop(t)
	shop.Client = emu.Client(segmentflow.WithMaxRetries(0)) // otherwise the client would wait and retry twice
	if err := emu.Close(); err != nil {
		t.Fatal(err)
	}
	post(t, shop, "/orders", `{"orderId": "ord_1", "email": "alex@example.com", "total": 12}`, http.StatusBadGateway)
}
