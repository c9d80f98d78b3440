package segmentflow_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// The vector was computed with another implementation:
//
//	printf '1772442000\nPOST\n/hooks/segmentflow?shop=1&x=%%C3%%A9\n{"id":"wh_1","type":"email.opened"}' |
//	openssl dgst -sha256 -hmac whsec_vector -hex
const (
	vectorSecret    = "whsec_vector"
	vectorPath      = "/hooks/segmentflow?shop=1&x=%C3%A9"
	vectorBody      = `{"id":"wh_1","type":"email.opened"}`
	vectorSignature = "ce71aac6122a557b3cbbae37389d47e0c9a95098589bc1cbc32050cae73e9b08"
)

var vectorTime = time.Unix(1772442000, 0)

const (
	timestampHeader = "X-Segmentflow-Timestamp"
	signatureHeader = "X-Segmentflow-Signature"
)

// vector returns the request of the vector as a server gets it.
func vector() *http.Request {
	r := httptest.NewRequest(http.MethodPost, vectorPath, strings.NewReader(vectorBody))
	r.Header.Set(timestampHeader, strconv.FormatInt(vectorTime.Unix(), 10))
	r.Header.Set(signatureHeader, vectorSignature)
	return r
}

func verify(r *http.Request) error {
	return segmentflow.VerifyWebhook(r, []byte(vectorBody), vectorSecret, vectorTime)
}

func TestASignedWebhookIsVerified(t *testing.T) {
	for name, change := range map[string]func(r *http.Request){
		"as it came": func(*http.Request) {},
		"upper case": func(r *http.Request) {
			r.Header.Set(signatureHeader, strings.ToUpper(vectorSignature))
		},
		"a router cut off a part":  func(r *http.Request) { r.URL = &url.URL{Path: "/segmentflow"} },
		"the URL of a proxy's log": func(r *http.Request) { r.RequestURI = "http://shop.example" + vectorPath },
		"on its way": func(r *http.Request) {
			r.RequestURI = ""
			r.URL, _ = url.Parse("https://shop.example" + vectorPath)
		},
	} {
		r := vector()
		change(r)
		require.NoError(t, verify(r), name)
	}
}

func TestAWebhookThatWasChangedIsRefused(t *testing.T) {
	for name, change := range map[string]func(r *http.Request){
		"another method":        func(r *http.Request) { r.Method = http.MethodPut },
		"no method":             func(r *http.Request) { r.Method = "" },
		"another path":          func(r *http.Request) { r.RequestURI = "/hooks/segmentflow/?shop=1&x=%C3%A9" },
		"another query":         func(r *http.Request) { r.RequestURI = "/hooks/segmentflow?shop=2&x=%C3%A9" },
		"no query":              func(r *http.Request) { r.RequestURI = "/hooks/segmentflow" },
		"no URL":                func(r *http.Request) { r.RequestURI, r.URL = "", nil },
		"another timestamp":     func(r *http.Request) { r.Header.Set(timestampHeader, "1772442001") },
		"no timestamp":          func(r *http.Request) { r.Header.Del(timestampHeader) },
		"two timestamps":        func(r *http.Request) { r.Header.Add(timestampHeader, "1772442000") },
		"no number":             func(r *http.Request) { r.Header.Set(timestampHeader, "now") },
		"an empty timestamp":    func(r *http.Request) { r.Header.Set(timestampHeader, "") },
		"a zero before":         func(r *http.Request) { r.Header.Set(timestampHeader, "01772442000") },
		"milliseconds":          func(r *http.Request) { r.Header.Set(timestampHeader, "1772442000000") },
		"a number without end":  func(r *http.Request) { r.Header.Set(timestampHeader, strings.Repeat("9", 400)) },
		"no signature":          func(r *http.Request) { r.Header.Del(signatureHeader) },
		"two signatures":        func(r *http.Request) { r.Header.Add(signatureHeader, vectorSignature) },
		"an empty signature":    func(r *http.Request) { r.Header.Set(signatureHeader, "") },
		"half a signature":      func(r *http.Request) { r.Header.Set(signatureHeader, vectorSignature[:32]) },
		"more than a signature": func(r *http.Request) { r.Header.Set(signatureHeader, vectorSignature+"00") },
		"not hexadecimal":       func(r *http.Request) { r.Header.Set(signatureHeader, "sha256="+vectorSignature) },
		"no headers":            func(r *http.Request) { r.Header = nil },
	} {
		r := vector()
		change(r)
		err := verify(r)
		require.ErrorIs(t, err, segmentflow.ErrWebhookSignature, name)
		require.NotErrorIs(t, err, segmentflow.ErrWebhookExpired, name)
	}
	for _, secret := range []string{"whsec_other", vectorSecret + " ", ""} {
		err := segmentflow.VerifyWebhook(vector(), []byte(vectorBody), secret, vectorTime)
		require.ErrorIs(t, err, segmentflow.ErrWebhookSignature, secret)
	}
	err := segmentflow.VerifyWebhook(vector(), []byte(vectorBody+"\n"), vectorSecret, vectorTime)
	require.ErrorIs(t, err, segmentflow.ErrWebhookSignature)
}

func TestNobodyCanSignWithAnEmptySecret(t *testing.T) {
	r := vector()
	mac := hmac.New(sha256.New, nil)
	mac.Write([]byte("1772442000\nPOST\n" + vectorPath + "\n" + vectorBody))
	r.Header.Set(signatureHeader, hex.EncodeToString(mac.Sum(nil)))
	err := segmentflow.VerifyWebhook(r, []byte(vectorBody), "", vectorTime)
	require.ErrorIs(t, err, segmentflow.ErrWebhookSignature)
}

func TestAWebhookIsRefusedFiveMinutesFromNow(t *testing.T) {
	for after, ok := range map[time.Duration]bool{
		300 * time.Second:       true,
		301 * time.Second:       false,
		-300 * time.Second:      true,
		-301 * time.Second:      false,
		20 * 365 * 24 * 3600e9:  false,
		-20 * 365 * 24 * 3600e9: false,
	} {
		err := segmentflow.VerifyWebhook(vector(), []byte(vectorBody), vectorSecret, vectorTime.Add(after))
		if ok {
			require.NoError(t, err, after)
			continue
		}
		require.ErrorIs(t, err, segmentflow.ErrWebhookExpired, after)
		require.NotErrorIs(t, err, segmentflow.ErrWebhookSignature, after)
	}
	forged := vector()
	forged.Header.Set(signatureHeader, strings.Repeat("00", 32))
	err := segmentflow.VerifyWebhook(forged, []byte(vectorBody), vectorSecret, vectorTime.Add(time.Hour))
	require.ErrorIs(t, err, segmentflow.ErrWebhookSignature, "only who has the secret learns about the age")
}

// sign returns a request with this body that is signed with the secret of the vector.
func sign(body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	mac := hmac.New(sha256.New, []byte(vectorSecret))
	mac.Write([]byte("1772442000\nPOST\n/\n" + body))
	r.Header.Set(timestampHeader, "1772442000")
	r.Header.Set(signatureHeader, hex.EncodeToString(mac.Sum(nil)))
	return r
}

func TestAWebhookIsDecoded(t *testing.T) {
	event, err := segmentflow.ParseWebhook(sign(`{"id": "1", "type": "email.bounced",
		"createdAt": "2026-03-02T09:00:00.000Z", "organizationId": "o", "profileId": "p",
		"data": {"sendId": "s", "messageId": "m", "templateId": "t", "carrier": {"type": "journey", "id": "r"},
		"to": "alex@example.com", "detail": {"kind": "hard", "code": "5.1.1"}}}`), vectorSecret, vectorTime)
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), event.CreatedAt)
	require.Equal(t, &segmentflow.WebhookEmail{
		SendID: "s", MessageID: "m", TemplateID: "t", Carrier: segmentflow.WebhookCarrier{Type: "journey", ID: "r"},
		To: "alex@example.com", Detail: segmentflow.WebhookDetail{Kind: "hard", Code: "5.1.1"},
	}, event.Email)
	require.Nil(t, event.Run)
	raw, err := json.Marshal(event)
	require.NoError(t, err)
	var stored segmentflow.WebhookEvent
	require.NoError(t, json.Unmarshal(raw, &stored))
	require.Equal(t, event.Email, stored.Email)

	event, err = segmentflow.ParseWebhook(sign(`{"type": "journey_run.exited", "data": {"runId": "r", "version": 2,
		"status": "exited", "reason": "suppressed"}}`), vectorSecret, vectorTime)
	require.NoError(t, err)
	require.Nil(t, event.Email)
	require.Equal(t, &segmentflow.WebhookRun{
		RunID: "r", Version: 2, Status: segmentflow.JourneyRunStatusExited, Reason: "suppressed",
	}, event.Run)

	event, err = segmentflow.ParseWebhook(sign(`{"type": "profile.created", "data": {"a": 1}}`),
		vectorSecret, vectorTime)
	require.NoError(t, err, "a type of a later version")
	require.JSONEq(t, `{"a": 1}`, string(event.Data))
}

func TestWhatIsNoWebhookIsNotDecoded(t *testing.T) {
	for name, body := range map[string]string{
		"no JSON":       "{",
		"another form":  "[]",
		"no data":       `{"type": "email.opened"}`,
		"data is a run": `{"type": "journey_run.failed", "data": {"runId": 7}}`,
	} {
		event, err := segmentflow.ParseWebhook(sign(body), vectorSecret, vectorTime)
		require.ErrorContains(t, err, "could not be decoded", name)
		require.Nil(t, event, name)
	}

	_, err := segmentflow.ParseWebhook(sign(strings.Repeat(" ", 1<<20+1)), vectorSecret, vectorTime)
	require.ErrorContains(t, err, "longer than 1 MiB")

	broken := vector()
	broken.Body = io.NopCloser(iotest.ErrReader(errors.New("the connection was lost")))
	_, err = segmentflow.ParseWebhook(broken, vectorSecret, vectorTime)
	require.ErrorContains(t, err, "the connection was lost")

	unsigned := sign(`{"type": "email.opened", "data": {}}`)
	unsigned.Header.Del(signatureHeader)
	_, err = segmentflow.ParseWebhook(unsigned, vectorSecret, vectorTime)
	require.ErrorIs(t, err, segmentflow.ErrWebhookSignature)
}
