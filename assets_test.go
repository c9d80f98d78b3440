package segmentflow_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const signed = "https://files.example/put/logo.png?signature=53cr3t"

var (
	urlReply = reply{status: 200, body: `{"success":true,"uploadUrl":"` + signed + `",
		"key":"organizations/a/logo.png","expiresIn":900}`}
	takenReply = reply{status: 200}
	assetReply = reply{status: 200, body: `{"success":true,"asset":{"id":"asset_1"}}`}
)

func logo(body io.Reader) *segmentflow.UploadAssetParams {
	return &segmentflow.UploadAssetParams{Filename: "Logo.PNG", Body: body}
}

func TestUploadTakesThreeStepsAndTellsNobodyElseTheKey(t *testing.T) {
	var logged bytes.Buffer
	var seen []string
	w := &wire{replies: []reply{urlReply, takenReply, assetReply}}
	client := dial(t, w,
		segmentflow.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
			return roundTripper(func(req *http.Request) (*http.Response, error) {
				seen = append(seen, req.URL.Host)
				return next.RoundTrip(req)
			})
		}),
		segmentflow.WithObserver(func(_ context.Context, event segmentflow.CallEvent) {
			seen = append(seen, event.Operation)
		}))
	var resp segmentflow.Response
	asset, err := client.Assets.Upload(t.Context(), &segmentflow.UploadAssetParams{
		Filename: "Logo.PNG", Body: strings.NewReader("pixels"), AssetType: segmentflow.AssetTypeLeadMagnet,
		ImageType: segmentflow.ImageTypeLogo, WebsiteID: "site",
	}, segmentflow.WithIdempotencyKey("logo"), segmentflow.WithHeader("X-Tenant", "acme"),
		segmentflow.WithResponse(&resp))
	require.NoError(t, err)
	assert.Equal(t, "asset_1", asset.ID)
	assert.Equal(t, "logo", resp.IdempotencyKey)
	require.Equal(t, 3, w.count())

	ask, put, create := w.requests[0], w.requests[1], w.requests[2]
	assert.JSONEq(t, `{"filename":"Logo.PNG","contentType":"image/png","size":6,"assetType":"lead-magnet",
		"websiteId":"site"}`, ask.body)
	assert.JSONEq(t, `{"filename":"Logo.PNG","s3Key":"organizations/a/logo.png","contentType":"image/png","size":6,
		"assetType":"lead-magnet","imageType":"logo","websiteId":"site"}`, create.body)
	assert.Equal(t, []string{"logo/0", "logo/1"},
		[]string{ask.Header.Get("Idempotency-Key"), create.Header.Get("Idempotency-Key")})
	assert.Equal(t, "PUT "+signed, put.Method+" "+put.URL.String())
	assert.Equal(t, "pixels", put.body)
	assert.Equal(t, int64(6), put.ContentLength)
	assert.Equal(t, "image/png", put.Header.Get("Content-Type"))
	put.Header.Del("Content-Type")
	put.Header.Del("User-Agent")
	assert.Empty(t, put.Header, "neither the API key nor the headers of the call")
	assert.Equal(t, "acme", ask.Header.Get("X-Tenant"))
	assert.Equal(t, []string{"api.segmentflow.ai", "createAssetUploadURL", "api.segmentflow.ai", "createAsset"}, seen)
	assert.NotContains(t, logged.String(), "53cr3t")
	assert.NotContains(t, logged.String(), "files.example")
}

func TestUploadUpdatesTheAssetOnlyIfThereIsSomethingToSay(t *testing.T) {
	client, w := answering(t, urlReply, takenReply, assetReply)
	params := logo(strings.NewReader("pixels"))
	params.Description, params.Tags = "Green", []string{"brand"}
	_, err := client.Assets.Upload(t.Context(), params, segmentflow.WithIdempotencyKey(strings.Repeat("k", 255)))
	require.NoError(t, err)
	require.Equal(t, 4, w.count())
	last := w.requests[3]
	assert.Equal(t, "PATCH /api/v1/assets/asset_1", last.Method+" "+last.URL.Path)
	assert.JSONEq(t, `{"description":"Green","tags":["brand"]}`, last.body)
	assert.Regexp(t, `^sha256:[0-9a-f]{64}/2$`, last.Header.Get("Idempotency-Key"))
}

func TestUploadRepeatsThePutIfTheBodyCanBeReadAgain(t *testing.T) {
	noWaits := segmentflow.WithSleep(func(context.Context, time.Duration) error { return nil })
	for _, failure := range []reply{
		lost, problem(500, "internal_error"), problem(503, "unavailable"), problem(408, "request_timeout"),
		problem(429, "rate_limited"),
	} {
		w := &wire{replies: []reply{urlReply, failure, failure, takenReply, assetReply}}
		body := strings.NewReader("skipped pixels")
		_, err := body.Seek(8, io.SeekStart)
		require.NoError(t, err)
		_, err = dial(t, w, noWaits).Assets.Upload(t.Context(), logo(body))
		require.NoError(t, err)
		for _, put := range w.requests[1:4] {
			assert.Equal(t, "pixels", put.body)
		}

		w = &wire{replies: []reply{urlReply, failure, takenReply, assetReply}}
		params := logo(io.MultiReader(strings.NewReader("pixels")))
		params.Size = 6
		_, err = dial(t, w, noWaits).Assets.Upload(t.Context(), params, segmentflow.WithIdempotencyKey("logo"))
		e := refused(t, err)
		require.ErrorContains(t, err, "it was not sent again, because Body is no io.Seeker")
		assert.Equal(t, "logo", e.IdempotencyKey)
		assert.Equal(t, failure.status, e.Status)
		assert.Equal(t, 2, w.count())
	}

	w := &wire{replies: []reply{urlReply, lost}}
	_, err := dial(t, w, noWaits).Assets.Upload(t.Context(), logo(strings.NewReader("pixels")),
		segmentflow.WithCallMaxRetries(1))
	require.ErrorContains(t, err, "segmentflow: PUT (upload URL): connection reset by peer (attempts 2)")
	assert.Equal(t, 3, w.count())
}

func TestAPutThatWasTakenBeforeIsDone(t *testing.T) {
	taken := reply{status: 409, body: `{"error":"invalid_state","message":"m","details":{"status":"Uploaded"}}`}
	client, w := answering(t, urlReply, taken, assetReply)
	_, err := client.Assets.Upload(t.Context(), logo(strings.NewReader("pixels")))
	require.NoError(t, err)
	assert.Equal(t, 3, w.count())
}

func TestARefusedPutIsAnErrorWithoutTheURL(t *testing.T) {
	for _, answer := range []reply{
		{status: 422, body: `{"error":"validation_failed","message":"m","details":{"reason":"upload_size"}}`},
		{status: 409, body: `{"error":"invalid_state","message":"m","details":{"status":"Other"}}`},
		{status: 403, body: "<Error>" + signed + "</Error>"},
		{status: 307, headers: []string{"Location: https://elsewhere.example/"}},
		{err: errors.New("tls: access denied for " + signed)},
		{err: &url.Error{Op: "Put", URL: signed, Err: io.ErrUnexpectedEOF}},
	} {
		client, w := answering(t, urlReply, answer)
		_, err := client.Assets.Upload(t.Context(), logo(strings.NewReader("pixels")),
			segmentflow.WithIdempotencyKey("logo"), segmentflow.WithCallMaxRetries(0))
		e := refused(t, err)
		assert.Equal(t, answer.status, e.Status)
		assert.Equal(t, "logo", e.IdempotencyKey)
		assert.Equal(t, 2, w.count(), "no redirect is followed, and nothing is created")
		assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, e.Unwrap(), e.Message), "53cr3t")
	}
}

func TestAnUploadURLMustBeSafe(t *testing.T) {
	for to, safe := range map[string]bool{
		"http://files.example/a":     false,
		"ftp://files.example/a":      false,
		"//files.example/a":          false,
		"/a":                         false,
		"https:///a":                 false,
		"https://files.example:x/a":  false,
		"http://127.0.0.1:8080/a?b":  true,
		"http://localhost/a":         true,
		"https://files.example/a?b=": true,
	} {
		url := reply{status: 200, body: `{"uploadUrl":"` + to + `","key":"k","expiresIn":900}`}
		client, w := answering(t, url, takenReply, assetReply)
		_, err := client.Assets.Upload(t.Context(), logo(strings.NewReader("pixels")))
		if safe {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, "the upload URL of the reply is not an absolute https URL", to)
		assert.NotContains(t, err.Error(), "files.example")
		assert.Equal(t, 1, w.count())
	}
	url := reply{status: 200, body: `{"uploadUrl":"http://files.example/a","key":"k"}`}
	w := &wire{replies: []reply{url, takenReply, assetReply}}
	_, err := dial(t, w, segmentflow.WithInsecureHTTP()).Assets.Upload(t.Context(), logo(strings.NewReader("pixels")))
	require.NoError(t, err)
}

func TestAnUploadIsCheckedBeforeItIsSent(t *testing.T) {
	pipe, writer, err := os.Pipe()
	require.NoError(t, err)
	defer pipe.Close()
	defer writer.Close()
	for _, c := range []struct {
		params *segmentflow.UploadAssetParams
		want   string
	}{
		{nil, "/params required"},
		{&segmentflow.UploadAssetParams{}, "/Filename required; /ContentType required; /Body required"},
		{&segmentflow.UploadAssetParams{Filename: "a.exe", Body: strings.NewReader("a")}, "/ContentType required"},
		{logo((*bytes.Reader)(nil)), "/Body required"},
		{logo(strings.NewReader("")), "/Size min"},
		{logo(io.MultiReader()), "/Size required"},
		{logo(pipe), "/Size required"},
		{logo(bytes.NewReader(make([]byte, 20<<20+1))), "/Size max"},
		{&segmentflow.UploadAssetParams{Filename: "a.csv", Body: strings.NewReader("abc"), Size: 2}, "/Size conflict"},
		{&segmentflow.UploadAssetParams{Filename: "a.csv", Body: io.MultiReader(), Size: -1}, "/Size min"},
		{&segmentflow.UploadAssetParams{
			Filename: "a.csv", Body: strings.NewReader("abc"), Description: strings.Repeat("é", 501),
			AltText: strings.Repeat("é", 201),
			Tags:    append(make([]string, 1), strings.Split(strings.Repeat("t", 20), "")...),
		}, "/Description too_long; /AltText too_long; /Tags too_many; /Tags/0 too_long"},
	} {
		client, w := answering(t, urlReply)
		_, err := client.Assets.Upload(t.Context(), c.params)
		require.ErrorContains(t, err, ": "+c.want+": not sent")
		assert.Zero(t, w.count())
	}
	client, w := answering(t, urlReply)
	_, err = client.Assets.Upload(t.Context(), logo(strings.NewReader("pixels")), segmentflow.WithIdempotencyKey(""))
	require.ErrorContains(t, err, "/Idempotency-Key too_short")
	assert.Zero(t, w.count())
}

func TestABodyOfAnotherSizeIsNotSentAgain(t *testing.T) {
	for _, c := range []struct {
		body io.Reader
		size int64
		want string
	}{
		{io.MultiReader(strings.NewReader("pixels")), 5, "it has more bytes than Size"},
		{io.MultiReader(strings.NewReader("pixels")), 7, "it has fewer bytes than Size"},
		{iotest.ErrReader(os.ErrPermission), 7, "permission denied"},
	} {
		params := logo(c.body)
		params.Size = c.size
		calls := 0
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			calls++
			if req.Method == http.MethodPut {
				if _, err := io.Copy(io.Discard, req.Body); err != nil {
					return nil, err
				}
			}
			return (&wire{replies: []reply{urlReply}}).RoundTrip(req)
		}))
		_, err := client.Assets.Upload(t.Context(), params)
		require.ErrorContains(t, err, c.want)
		assert.Equal(t, 2, calls)
	}
}

func TestABodyIsNotReadAfterItsAttempt(t *testing.T) {
	for _, body := range []io.Reader{strings.NewReader("pixels"), io.MultiReader(strings.NewReader("pixels"))} {
		var kept io.Reader
		client := dial(t, roundTripper(func(req *http.Request) (*http.Response, error) {
			if req.Method != http.MethodPut {
				return (&wire{replies: []reply{urlReply}}).RoundTrip(req)
			}
			kept = req.Body
			return nil, errors.New("connection reset by peer")
		}))
		params := logo(body)
		params.Size = 6
		_, err := client.Assets.Upload(t.Context(), params, segmentflow.WithCallMaxRetries(0))
		require.ErrorContains(t, err, "connection reset by peer")
		_, err = kept.Read(make([]byte, 6))
		require.ErrorContains(t, err, "the attempt has ended")
		rest, err := io.ReadAll(body)
		require.NoError(t, err)
		assert.Equal(t, "pixels", string(rest))
	}
}

func TestUploadReadsAFileFromWhereItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.csv")
	require.NoError(t, os.WriteFile(path, []byte("a,b"), 0o600))
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	client, w := answering(t, urlReply, takenReply, assetReply)
	_, err = client.Assets.Upload(t.Context(), &segmentflow.UploadAssetParams{Filename: "list.csv", Body: file})
	require.NoError(t, err)
	assert.Equal(t, "a,b", w.requests[1].body)
	assert.Equal(t, "text/csv", w.requests[1].Header.Get("Content-Type"))
	_, err = file.Seek(0, io.SeekStart)
	require.NoError(t, err, "it is not closed")
}
