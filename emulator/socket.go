package emulator

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The limits of a connection to the emulator's own server. Handler sets the time limit of bodies.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10 // the URL of a clicked link is in its path
)

// socket is the emulator's own server on the loopback interface. It starts at the first call of listen.
type socket struct {
	mu       sync.Mutex
	closed   bool
	server   *http.Server
	listener net.Listener
}

// listen opens the listener unless it is open, and returns its URL.
func (sock *socket) listen(handler func() http.Handler) (url string, err error) {
	sock.mu.Lock()
	defer sock.mu.Unlock()
	if sock.closed {
		return "", world.ErrClosed
	}
	if sock.listener != nil {
		return sock.url(), nil
	}

	sock.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	sock.server = &http.Server{
		Handler:           handler(),
		ReadHeaderTimeout: headerTime,
		IdleTimeout:       idleTime,
		MaxHeaderBytes:    maxHeader,
	}
	go func(server *http.Server, listener net.Listener) { _ = server.Serve(listener) }(sock.server, sock.listener)
	return sock.url(), nil
}

// address returns the URL of the listener, or "" if there is none.
func (sock *socket) address() string {
	sock.mu.Lock()
	defer sock.mu.Unlock()
	if sock.listener == nil {
		return ""
	}
	return sock.url()
}

func (sock *socket) url() string { return "http://" + sock.listener.Addr().String() }

func (sock *socket) close() error {
	sock.mu.Lock()
	defer sock.mu.Unlock()
	sock.closed = true
	if sock.server == nil {
		return nil
	}
	return sock.server.Close()
}

// lazyHandler is a handler that is built when it is first used.
type lazyHandler struct {
	once    sync.Once
	handler http.Handler
}

func (lazy *lazyHandler) get(build func() http.Handler) http.Handler {
	lazy.once.Do(func() { lazy.handler = build() })
	return lazy.handler
}
