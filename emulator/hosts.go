package emulator

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A web page that a developer visits can let its own name resolve to 127.0.0.1 (DNS rebinding), and then reads and
// posts to whatever listens there. What needs no key, the control plane and the dashboard, therefore answers only under
// names that no such page can have.

// WithAllowRemote also lets requests in whose Host is any IP address, for an emulator that listens beyond loopback. Names
// still need WithAllowedHosts: an address in a URL cannot be rebound, a name can.
func WithAllowRemote() Option { return func(o *options) { o.remote = true } }

// guarded refuses requests under a foreign Host, or from a page under a foreign Origin.
func (e *Emulator) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inProcess := r.Context().Value(inProcessKey{}) != nil // no page can have sent it
		switch {
		case inProcess, e.hostAllowed(r.Host) && e.originAllowed(r.Header.Values("Origin")):
			next.ServeHTTP(w, r)
		default:
			writeProblem(w, &problem{code: "foreign_host", message: "This path answers only under loopback and allowed host names."})
		}
	})
}

// originAllowed takes a request without Origin, which no other page's script can send but with GET and cannot read then.
// The opaque origin "null" is foreign: mail shown in a sandboxed frame has it.
func (e *Emulator) originAllowed(origins []string) bool {
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" || !e.hostAllowed(u.Host) {
			return false
		}
	}
	return true
}

func (e *Emulator) hostAllowed(hostport string) bool {
	host := hostName(hostport)
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().IsLoopback() || e.options.remote || e.named(host)
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "emulator.test" || e.named(host)
}

func (e *Emulator) named(host string) bool {
	return slices.ContainsFunc(e.options.hosts, func(name string) bool { return hostName(name) == host })
}

// hostName is the name or address without port and brackets, in lower case.
func hostName(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
