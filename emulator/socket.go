package emulator

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// closeTime is how long Serve waits for calls in progress when it ends.
const closeTime = 5 * time.Second

// URL returns the emulator's address on the loopback interface. The first call opens the listener.
func (e *Emulator) URL() string {
	address, err := e.socket.listen(e.server)
	e.must("URL", err)
	return address
}

// Serve serves Handler on a listener until ctx ends. It then closes the listener, waits up to five seconds for calls in
// progress, and returns nil. No acknowledged write is lost. If the listener fails first, Serve returns its error.
//
// Close does not end Serve. Links in emails do not begin with the listener's address unless WithPublicURL says so.
// Unlike an http.Server with Handler, Serve also answers requests that are not valid HTTP in the form of the API.
func (e *Emulator) Serve(ctx context.Context, listener net.Listener) error {
	server := e.server()
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}

	closing, stop := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer stop()
	err := server.Shutdown(closing)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}

func (e *Emulator) server() *gateway.Server {
	server := e.door().Server(e.lazyRoutes())
	server.ErrorLog = slog.NewLogLogger(e.log.Handler(), slog.LevelWarn)
	return server
}

// socket is the emulator's own server on the loopback interface. It starts at the first call of listen.
type socket struct {
	mu       sync.Mutex
	closed   bool
	server   *gateway.Server
	listener net.Listener
}

// listen opens the listener unless it is open, and returns its URL.
func (sock *socket) listen(newServer func() *gateway.Server) (url string, err error) {
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
	sock.server = newServer()
	go func(server *gateway.Server, listener net.Listener) { _ = server.Serve(listener) }(sock.server, sock.listener)
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
