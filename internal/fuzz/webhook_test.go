package fuzz_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// FuzzWebhook has requests that are signed by a second implementation, with a timestamp and a signature that may be
// replaced. Only a signature of exactly this request passes, and only within its time.
func FuzzWebhook(f *testing.F) {
	f.Add("1772442000", "", "/hooks?a=b", []byte("{}"), "whsec", int64(0))
	f.Add("+1772442000", "", "/", []byte("\n"), "s", int64(301))
	f.Add("-1", "00", "", []byte(nil), "", int64(-301))
	f.Add("1772442000\nPOST", "zz", "/a\n", []byte("POST"), "\x00", int64(1<<40))
	f.Fuzz(func(t *testing.T, timestamp, replaced, path string, body []byte, secret string, after int64) {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(append([]byte(timestamp+"\nPOST\n/"+path+"\n"), body...))
		right := hex.EncodeToString(mac.Sum(nil))
		signature := right
		if replaced != "" {
			signature = replaced
		}
		r := &http.Request{Method: http.MethodPost, RequestURI: "/" + path, URL: &url.URL{Path: "/"}}
		r.Header = http.Header{"X-Segmentflow-Timestamp": {timestamp}, "X-Segmentflow-Signature": {signature}}
		seconds, err := strconv.ParseInt(timestamp, 10, 64)
		plain := err == nil && strconv.FormatInt(seconds, 10) == timestamp
		now := time.Unix(1772442000, 0)
		if plain && seconds > 0 && seconds < 1<<40 {
			now = time.Unix(seconds, 0).Add(time.Duration(after%1000) * time.Second)
		}

		err = segmentflow.VerifyWebhook(r, body, secret, now)
		decoded, _ := hex.DecodeString(signature)
		switch {
		case secret == "", !plain, hex.EncodeToString(decoded) != right:
			require.ErrorIs(t, err, segmentflow.ErrWebhookSignature)
		case seconds < now.Unix()-300, seconds > now.Unix()+300:
			require.ErrorIs(t, err, segmentflow.ErrWebhookExpired)
		default:
			require.NoError(t, err)
		}
		if err == nil {
			err = segmentflow.VerifyWebhook(r, append(body, 0), secret, now)
			require.ErrorIs(t, err, segmentflow.ErrWebhookSignature)
		}
	})
}
