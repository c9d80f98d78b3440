package segmentflow

import (
	"errors"
	"math"
	"net/http"
	"runtime"
	"sync"
)

// shipped is net/http's own default transport, or nil if another package has replaced it before this package started.
var shipped, _ = http.DefaultTransport.(*http.Transport)

// defaultTransport is the transport of clients that were given none. It looks http.DefaultTransport up on each attempt,
// because tests and tracing replace it.
//
// Net/http's own keeps only two idle connections to a host. Many callers at the same time would therefore open
// connections all the time. In its place, defaultTransport uses a copy that keeps all connections, until the copied
// time limit of idle connections closes them.
type defaultTransport struct {
	once sync.Once
	copy *http.Transport
}

// RoundTrip makes one attempt.
func (d *defaultTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	current := http.DefaultTransport
	if current == nil {
		return nil, errors.New("http.DefaultTransport is nil; set it, or use WithHTTPClient")
	}
	own, ok := current.(*http.Transport)
	if !ok || own != shipped || own.MaxIdleConnsPerHost != 0 {
		return current.RoundTrip(req)
	}

	d.once.Do(func() {
		d.copy = own.Clone()
		d.copy.MaxIdleConns, d.copy.MaxIdleConnsPerHost = 0, math.MaxInt
		runtime.AddCleanup(d, (*http.Transport).CloseIdleConnections, d.copy)
	})
	return d.copy.RoundTrip(req)
}
