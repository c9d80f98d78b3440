package consumer_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"testing"
	"time"

	sf "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAClientTakesAllOptions(t *testing.T) {
	emu := emulator.Start(t)
	attempts := 0
	seen := func(next http.RoundTripper) http.RoundTripper {
		attempts++
		return next
	}
	options := append(emu.ClientOptions(),
		sf.WithBaseURL(sf.DefaultBaseURL),
		sf.WithHTTPClient(&http.Client{Transport: emu.Transport()}),
		sf.WithMiddleware(seen),
		sf.WithLogger(slog.New(slog.DiscardHandler)),
		sf.WithMaxRetries(1),
		sf.WithTimeout(time.Minute),
		sf.WithUserAgent("test"),
		sf.WithInsecureHTTP(),
		sf.WithBackoff(func(attempt int) time.Duration { return time.Duration(attempt) }),
		sf.WithSleep(func(ctx context.Context, _ time.Duration) error { return ctx.Err() }),
		sf.WithKeySource(func() string { return "key" }),
	)
	t.Setenv("SEGMENTFLOW_API_KEY", emu.APIKey())
	client, err := sf.NewFromEnv(options...)
	if err != nil {
		t.Fatal(err)
	}

	var resp sf.Response
	_, err = client.Emails.Send(t.Context(), &sf.SendEmailParams{
		TemplateID: emu.ID("template", "hello"),
		To:         &sf.Recipient{Email: "alex@example.com"},
	}, sf.WithHeader("Trace", "1"), sf.WithResponse(&resp))
	if err != nil || resp.IdempotencyKey != "key" || resp.Attempts != 1 || attempts != 1 {
		t.Error(err, resp, attempts)
	}
	var list []sf.Template
	if err := client.Do(t.Context(), http.MethodGet, "/api/v1/templates", nil, &list); err != nil || len(list) != 1 {
		t.Error(err, list)
	}
}

func TestErrorsAreComparedByTheirCodes(t *testing.T) {
	for code, err := range map[string]error{
		"invalid_request":         sf.ErrInvalidRequest,
		"unauthorized":            sf.ErrUnauthorized,
		"insufficient_scope":      sf.ErrInsufficientScope,
		"send_not_allowed":        sf.ErrSendNotAllowed,
		"not_found":               sf.ErrNotFound,
		"idempotency_key_reuse":   sf.ErrIdempotencyKeyReuse,
		"idempotency_in_progress": sf.ErrIdempotencyInProgress,
		"concurrent_redeem":       sf.ErrConcurrentRedeem,
		"identity_conflict":       sf.ErrIdentityConflict,
		"invalid_state":           sf.ErrInvalidState,
		"prepared_send_expired":   sf.ErrConfirmationExpired,
		"validation_failed":       sf.ErrValidationFailed,
		"rate_limited":            sf.ErrRateLimited,
		"unavailable":             sf.ErrUnavailable,
	} {
		var failed error = &sf.Error{Code: code, Issues: []sf.Issue{{In: "body"}}} // as a fake would make it
		if !errors.Is(failed, err) || errors.Is(failed, context.Canceled) {
			t.Error(code)
		}
	}
}

func TestAFieldCanBeSetClearedOrLeft(t *testing.T) {
	raw, err := json.Marshal(sf.UpdateBroadcastParams{Name: sf.Value("Sale"), SegmentID: sf.Null[string]()})
	if err != nil || string(raw) != `{"name":"Sale","segmentId":null}` {
		t.Error(err, string(raw))
	}
}

func TestAnEmulatorTakesAllOptions(t *testing.T) {
	var _ emulator.TB = t
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	emu, err := emulator.New(
		emulator.WithDatabase(t.TempDir()+"/world.db"), emulator.WithSeed(seed()), emulator.WithStartTime(start),
		emulator.WithSeedNumber(7), emulator.WithIdempotencyTTL(time.Hour), emulator.WithJournalBodies(),
		emulator.WithLogger(slog.New(slog.DiscardHandler)), emulator.WithPatience(time.Second),
		emulator.WithPublicURL("https://mail.acme.example"), emulator.WithRealWaits(), emulator.WithReseed(),
		emulator.WithAllowRemote(), emulator.WithAllowedHosts("acme.test"), emulator.WithGuards(emulator.GuardErrors),
	)
	if err != nil {
		t.Fatal(err)
	}
	defer emu.Close()
	img, err := emu.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	copied := emulator.Start(t, emulator.WithImage(img), emulator.WithEvidence(), emulator.WithLiveClock())
	if copied.Now().Before(start) {
		t.Error(copied.Now())
	}
	for _, option := range []emulator.Option{
		emulator.WithManualClock(), emulator.WithSeedFile("none.yaml"), emulator.WithSMTP("not an address"),
	} {
		if refused, err := emulator.New(option); err == nil {
			_ = refused.Close()
		}
	}
}
