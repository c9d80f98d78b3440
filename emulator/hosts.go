package emulator

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// A web page that a developer visits can let its own name resolve to 127.0.0.1 (DNS rebinding). It then reads and
// posts to whatever listens there. The control plane needs no key, and the key of a new world is well known. So the
// emulator answers only under names that no such page can have. Requests through Transport come from no page and are
// not checked.

// WithAllowRemote also lets requests in whose Host is any IP address, for an emulator that listens beyond loopback.
// Names still need WithAllowedHosts: an address in a URL cannot be rebound, a name can.
func WithAllowRemote() Option { return func(o *options) { o.remote = true } }

var errForeignHost = &problem{
	code: "foreign_host",
	message: "The emulator does not answer under this Host or Origin. To allow a host name, start the command with " +
		"--allow-host NAME, or use emulator.WithAllowedHosts in Go.",
}

// guarded refuses requests under a foreign Host, or from a page under a foreign Origin. Those for the API are in the
// journal nevertheless, where somebody will look whose client gets no answer.
func (e *Emulator) guarded(next http.Handler) http.Handler {
	refused := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { e.fail(w, r, errForeignHost) })
	journaled := e.journaled(refused)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case e.hostAllowed(r.Host) && e.originsAllowed(r):
			next.ServeHTTP(w, r)
		case r.URL.Path == "/api" || strings.HasPrefix(r.URL.Path, "/api/"):
			journaled.ServeHTTP(w, r)
		default:
			refused(w, r)
		}
	})
}

// originsAllowed reports whether the page that sent a request may do so. Without Origin it may: no script of another
// page sends such a request but with GET, and then it cannot read the reply. The opaque origin "null" is foreign,
// because mail shown in a sandboxed frame has it. An IP address is an origin for requests to itself only.
func (e *Emulator) originsAllowed(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" {
			return false
		}
		name := hostName(u.Host)
		own := name == hostName(r.Host) && e.hostAllowed(r.Host)
		if !own && !e.known(name) {
			return false
		}
	}
	return true
}

// hostAllowed reports whether the emulator answers under a host. WithAllowRemote adds all IP addresses.
func (e *Emulator) hostAllowed(hostport string) bool {
	name := hostName(hostport)
	if _, err := netip.ParseAddr(name); err == nil && e.options.remote {
		return true
	}
	return e.known(name)
}

// known reports whether a host is the machine itself or was named by an option.
func (e *Emulator) known(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil && ip.Unmap().IsLoopback() {
		return true
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || name == "emulator.test" ||
		name != "" && slices.Contains(e.options.hosts, name)
}

// allowedHosts are the names of WithAllowedHosts and the host of WithPublicURL, to which the links in mail lead.
func (o *options) allowedHosts() []string {
	var names []string
	for _, host := range o.hosts {
		names = append(names, hostName(host))
	}
	if public, err := url.Parse(o.publicURL); err == nil {
		names = append(names, hostName(public.Host))
	}
	return names
}

// hostName is the name or address without port and brackets, in lower case.
func hostName(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
