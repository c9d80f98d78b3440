package gateway

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// net/http refuses some requests by itself, before any handler: those that are not valid HTTP, have no Host, or have a
// header that is too large. It writes plain text to the connection and closes it. The connections of a Door's server
// write the envelope of the API instead.

// The limits of a connection. Guard sets the time limit of bodies.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10 // the URL of a clicked link is in its path
)

// Server is a server of a Door. All its replies have the form of the API.
type Server struct {
	*http.Server

	door   *Door
	silent sync.Map // the connections that have sent no whole request yet
}

// Server returns a server that passes on what Guard allows.
func (d *Door) Server(next http.Handler) *Server {
	guarded := d.Guard(next)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(connectionKey{}).(*connection).handled.Store(true)
		guarded.ServeHTTP(w, r)
	})
	ending, end := context.WithCancel(context.Background())
	server := &Server{door: d}
	server.Server = &http.Server{
		Handler: handler,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), endingKey{}, ending)
		},
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			return context.WithValue(ctx, connectionKey{}, conn)
		},
		ConnState:                    server.follow,
		DisableGeneralOptionsHandler: true, // it would answer "OPTIONS *" by itself
	}
	server.RegisterOnShutdown(end)
	server.RegisterOnShutdown(server.hurry)
	return server
}

// follow notes what a connection does.
func (server *Server) follow(conn net.Conn, state http.ConnState) {
	server.silent.Delete(conn)
	switch state {
	case http.StateNew:
		server.silent.Store(conn, nil)
	case http.StateIdle:
		conn.(*connection).next()
	}
}

// hurry ends soon the connections that have sent no request. Browsers open some in advance, and Shutdown would wait
// seconds for them.
func (server *Server) hurry() {
	const left = 100 * time.Millisecond // for a request that is on its way
	deadline := server.door.Clock().Add(left)
	server.silent.Range(func(conn, _ any) bool {
		_ = conn.(net.Conn).SetReadDeadline(deadline)
		return true
	})
}

type endingKey struct{}

// Ending returns a context that ends when the server of a request begins to shut down. A reply that has no end by
// itself must end then. The request's own context ends only with its connection.
func Ending(r *http.Request) context.Context {
	if ending, ok := r.Context().Value(endingKey{}).(context.Context); ok {
		return ending
	}
	return context.Background()
}

// Serve answers requests on a listener.
func (server *Server) Serve(listener net.Listener) error {
	return server.Server.Serve(doorListener{listener, server.door})
}

type connectionKey struct{}

type doorListener struct {
	net.Listener
	door *Door
}

func (l doorListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &connection{Conn: conn, door: l.door}, nil
}

// connection is one connection to a Door's server.
type connection struct {
	net.Conn
	door    *Door
	handled atomic.Bool // a handler has got the current request, so the reply is its own
	begin   []byte      // the first bytes of the current request
}

const headBegin = "HEAD "

// next begins to wait for the next request.
func (c *connection) next() {
	c.begin = c.begin[:0]
	c.handled.Store(false)
}

func (c *connection) Read(buffer []byte) (int, error) {
	n, err := c.Conn.Read(buffer)
	if missing := len(headBegin) - len(c.begin); !c.handled.Load() && missing > 0 {
		c.begin = append(c.begin, buffer[:min(n, missing)]...)
	}
	return n, err
}

// Write writes a reply. A reply to a request that no handler has got is a refusal by net/http, in a single call.
func (c *connection) Write(content []byte) (int, error) {
	if c.handled.Load() {
		return c.Conn.Write(content)
	}
	if _, err := c.Conn.Write(c.refusal(content)); err != nil {
		return 0, err
	}
	return len(content), nil
}

// CloseWrite is for net/http. It closes this direction first, so that a client that is still writing can see the reply.
func (c *connection) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// SetLinger is for Drop.
func (c *connection) SetLinger(seconds int) error {
	if tcp, ok := c.Conn.(interface{ SetLinger(seconds int) error }); ok {
		return tcp.SetLinger(seconds)
	}
	return nil
}

// refusal returns a refusal of net/http in the form of the API.
func (c *connection) refusal(plain []byte) []byte {
	request := &http.Request{Method: http.MethodGet}
	if string(c.begin) == headBegin {
		request.Method = http.MethodHead
	}
	refused, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(plain)), request)
	if err != nil {
		return plain
	}
	defer refused.Body.Close()

	problem := cmp.Or(unreadable[refused.StatusCode], unreadable[http.StatusBadRequest])
	body, err := json.Marshal(problem.envelope())
	if err != nil {
		return plain
	}
	var out bytes.Buffer
	reply := http.Response{
		StatusCode:    refused.StatusCode,
		ProtoMajor:    1,
		ProtoMinor:    1,
		Request:       request,
		ContentLength: int64(len(body)),
		Body:          io.NopCloser(bytes.NewReader(body)),
		Close:         true,
		Header: http.Header{
			"Content-Type": {"application/json"},
			"Date":         {c.door.Clock().UTC().Format(http.TimeFormat)},
			"X-Request-Id": {c.door.Journal.otherID()},
		},
	}
	_ = reply.Write(&out) // to a buffer
	return out.Bytes()
}

// unreadable are the refusals of requests that no handler can get, by the status of net/http.
var unreadable = map[int]*Problem{
	http.StatusBadRequest:                  Invalid(Issue{InHeader, "", CodeMalformed, "is not valid HTTP"}),
	http.StatusExpectationFailed:           Invalid(Issue{InHeader, "/Expect", CodeEnum, "must be 100-continue"}),
	http.StatusRequestHeaderFieldsTooLarge: Invalid(Issue{InHeader, "", CodeTooLong, "is too large"}),
	http.StatusHTTPVersionNotSupported:     Invalid(Issue{InHeader, "", CodeMalformed, "must be HTTP/1.0 or HTTP/1.1"}),
	http.StatusNotImplemented: {
		Code:    "not_implemented",
		Message: "The emulator knows no other Transfer-Encoding than chunked.",
	},
}
