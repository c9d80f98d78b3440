// Command faults shows that a lost reply loses no email and sends none twice. The emulator does the work and drops the
// reply, once for a single receipt and once for a batch. Each is then sent again with the same keys. Last, the API
// limits the rate, and answers with the page of a proxy.
//
// Run it with: go run ./examples/faults. It runs on an emulator in this process.
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu, err := emulator.New(emulator.WithSeed(seed), emulator.WithStartTime(start))
	if err != nil {
		return err
	}
	defer emu.Close()

	// The client makes each call once, so that this program sees every failure. By default it makes up to three.
	shop := shop{emu, emu.Client(segmentflow.WithMaxRetries(0))}
	for _, show := range []func(context.Context) error{shop.lostReply, shop.lostBatch, shop.rateLimit, shop.proxy} {
		if err := show(ctx); err != nil {
			return err
		}
	}
	return nil
}

type shop struct {
	emu    *emulator.Emulator
	client *segmentflow.Client
}

func (s shop) receipt(ctx context.Context, order, to string) (segmentflow.Response, error) {
	var reply segmentflow.Response
	_, err := s.client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: to},
		Data:       map[string]any{"orderId": order, "total": 42},
	}, segmentflow.WithIdempotencyKey("receipt:"+order), segmentflow.WithResponse(&reply))
	return reply, err
}

// lostReply loses the reply to one email.
func (s shop) lostReply(ctx context.Context) error {
	lost := s.emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, AfterCommit: true, Drop: true})
	_, failure := s.receipt(ctx, "ord_1", "alex@example.com")
	fmt.Printf("The reply is lost: %v\n", failure)
	fmt.Printf("  the fault struck %d time; emails to Alex: %d\n", lost.Hits(), s.count("alex@example.com"))

	reply, err := s.receipt(ctx, "ord_1", "alex@example.com")
	if err != nil || !errors.Is(failure, io.ErrUnexpectedEOF) {
		return fmt.Errorf("want the first call alone to fail, got %w", errors.Join(failure, err))
	}
	fmt.Printf("Sent again with the same key: replayed: %v; emails to Alex: %d\n\n",
		reply.Replayed, s.count("alex@example.com"))
	return nil
}

// lostBatch loses the replies to a batch. The fault selects it by one of its recipients.
func (s shop) lostBatch(ctx context.Context) error {
	s.emu.Fail(emulator.Fault{To: "bruno@example.com", Times: 1, Truncate: true})
	params := &segmentflow.BatchSendParams{
		Defaults: &segmentflow.BatchDefaults{TemplateID: s.emu.ID("template", "order-receipt")},
	}
	for i, to := range []string{"bruno@example.com", "chiara@example.com"} {
		order := fmt.Sprintf("ord_%d", i+2)
		params.Items = append(params.Items, segmentflow.BatchSendItem{
			IdempotencyKey: "receipt:" + order,
			To:             &segmentflow.Recipient{Email: to},
			Data:           map[string]any{"orderId": order, "total": 42},
		})
	}
	_, failure := s.client.Emails.BatchSend(ctx, params)
	fmt.Printf("The reply to a batch breaks off: %v\n", failure)

	batch, err := s.client.Emails.BatchSend(ctx, params)
	if err != nil || !errors.Is(failure, io.ErrUnexpectedEOF) {
		return fmt.Errorf("want the first batch alone to fail, got %w", errors.Join(failure, err))
	}
	fmt.Printf("Sent again: %d accepted; emails to Bruno: %d, to Chiara: %d\n\n",
		batch.Accepted, s.count("bruno@example.com"), s.count("chiara@example.com"))
	return nil
}

// rateLimit allows one email a minute.
func (s shop) rateLimit(ctx context.Context) error {
	s.emu.RateLimit("sendEmail", 1, time.Minute)
	if _, err := s.receipt(ctx, "ord_4", "dora@example.com"); err != nil {
		return err
	}
	_, err := s.receipt(ctx, "ord_5", "dora@example.com")
	var limited *segmentflow.Error
	if !errors.As(err, &limited) || !errors.Is(err, segmentflow.ErrRateLimited) {
		return fmt.Errorf("want a refusal by the rate limit, got %w", err)
	}
	fmt.Printf("One email a minute: %d %s, retry after %s; emails to Dora: %d\n",
		limited.Status, limited.Code, limited.RetryAfter, s.count("dora@example.com"))

	s.emu.Advance(limited.RetryAfter)
	_, err = s.receipt(ctx, "ord_5", "dora@example.com")
	fmt.Printf("A minute later: %d emails to Dora\n\n", s.count("dora@example.com"))
	s.emu.RateLimit("sendEmail", 0, 0)
	return err
}

// proxy answers with a page that is not the API's.
func (s shop) proxy(ctx context.Context) error {
	page := s.emu.Fail(emulator.Fault{Operation: "sendEmail", Body: "<html>Bad gateway</html>"})
	defer page.Remove()
	_, err := s.receipt(ctx, "ord_6", "emil@example.com")
	var apiErr *segmentflow.Error
	if !errors.As(err, &apiErr) || apiErr.Status != http.StatusBadGateway {
		return fmt.Errorf("want the page of the proxy, got %w", err)
	}
	fmt.Printf("A proxy answers: %v\n", err)
	fmt.Printf("  body: %s; emails to Emil: %d\n", apiErr.Body, s.count("emil@example.com"))
	return nil
}

func (s shop) count(email string) int { return s.emu.Outbox().To(email).Count() }
