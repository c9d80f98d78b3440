package segmentflow_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// http2Server answers requests frame by frame. It reads each request to its end, and answers it by the next of its
// answers, or by the last one forever.
type http2Server struct {
	*httptest.Server
	mu      sync.Mutex
	answers []func(*http2.Framer, uint32) (open bool)
	keys    []string // the Idempotency-Key of each request
}

func startHTTP2(t *testing.T, answers ...func(*http2.Framer, uint32) bool) *http2Server {
	t.Helper()
	s := &http2Server{Server: httptest.NewUnstartedServer(nil), answers: answers}
	s.EnableHTTP2 = true
	s.Config.TLSNextProto = map[string]func(*http.Server, *tls.Conn, http.Handler){
		"h2": func(_ *http.Server, conn *tls.Conn, _ http.Handler) { s.serve(conn) },
	}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *http2Server) serve(conn *tls.Conn) {
	defer conn.Close()
	if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		ended := false
		switch frame := frame.(type) {
		case *http2.SettingsFrame:
			if !frame.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			s.note(frame)
			ended = frame.StreamEnded()
		case *http2.DataFrame:
			ended = frame.StreamEnded()
		}
		if ended && !s.next()(framer, frame.Header().StreamID) {
			return
		}
	}
}

func (s *http2Server) note(frame *http2.MetaHeadersFrame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := ""
	for _, field := range frame.RegularFields() {
		if field.Name == "idempotency-key" {
			key = field.Value
		}
	}
	s.keys = append(s.keys, key)
}

func (s *http2Server) next() func(*http2.Framer, uint32) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.answers[0]
	if len(s.answers) > 1 {
		s.answers = s.answers[1:]
	}
	return now
}

// transports returns the transports that speak HTTP/2.
func (s *http2Server) transports(t *testing.T) map[string]http.RoundTripper {
	t.Helper()
	own, ok := s.Client().Transport.(*http.Transport)
	require.True(t, ok)
	//nolint:staticcheck // deprecated, but programs use it
	other := &http2.Transport{TLSClientConfig: own.TLSClientConfig.Clone()}
	t.Cleanup(other.CloseIdleConnections) //nolint:staticcheck // likewise
	return map[string]http.RoundTripper{"net/http": own, "golang.org/x/net/http2": other}
}

func reset(code http2.ErrCode) func(*http2.Framer, uint32) bool {
	return func(framer *http2.Framer, stream uint32) bool { return framer.WriteRSTStream(stream, code) == nil }
}

// goAway sends a GOAWAY after which either the stream or only those before it may have been processed. It closes the
// connection, or leaves that to the client.
func goAway(processed bool, code http2.ErrCode, debug string) func(*http2.Framer, uint32) bool {
	return func(framer *http2.Framer, stream uint32) bool {
		if !processed {
			stream -= min(stream, 2)
		}
		_ = framer.WriteGoAway(stream, code, []byte(debug))
		return !processed
	}
}

func closeConnection(*http2.Framer, uint32) bool { return false }

func writeHeaders(framer *http2.Framer, stream uint32, status string) {
	var block bytes.Buffer
	_ = hpack.NewEncoder(&block).WriteField(hpack.HeaderField{Name: ":status", Value: status})
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndHeaders: true})
}

// teapot is an answer that is not retried.
func teapot(framer *http2.Framer, stream uint32) bool {
	writeHeaders(framer, stream, "418")
	return framer.WriteData(stream, true, []byte(`{"error":"x","message":"It did not work."}`)) == nil
}

// half begins an answer, and then breaks it off by another one.
func half(then func(*http2.Framer, uint32) bool) func(*http2.Framer, uint32) bool {
	return func(framer *http2.Framer, stream uint32) bool {
		writeHeaders(framer, stream, "200")
		return then(framer, stream)
	}
}
