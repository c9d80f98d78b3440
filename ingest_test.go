package segmentflow_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const writeKey = "wk_shop_1"

// ingesting returns an Ingest whose calls get these replies.
func ingesting(t *testing.T, replies ...reply) (*segmentflow.Ingest, *wire) {
	t.Helper()
	w := &wire{replies: replies}
	made := 0
	ingest, err := segmentflow.NewIngest(writeKey, segmentflow.WithHTTPClient(&http.Client{Transport: w}),
		segmentflow.WithKeySource(func() string { made++; return "made-" + string(rune('0'+made)) }))
	require.NoError(t, err)
	return ingest, w
}

var visit = []segmentflow.IngestItem{
	&segmentflow.IngestIdentify{Email: "alex@example.com", UserID: "cus_1", Traits: map[string]any{"plan": "pro"}},
	&segmentflow.IngestPage{
		MessageID: "own", Name: "Pricing", UserID: "cus_1", Source: segmentflow.IngestSourceShopify,
	},
	&segmentflow.IngestTrack{
		Event: "order.created", Email: "alex@example.com", Properties: struct{ Total int }{40},
		Timestamp: time.Date(2026, 3, 2, 10, 30, 0, 0, time.FixedZone("", 3600)),
	},
}

const visited = `{"success":true,"results":[
	{"index":0,"messageId":"made-1/0","status":"accepted","duplicate":false,"retryable":false,"eventId":"e0"},
	{"index":1,"messageId":"own","status":"dropped","duplicate":false,"retryable":false,"reason":"profile_not_found"},
	{"index":2,"messageId":"made-1/2","status":"failed","duplicate":false,"retryable":true,
		"reason":"event_write_failed"}],
	"summary":{"accepted":1,"duplicate":0,"dropped":1,"rejected":0,"failed":1}}`

func TestABatchOfIngestKeepsItsMessageIDsOverAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ingest, w := ingesting(t, problem(503, "unavailable"), reply{err: io.ErrUnexpectedEOF},
			reply{status: 200, body: visited})
		batch, err := ingest.Batch(t.Context(), &segmentflow.IngestBatchParams{
			Items: visit, Consent: &segmentflow.IngestConsent{Analytics: true},
		})
		require.NoError(t, err)
		require.Equal(t, 3, w.count())
		for _, sent := range w.requests {
			require.Equal(t, "/api/v1/ingest/batch", sent.URL.Path)
			require.Empty(t, sent.Header.Get("X-Api-Key"))
			require.Empty(t, sent.Header.Get("Idempotency-Key"))
			require.JSONEq(t, `{"writeKey":"wk_shop_1","batch":[
				{"type":"identify","messageId":"made-1/0","email":"alex@example.com","userId":"cus_1",
					"traits":{"plan":"pro"}},
				{"type":"page","messageId":"own","name":"Pricing","userId":"cus_1","source":"shopify"},
				{"type":"track","messageId":"made-1/2","event":"order.created","email":"alex@example.com",
					"properties":{"Total":40},"timestamp":"2026-03-02T09:30:00Z"}],
				"consent":{"analytics":true,"marketing":false}}`, sent.body)
		}
		assert.Equal(t, segmentflow.IngestOutcome{
			MessageID: "made-1/0", Status: segmentflow.IngestStatusAccepted, EventID: "e0",
		}, batch.Results[0].IngestOutcome)
		assert.Equal(t, segmentflow.IngestReasonProfileNotFound, batch.Results[1].Reason)
		assert.True(t, batch.Results[2].Retryable)
		assert.Equal(t, segmentflow.IngestSummary{Accepted: 1, Dropped: 1, Failed: 1}, batch.Summary)
		require.EqualError(t, batch.Err(),
			"segmentflow: POST /api/v1/ingest/batch item 2: event_write_failed: the item has failed; "+
				"it can be sent again")
	})
}

func TestSingleItemsHaveRoutesOfTheirOwn(t *testing.T) {
	done := `{"messageId":"made-1/0","status":"duplicate","duplicate":true,"retryable":false,` +
		`"reason":"duplicate_occurrence","eventId":"e"}`
	ingest, w := ingesting(t, reply{status: 200, body: done})
	outcome, err := ingest.Identify(t.Context(), visit[0].(*segmentflow.IngestIdentify))
	require.NoError(t, err)
	assert.True(t, outcome.Duplicate)
	assert.Equal(t, "/api/v1/ingest/identify", w.requests[0].URL.Path)
	assert.JSONEq(t, `{"writeKey":"wk_shop_1","type":"identify","messageId":"made-1/0","email":"alex@example.com",
		"userId":"cus_1","traits":{"plan":"pro"}}`, w.requests[0].body)

	ingest, w = ingesting(t, reply{status: 200, body: done})
	_, err = ingest.Track(t.Context(), visit[2].(*segmentflow.IngestTrack))
	require.NoError(t, err)
	assert.Equal(t, "/api/v1/ingest/track", w.requests[0].URL.Path)

	ingest, _ = ingesting(t, problem(409, "identity_conflict"))
	_, err = ingest.Identify(t.Context(), visit[0].(*segmentflow.IngestIdentify))
	require.ErrorIs(t, err, segmentflow.ErrIdentityConflict)

	page := strings.ReplaceAll(done, "duplicate_occurrence", "x")
	batch := `{"results":[{"index":0,` + page[1:] + `],"summary":{}}`
	ingest, w = ingesting(t, reply{status: 200, body: batch})
	seen := &segmentflow.IngestPage{UserID: "u"}
	outcome, err = ingest.Page(t.Context(), seen, segmentflow.WithIdempotencyKey("made-1"))
	require.NoError(t, err)
	assert.Equal(t, "made-1/0", outcome.MessageID)
	assert.Equal(t, "/api/v1/ingest/batch", w.requests[0].URL.Path)

	rejected := strings.ReplaceAll(batch, `"status":"duplicate"`, `"status":"rejected"`)
	ingest, _ = ingesting(t, reply{status: 200, body: rejected})
	_, err = ingest.Page(t.Context(), seen)
	require.EqualError(t, err, "segmentflow: POST /api/v1/ingest/batch: x: the item was rejected")
}

func TestAReplyOfIngestMustMatchWhatWasSent(t *testing.T) {
	last := visited[strings.Index(visited, `,`+"\n\t"+`{"index":2`):strings.Index(visited, "],")]
	for name, c := range map[string]struct{ old, new, wrong string }{
		"another index":     {`"index":1`, `"index":2`, "the reply has the result of item 2 in place of item 1"},
		"another messageId": {`"own"`, `"other"`, "the reply has another messageId for item 1"},
		"no messageId":      {`"messageId":"own"`, `"messageId":null`, "the reply has another messageId for item 1"},
		"no status":         {`"status":"dropped",`, ``, "the reply has no status for item 1"},
		"too few":           {last, "", "the reply has 2 results instead of 3"},
		"no results":        {`"results"`, `"other"`, "the reply has 0 results instead of 3"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Contains(t, visited, c.old)
			ingest, _ := ingesting(t, reply{status: 200, body: strings.Replace(visited, c.old, c.new, 1)})
			batch, err := ingest.Batch(t.Context(), &segmentflow.IngestBatchParams{Items: visit})
			require.ErrorContains(t, err, c.wrong)
			require.NotNil(t, batch, "what was read is not lost")
			require.Equal(t, "made-1", refused(t, err).IdempotencyKey, "to repeat the call")
		})
	}
	ingest, _ := ingesting(t, reply{status: 200, body: `{"messageId":"other","status":"accepted"}`})
	_, err := ingest.Track(t.Context(), visit[2].(*segmentflow.IngestTrack))
	require.ErrorContains(t, err, "the reply has another messageId")
}

func TestIngestChecksBeforeItSends(t *testing.T) {
	var none *segmentflow.IngestTrack
	one := func(item segmentflow.IngestItem) []segmentflow.IngestItem { return []segmentflow.IngestItem{item} }
	for name, c := range map[string]struct {
		items []segmentflow.IngestItem
		paths []string
	}{
		"nil":        {append(one(visit[0]), nil, none), []string{"/batch/1", "/batch/2"}},
		"no objects": {one(&segmentflow.IngestTrack{Properties: 7}), []string{"/batch/0/properties"}},
		"unencodable": {
			one(&segmentflow.IngestIdentify{Traits: map[string]any{"f": func() {}}}), []string{"/batch/0/traits"},
		},
		"not UTF-8": {one(&segmentflow.IngestPage{MessageID: "m\xff"}), []string{"/batch/0/messageId"}},
		"too many":  {make([]segmentflow.IngestItem, 101), nil},
	} {
		t.Run(name, func(t *testing.T) {
			ingest, w := ingesting(t, reply{status: 200, body: visited})
			_, err := ingest.Batch(t.Context(), &segmentflow.IngestBatchParams{Items: c.items})
			require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
			require.Zero(t, w.count())
			var paths []string
			for _, issue := range refused(t, err).Issues {
				paths = append(paths, issue.Path)
			}
			if c.paths != nil {
				require.Equal(t, c.paths, paths)
			}
		})
	}
	ingest, w := ingesting(t, reply{status: 200, body: visited})
	_, err := ingest.Batch(t.Context(), nil)
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	_, err = ingest.Identify(t.Context(), nil)
	require.ErrorIs(t, err, segmentflow.ErrInvalidRequest)
	require.Zero(t, w.count())

	_, err = segmentflow.NewIngest("")
	require.EqualError(t, err, "segmentflow: the write key is empty")
	_, err = segmentflow.NewIngest("a\nb")
	require.Error(t, err)
	_, err = segmentflow.NewIngest(writeKey, segmentflow.WithBaseURL("ftp://x"))
	require.Error(t, err)
}

func TestNoErrorOfIngestHasTheWriteKey(t *testing.T) {
	ingest, _ := ingesting(t, reply{err: errors.New("cannot send wk_shop_1")})
	_, err := ingest.Track(t.Context(), visit[2].(*segmentflow.IngestTrack), segmentflow.WithCallMaxRetries(0))
	require.Error(t, err)
	require.NotContains(t, err.Error(), writeKey)
}

func TestIngestHasAMethodForEachOfItsOperations(t *testing.T) {
	c := readContract(t)
	found := map[string]bool{}
	for route, item := range c.members(c["paths"]) {
		for method, raw := range c.members(item) {
			if security, given := c.at(raw, "security").([]any); given && len(security) == 0 {
				found[strings.ToUpper(method)+" "+route] = true
			}
		}
	}
	sent := map[string]bool{}
	for _, do := range []func(in *segmentflow.Ingest) error{
		func(in *segmentflow.Ingest) error {
			_, err := in.Identify(t.Context(), &segmentflow.IngestIdentify{})
			return err
		},
		func(in *segmentflow.Ingest) error {
			_, err := in.Track(t.Context(), &segmentflow.IngestTrack{})
			return err
		},
		func(in *segmentflow.Ingest) error {
			_, err := in.Page(t.Context(), &segmentflow.IngestPage{})
			return err
		},
		func(in *segmentflow.Ingest) error {
			_, err := in.Batch(t.Context(), &segmentflow.IngestBatchParams{})
			return err
		},
	} {
		ingest, w := ingesting(t, problem(418, "x"))
		require.Error(t, do(ingest))
		sent[w.requests[0].Method+" "+w.requests[0].URL.Path] = true
	}
	require.Equal(t, found, sent)
}
