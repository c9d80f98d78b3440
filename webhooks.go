package segmentflow

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Webhooks are this project's own: only its emulator sends them. Segmentflow documents no webhooks. It documents the
// signature, for calls that it makes to stores.

// WebhookTolerance is how far the timestamp of a webhook may be from now (documented).
const WebhookTolerance = 300 * time.Second

// maxWebhook is how long the body of a webhook may be.
const maxWebhook = 1 << 20

// The headers of a signed request.
const (
	headerTimestamp = "X-Segmentflow-Timestamp"
	headerSignature = "X-Segmentflow-Signature"
)

// Why VerifyWebhook has refused a request. Its errors wrap one of them.
var (
	// ErrWebhookSignature is for a request that was not signed with the secret, or was changed since.
	ErrWebhookSignature = errors.New("segmentflow: the signature of the webhook is not valid")
	// ErrWebhookExpired is for a request that was signed with the secret, but not within WebhookTolerance of now. It
	// may be an old one that is sent again.
	ErrWebhookExpired = errors.New("segmentflow: the timestamp of the webhook is too far from now")
)

// VerifyWebhook checks the signature of a request and the age of its timestamp (documented, for calls to stores). body
// is the body exactly as it was received. now is usually time.Now(); in a test it is the emulator's time, emu.Now().
//
// The signature is the one of the header X-Segmentflow-Signature: the HMAC-SHA256 under the secret, in hex, over the
// header X-Segmentflow-Timestamp, the method, the path with its query, and the body. VerifyWebhook compares it in
// constant time.
func VerifyWebhook(r *http.Request, body []byte, secret string, now time.Time) error {
	if secret == "" {
		return fmt.Errorf("%w: the secret is empty", ErrWebhookSignature)
	}
	timestamp, err := onlyHeader(r, headerTimestamp)
	if err != nil {
		return err
	}
	signature, err := onlyHeader(r, headerSignature)
	if err != nil {
		return err
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || strconv.FormatInt(seconds, 10) != timestamp {
		return fmt.Errorf("%w: %s is not a number of seconds", ErrWebhookSignature, headerTimestamp)
	}
	given, err := hex.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("%w: %s is not hexadecimal", ErrWebhookSignature, headerSignature)
	}

	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range []string{timestamp, cmp.Or(r.Method, http.MethodGet), signedPath(r)} {
		mac.Write([]byte(part + "\n"))
	}
	mac.Write(body)
	if !hmac.Equal(given, mac.Sum(nil)) {
		return fmt.Errorf("%w: it does not fit the secret and the request", ErrWebhookSignature)
	}
	oldest, newest := now.Add(-WebhookTolerance).Unix(), now.Add(WebhookTolerance).Unix()
	if seconds < oldest || seconds > newest {
		return ErrWebhookExpired
	}
	return nil
}

// onlyHeader returns a header that a request must have once.
func onlyHeader(r *http.Request, name string) (string, error) {
	values := r.Header.Values(name)
	if len(values) != 1 {
		return "", fmt.Errorf("%w: the request has %d headers %s", ErrWebhookSignature, len(values), name)
	}
	return values[0], nil
}

// signedPath returns the path of a request with its query, as the sender wrote it. A router may have changed the URL.
func signedPath(r *http.Request) string {
	if strings.HasPrefix(r.RequestURI, "/") {
		return r.RequestURI
	}
	if r.URL == nil {
		return "/"
	}
	return r.URL.RequestURI()
}

// ParseWebhook reads a webhook from a request, checks it as VerifyWebhook does, and decodes it (decided here). It reads
// the body, at most 1 MiB.
func ParseWebhook(r *http.Request, secret string, now time.Time) (*WebhookEvent, error) {
	body, err := io.ReadAll(io.LimitReader(cmp.Or[io.ReadCloser](r.Body, http.NoBody), maxWebhook+1))
	if err != nil {
		return nil, fmt.Errorf("segmentflow: the webhook could not be read: %w", err)
	}
	if len(body) > maxWebhook {
		return nil, errors.New("segmentflow: the webhook is longer than 1 MiB")
	}
	if err := VerifyWebhook(r, body, secret, now); err != nil {
		return nil, err
	}
	var event WebhookEvent
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, fmt.Errorf("segmentflow: the webhook could not be decoded: %w", err)
	}
	return &event, nil
}

// WebhookType is what a webhook is about. A later version may have more types.
type WebhookType string

// The types of webhooks (decided here).
const (
	WebhookEmailAccepted     WebhookType = "email.accepted" // by the first server on the way
	WebhookEmailDelayed      WebhookType = "email.delayed"
	WebhookEmailDelivered    WebhookType = "email.delivered"
	WebhookEmailBounced      WebhookType = "email.bounced"
	WebhookEmailComplained   WebhookType = "email.complained"
	WebhookEmailOpened       WebhookType = "email.opened"
	WebhookEmailClicked      WebhookType = "email.clicked"
	WebhookEmailUnsubscribed WebhookType = "email.unsubscribed"
	WebhookEmailFailed       WebhookType = "email.failed"  // the EmailSend has ended as Failed
	WebhookEmailSkipped      WebhookType = "email.skipped" // the EmailSend has ended as Skipped

	WebhookRunCompleted WebhookType = "journey_run.completed"
	WebhookRunExited    WebhookType = "journey_run.exited"
	WebhookRunFailed    WebhookType = "journey_run.failed"
)

// WebhookEvent is a webhook (decided here). The same webhook may come more than once; its ID is then the same. Either
// Email or Run is set, unless the type is a new one.
type WebhookEvent struct {
	ID             string          `json:"id"`
	Type           WebhookType     `json:"type"`
	CreatedAt      time.Time       `json:"createdAt"` // when it happened
	OrganizationID string          `json:"organizationId"`
	ProfileID      string          `json:"profileId"`
	Data           json.RawMessage `json:"data"`

	Email *WebhookEmail `json:"-"` // the Data of the types that begin with "email."
	Run   *WebhookRun   `json:"-"` // the Data of the types that begin with "journey_run."
}

// UnmarshalJSON decodes a webhook with its Email or Run.
func (event *WebhookEvent) UnmarshalJSON(raw []byte) error {
	type plain WebhookEvent
	decoded := plain{}
	if err := json.Unmarshal(raw, &decoded); err != nil {
		return err
	}
	if string(decoded.Data) == "null" {
		decoded.Data = nil
	}
	*event = WebhookEvent(decoded)
	switch about, _, _ := strings.Cut(string(event.Type), "."); about {
	case "email":
		event.Email = &WebhookEmail{}
		return json.Unmarshal(event.Data, event.Email)
	case "journey_run":
		event.Run = &WebhookRun{}
		return json.Unmarshal(event.Data, event.Run)
	}
	return nil
}

// WebhookEmail is what a webhook says about an email (decided here).
type WebhookEmail struct {
	SendID     string         `json:"sendId"`    // of the EmailSend
	MessageID  string         `json:"messageId"` // "" if the email was not sent
	TemplateID string         `json:"templateId"`
	Carrier    WebhookCarrier `json:"carrier"`
	To         string         `json:"to"`
	Detail     WebhookDetail  `json:"detail"`
}

// WebhookCarrier is what an email is for (decided here). Type is email, journey, broadcast, newsletterIssue or test.
// ID is the EmailSend's for email, and the run's for journey.
type WebhookCarrier struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// WebhookDetail is what a webhook says about what happened to an email (decided here).
type WebhookDetail struct {
	Kind   string `json:"kind"`   // of a bounce: hard or soft
	Code   string `json:"code"`   // of a bounce: the status code, such as 5.1.1
	URL    string `json:"url"`    // of a click
	Source string `json:"source"` // of an unsubscription, such as one_click
	Reason string `json:"reason"` // the failureMessage of an email that failed or was skipped
}

// WebhookRun is what a webhook says about a run that has ended (decided here).
type WebhookRun struct {
	RunID      string           `json:"runId"`
	JourneyID  string           `json:"journeyId"`
	JourneyKey string           `json:"journeyKey"`
	Version    int              `json:"version"`
	Status     JourneyRunStatus `json:"status"`
	Reason     string           `json:"reason"` // why it exited, "" if it did not
	Error      string           `json:"error"`  // why it failed, "" if it did not
}
