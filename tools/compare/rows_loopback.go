package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/tools/compare/floor"
)

const (
	clients = 8
	health  = "/_emulator/health" // the floor answers every GET
)

// loopback returns a turn in which 8 clients send to a server. It counts the processor time of both processes.
func (b *bench) loopback(ctx context.Context, s *server, send func(n int) error) turn {
	var n atomic.Int64
	return func() (time.Duration, error) {
		served, err := s.cpuTime(ctx)
		if err != nil {
			return 0, err
		}
		begun := cpuTime()
		errs := make([]error, clients)
		var group sync.WaitGroup
		for i := range clients {
			group.Go(func() {
				for range b.Loopback / clients {
					if errs[i] = send(int(n.Add(1))); errs[i] != nil {
						return
					}
				}
			})
		}
		group.Wait()
		used := cpuTime() - begun
		until, err := s.cpuTime(ctx)
		sent := time.Duration(b.Loopback / clients * clients)
		return (used + until - served) / sent, errors.Join(append(errs, err)...)
	}
}

// shared returns a client whose connections all of the 8 use.
func shared() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
}

// receipts returns a function that sends receipts to a server with the SDK.
func receipts(ctx context.Context, s *server) (func(n int) error, error) {
	client, err := segmentflow.New(emulator.DefaultAPIKey, segmentflow.WithBaseURL(s.url),
		segmentflow.WithHTTPClient(shared()))
	if err != nil {
		return nil, err
	}
	emu, err := acme()
	if err != nil {
		return nil, err
	}
	template := emu.ID("template", "order-receipt")
	return func(n int) error {
		_, err := client.Emails.Send(ctx, floor.Receipt(template, n))
		return err
	}, emu.Close()
}

// serveEmulator starts the emulator's command with the shop.
func (b *bench) serveEmulator(ctx context.Context) (*server, error) {
	binary, err := b.build(ctx, emulatorCommand)
	if err != nil {
		return nil, err
	}
	file, err := acmeFile()
	if err != nil {
		return nil, err
	}
	return serve(ctx, binary, health, "--addr", "ADDR", "--seed", file, "--clock", "manual",
		"--start-time", moment.Format(time.RFC3339))
}

func (b *bench) serveFloor(ctx context.Context) (*server, error) {
	binary, err := b.build(ctx, floorCommand)
	if err != nil {
		return nil, err
	}
	return serve(ctx, binary, health, "-addr", "ADDR")
}

// versusServer compares sends to the emulator with calls to another server.
func (b *bench) versusServer(
	ctx context.Context, start func(context.Context) (*server, error), calls func(*server) (func(int) error, error),
) (result, error) {
	emu, err := b.serveEmulator(ctx)
	if err != nil {
		return result{}, err
	}
	defer emu.stop()
	peer, err := start(ctx)
	if err != nil {
		return result{}, err
	}
	defer peer.stop()
	send, err := receipts(ctx, emu)
	if err != nil {
		return result{}, err
	}
	call, err := calls(peer)
	if err != nil {
		return result{}, err
	}
	r, err := compare(b.Worlds, b.loopback(ctx, emu, send), b.loopback(ctx, peer, call))
	return r.throughput(), err
}

func (b *bench) loopbackFloor(ctx context.Context) (result, error) {
	return b.versusServer(ctx, b.serveFloor, func(s *server) (func(int) error, error) { return receipts(ctx, s) })
}

func (b *bench) loopbackStripe(ctx context.Context) (result, error) {
	serveStripe := func(ctx context.Context) (*server, error) {
		binary, err := b.build(ctx, stripeCommand)
		if err != nil {
			return nil, err
		}
		return serve(ctx, binary, "/", "-http-addr", "ADDR")
	}
	return b.versusServer(ctx, serveStripe, func(s *server) (func(int) error, error) { return payments(ctx, s), nil })
}

// payments returns a function that creates a payment with a form of as many values as a receipt has. net/http alone
// makes the call, and of the reply of 1.5 kB it decodes only a few fields, so that the client costs little.
func payments(ctx context.Context, s *server) func(n int) error {
	client := shared()
	return func(n int) error {
		form := url.Values{
			"amount": {"4250"}, "currency": {"eur"}, "receipt_email": {"alex@example.com"},
			"description":            {"Your order"},
			"payment_method_types[]": {"card"},
			"metadata[orderId]":      {fmt.Sprint("ord_", n)},
			"metadata[customer]":     {"cus_123"},
			"metadata[trackingUrl]":  {"https://example.com/t/1"},
			"metadata[sku]":          {"tent-2"},
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+"/v1/payment_intents",
			strings.NewReader(form.Encode()))
		if err != nil {
			return err
		}
		req.Header.Set("Authorization", "Bearer sk_test_123")
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		var made struct {
			ID, Status, Currency string
			Amount, Created      int64
		}
		err = json.NewDecoder(resp.Body).Decode(&made)
		if err == nil && (resp.StatusCode != http.StatusOK || made.ID == "") {
			err = fmt.Errorf("stripe-mock answered %s", resp.Status)
		}
		return err
	}
}
