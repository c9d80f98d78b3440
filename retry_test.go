package segmentflow_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// TestRetriesOfBrokenConnections has the failures that no emulator can cause. The others are in package emulator, where
// its faults cause them.
func TestRetriesOfBrokenConnections(t *testing.T) {
	refusedConn := reply{err: &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}}
	untrusted := reply{err: &tls.CertificateVerificationError{Err: errors.New("unknown authority")}}
	calls := map[string]func(context.Context, *segmentflow.Client) error{
		"a read": func(ctx context.Context, c *segmentflow.Client) error {
			_, err := c.Emails.Retrieve(ctx, sendID)
			return err
		},
		"a keyed write": func(ctx context.Context, c *segmentflow.Client) error {
			_, err := c.Emails.Send(ctx, receipt())
			return err
		},
		"a write without documented key": func(ctx context.Context, c *segmentflow.Client) error {
			return c.Do(ctx, "POST", "/api/v1/x", struct{}{}, nil)
		},
	}
	for _, c := range []struct {
		reply                  reply
		read, keyed, otherwise int
	}{
		{lost, 3, 3, 1},
		{refusedConn, 3, 3, 3},
		{untrusted, 1, 1, 1},
		{reply{err: &net.OpError{Op: "dial", Err: errors.New("no route to host")}}, 3, 3, 3},
		{reply{err: &net.OpError{Op: "read", Err: errors.New("no route to host")}}, 3, 3, 1},
		{reply{err: tls.RecordHeaderError{Msg: "of a later record"}}, 3, 3, 1},
		{reply{err: errors.New("http2: Transport received GOAWAY from server ErrCode:NO_ERROR; and more")}, 3, 3, 1},
		{reply{err: errors.New("http2: client conn not usable")}, 3, 3, 3},
		{reply{err: errors.New("http2: client conn could not be established")}, 3, 3, 3},
		{reply{err: errors.New("http2: no cached connection was available")}, 3, 3, 3},
		{reply{err: errors.New("net/http: cannot rewind body after connection loss")}, 3, 3, 3},
	} {
		for kind, want := range map[string]int{
			"a read":                         c.read,
			"a keyed write":                  c.keyed,
			"a write without documented key": c.otherwise,
		} {
			t.Run(fmt.Sprintf("%s after %v", kind, c.reply.err), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					client, w := answering(t, c.reply)
					e := refused(t, calls[kind](t.Context(), client))
					assert.Equal(t, want, w.count())
					assert.Equal(t, want, e.Attempts)
					assert.Zero(t, e.Status)
				})
			})
		}
	}
}

func TestALostResponseIsRequestedAgainWithTheSameKeyAndBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, w := answering(t, lost, problem(409, "idempotency_in_progress"), ok)
		var resp segmentflow.Response
		_, err := client.Emails.Send(t.Context(), receipt(), segmentflow.WithResponse(&resp))
		require.NoError(t, err)
		require.Len(t, w.requests, 3)
		assert.Regexp(t, `^auto_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
			resp.IdempotencyKey)
		for _, r := range w.requests {
			assert.Equal(t, resp.IdempotencyKey, r.Header.Get("Idempotency-Key"))
			assert.Equal(t, w.requests[0].body, r.body)
		}
		assert.Equal(t, 3, resp.Attempts)
	})
}

// TestNetHTTPRepeatsNothingByItself breaks a kept-alive connection after a request has arrived. In this case net/http
// by itself repeats a request that has an Idempotency-Key.
func TestNetHTTPRepeatsNothingByItself(t *testing.T) {
	for name, body := range map[string]any{"with a body": struct{}{}, "without a body": nil} {
		t.Run(name, func(t *testing.T) {
			var writes atomic.Int32
			server := listen(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					_, _ = io.WriteString(w, "{}")
					return
				}
				got, _ := io.ReadAll(r.Body)
				assert.Equal(t, body != nil, len(got) > 0)

				writes.Add(1)
				conn, _, err := http.NewResponseController(w).Hijack()
				assert.NoError(t, err)
				_ = conn.Close()
			})
			client, err := segmentflow.New(apiKey, segmentflow.WithBaseURL(server))
			require.NoError(t, err)
			require.NoError(t, client.Do(t.Context(), "GET", "/", nil, nil), "opens the connection that is kept")
			err = client.Do(t.Context(), "POST", "/", body, nil)
			assert.Equal(t, 1, refused(t, err).Attempts)
			assert.EqualValues(t, 1, writes.Load())
		})
	}
}
