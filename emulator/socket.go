package emulator

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// What the emulator's own server grants a connection. Bodies have their own time, which Handler sets.
const (
	headerTime = 10 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 64 << 10 // a click's URL is in its path
)

// socket is the emulator's own server on the loopback interface, once somebody has asked for it.
type socket struct {
	mu       sync.Mutex
	closed   bool
	server   *http.Server
	listener net.Listener
}

// listen opens the listener unless it is open, and returns its URL.
func (s *socket) listen(handler func() http.Handler) (url string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return "", world.ErrClosed
	}
	if s.listener != nil {
		return s.url(), nil
	}
	if s.listener, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		return "", err
	}
	s.server = &http.Server{Handler: handler(), ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeader}
	go func(server *http.Server, listener net.Listener) { _ = server.Serve(listener) }(s.server, s.listener)
	return s.url(), nil
}

// address is the URL of the listener, "" if there is none.
func (s *socket) address() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return ""
	}
	return s.url()
}

func (s *socket) url() string { return "http://" + s.listener.Addr().String() }

func (s *socket) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.server == nil {
		return nil
	}
	return s.server.Close()
}

// lazy is a handler that is built when somebody needs it.
type lazy struct {
	once    sync.Once
	handler http.Handler
}

func (l *lazy) of(build func() http.Handler) http.Handler {
	l.once.Do(func() { l.handler = build() })
	return l.handler
}
