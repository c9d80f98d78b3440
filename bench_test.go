package segmentflow_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// duel is one call of the API, made by this package and by a bare client.
type duel struct {
	reply string
	calls int // in one turn, which takes some milliseconds
	sdk   func(*testing.B, *segmentflow.Client) (any, error)
	bare  func(*testing.B, *bare) (any, error)
}

// replies is a server in process that always gives the same answer.
type replies struct {
	body []byte
	sent []byte // the body of the last request
	keep bool   // whether sent is wanted
}

func (r *replies) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		to := io.Discard
		var sent bytes.Buffer
		if r.keep {
			to = &sent
		}
		if _, err := io.Copy(to, req.Body); err != nil {
			return nil, err
		}
		_ = req.Body.Close()
		r.sent = sent.Bytes()
	}
	return &http.Response{
		StatusCode:    http.StatusOK,
		Header:        http.Header{"Content-Type": {"application/json"}, "X-Request-Id": {"req_1"}},
		Body:          io.NopCloser(bytes.NewReader(r.body)),
		ContentLength: int64(len(r.body)),
		Request:       req,
	}, nil
}

// run runs the benchmark in process, which is exact, and over a socket, where the server's work counts for both.
func (d duel) run(b *testing.B) {
	var reply bytes.Buffer
	require.NoError(b, json.Compact(&reply, []byte(d.reply)))
	b.Run("in-process", func(b *testing.B) {
		server := &replies{body: reply.Bytes()}
		own := &http.Client{Transport: server}
		client, other := dial(b, server), &bare{http: own, base: segmentflow.DefaultBaseURL}
		d.compare(b, server, client, other)
		d.inTurns(b, client, other)
	})
	b.Run("socket", func(b *testing.B) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(reply.Bytes())
		}))
		b.Cleanup(server.Close)
		client := dial(b, server.Client().Transport, segmentflow.WithBaseURL(server.URL))
		d.inTurns(b, client, &bare{http: server.Client(), base: server.URL})
	})
}

// compare requires that both send the same bytes and decode the same values.
func (d duel) compare(b *testing.B, server *replies, client *segmentflow.Client, other *bare) {
	server.keep = true
	fromSDK, err := d.sdk(b, client)
	require.NoError(b, err)
	sent := server.sent
	fromBare, err := d.bare(b, other)
	require.NoError(b, err)
	require.Equal(b, string(server.sent), string(sent), "both send the same bytes")
	require.Equal(b, jsonOf(b, fromBare), jsonOf(b, fromSDK))
	server.keep = false
}

// jsonOf returns a value as JSON has it.
func jsonOf(b *testing.B, v any) any {
	raw, err := json.Marshal(v)
	require.NoError(b, err)
	var out any
	require.NoError(b, json.Unmarshal(raw, &out))
	return out
}

// inTurns reports how many times the processor time of a bare call a call of this package takes. The two take turns,
// each as often before the other as after it, and the median counts, because the speed of a machine changes during a
// benchmark.
func (d duel) inTurns(b *testing.B, client *segmentflow.Client, other *bare) {
	timed := func(call func() (any, error)) time.Duration {
		begun := cpuTime()
		for range d.calls {
			if _, err := call(); err != nil {
				b.Fatal(err)
			}
		}
		return cpuTime() - begun
	}

	ownCall := func() (any, error) { return d.sdk(b, client) }
	bareCall := func() (any, error) { return d.bare(b, other) }
	var ratios []float64
	var sdk, bare time.Duration
	for b.Loop() {
		ours := timed(ownCall)
		theirs := timed(bareCall) + timed(bareCall)
		ours += timed(ownCall)
		sdk, bare = sdk+ours, bare+theirs
		ratios = append(ratios, float64(ours)/float64(theirs))
	}
	slices.Sort(ratios)
	each := float64(len(ratios)*2*d.calls) * 1e3
	b.ReportMetric(0, "ns/op") // of all turns of a round
	b.ReportMetric(float64(sdk)/each, "sdk-cpu-µs")
	b.ReportMetric(float64(bare)/each, "bare-cpu-µs")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
}

// receiptData is the data of a receipt.
type receiptData struct {
	OrderID     string        `json:"orderId"`
	Total       float64       `json:"total"`
	Currency    string        `json:"currency"`
	TrackingURL string        `json:"trackingUrl"`
	Lines       []receiptLine `json:"lines"`
}

type receiptLine struct {
	SKU   string `json:"sku"`
	Name  string `json:"name"`
	Price string `json:"price"`
}

func receiptDataOf(n int) receiptData {
	return receiptData{fmt.Sprint("ord_", n), 42.5, "EUR", fmt.Sprint("https://example.com/t/", n),
		[]receiptLine{{"tent-2", "Tent for two", "399.00"}, {"mug-1", "Mug", "12.50"}}}
}

func BenchmarkSend(b *testing.B) {
	data := receiptDataOf(9421)
	duel{
		reply: sendOne,
		calls: 200,
		sdk: func(b *testing.B, client *segmentflow.Client) (any, error) {
			return client.Emails.Send(b.Context(), &segmentflow.SendEmailParams{
				TemplateID: templateID,
				To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
				Data:       data,
			}, segmentflow.WithIdempotencyKey("receipt:ord_9421"))
		},
		bare: func(b *testing.B, client *bare) (any, error) {
			out := new(bareSend)
			return out, client.call(b.Context(), "POST", "/api/v1/emails", "receipt:ord_9421", &bareSendParams{
				TemplateID: templateID,
				To:         &bareRecipient{Email: "alex@example.com", ExternalID: "cus_123"},
				Data:       data,
			}, out)
		},
	}.run(b)
}

func BenchmarkBatchSend(b *testing.B) {
	const items = 100
	var ours []segmentflow.BatchSendItem
	var theirs []bareSendParams
	var answers []string
	for n := range items {
		key, email := fmt.Sprint("receipt:ord_", n), fmt.Sprintf("alex%d@example.com", n)
		ours = append(ours, segmentflow.BatchSendItem{IdempotencyKey: key, TemplateID: templateID,
			To: &segmentflow.Recipient{Email: email}, Data: receiptDataOf(n)})
		theirs = append(theirs, bareSendParams{IdempotencyKey: key, TemplateID: templateID,
			To: &bareRecipient{Email: email}, Data: receiptDataOf(n)})
		answers = append(answers, fmt.Sprintf(`{"index":%d,"idempotencyKey":%q,"status":"accepted","send":%s}`,
			n, key, sendOne))
	}
	duel{
		reply: fmt.Sprintf(`{"total":%[1]d,"accepted":%[1]d,"rejected":0,"items":[%s]}`, items,
			strings.Join(answers, ",")),
		calls: 5,
		sdk: func(b *testing.B, client *segmentflow.Client) (any, error) {
			result, err := client.Emails.BatchSend(b.Context(), &segmentflow.BatchSendParams{Items: ours},
				segmentflow.WithIdempotencyKey("receipts"))
			if err != nil {
				return nil, err
			}
			var sends []*segmentflow.EmailSend
			for _, item := range result.Items {
				sends = append(sends, item.Send)
			}
			return sends, nil
		},
		bare: func(b *testing.B, client *bare) (any, error) {
			var out bareBatch
			err := client.call(b.Context(), "POST", "/api/v1/emails/batch", "receipts",
				&bareBatchParams{Items: theirs}, &out)
			var sends []*bareSend
			for _, item := range out.Items {
				sends = append(sends, item.Send)
			}
			return sends, err
		},
	}.run(b)
}

func BenchmarkListBroadcasts(b *testing.B) {
	var page []string
	for n := range 100 {
		page = append(page, fmt.Sprintf(`{"id":"c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f%02d","name":"March %d",
			"status":"Sent","segmentId":"8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55","templateId":null,
			"subscriptionGroupId":"8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c56","subject":"What is new in March",
			"from":"Acme Outdoor <shop@acme.example>","replyTo":["help@acme.example"],
			"scheduledAt":"2026-03-02T09:30:00.000Z","startedAt":"2026-03-02T09:30:00.000Z",
			"completedAt":"2026-03-02T09:31:00.250Z","cancelledAt":null,
			"stats":{"queued":0,"sent":%d,"failed":1},
			"createdAt":"2026-03-01T09:30:00.000Z","updatedAt":"2026-03-02T09:31:00.250Z"}`, n, n, 1000+n))
	}
	duel{
		reply: fmt.Sprintf(`{"broadcasts":[%s],"nextCursor":"b3BhcXVl","previousCursor":null}`,
			strings.Join(page, ",")),
		calls: 10,
		sdk: func(b *testing.B, client *segmentflow.Client) (any, error) {
			return client.Broadcasts.List(b.Context(), &segmentflow.ListBroadcastsParams{Limit: 100})
		},
		bare: func(b *testing.B, client *bare) (any, error) {
			out := new(bareBroadcasts)
			return out, client.call(b.Context(), "GET", "/api/v1/broadcasts?limit=100", "", nil, out)
		},
	}.run(b)
}

func BenchmarkListProfiles(b *testing.B) {
	var page []string
	for n := range 100 {
		page = append(page, fmt.Sprintf(`{"id":"c0a8f3d2-7a64-4a5b-9e0f-2b6d1c3e4f%02d","email":"alex%d@example.com",
			"externalId":"cus_%d","phone":null,"sources":["api","event"],
			"properties":{
				"firstName":{"value":"Alex","source":"api","updatedAt":"2026-03-02T09:30:00.000Z"},
				"orders":{"value":%d,"source":"event","updatedAt":"2026-03-02T09:30:00.000Z"}},
			"segments":[{"id":"8a1c7b0e-52f4-4c1c-9b57-2f5a6f1f0c55","name":"Buyers","type":"dynamic"}],
			"deliverySuppression":{"suppressed":false,"email":null,"suppressedAt":null,
				"latestBounceReason":null,"latestBounceDiagnosticCode":null},
			"createdAt":"2026-03-01T09:30:00.000Z","updatedAt":"2026-03-02T09:30:00.250Z"}`, n, n, n, n))
	}
	duel{
		reply: fmt.Sprintf(`{"profiles":[%s],"profileCount":100,"previousCursor":null,"nextCursor":null}`,
			strings.Join(page, ",")),
		calls: 10,
		sdk: func(b *testing.B, client *segmentflow.Client) (any, error) {
			return client.Profiles.List(b.Context(), &segmentflow.ListProfilesParams{Limit: 100})
		},
		bare: func(b *testing.B, client *bare) (any, error) {
			out := new(bareProfiles)
			return out, client.call(b.Context(), "POST", "/api/v1/profiles", "", &bareListParams{Limit: 100}, out)
		},
	}.run(b)
}
