package gateway

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// A web page that a developer visits can let its own name resolve to 127.0.0.1 (DNS rebinding). It can then read from
// and post to any server there. The control plane needs no key, and the key of a new world is well known. So the
// emulator answers only under names that no such page can have. Requests through Transport do not come from a page and
// are not checked.

// Door has the rules about which requests the emulator answers.
type Door struct {
	Hosts     []string         // names of the emulator, besides its own
	Origins   []string         // of pages that may call everything and read the answers
	PublicURL string           // base URL of the links in emails, "" if there is none; its host is allowed too
	Remote    bool             // allow requests whose Host is any IP address
	BodyTime  time.Duration    // how long a body may take
	Clock     func() time.Time // of the machine, for the deadlines of bodies
	Journal   *Journal

	// IsWebsite reports whether a page of this origin is one of a website, whose plug-in may call ingest.
	IsWebsite func(ctx context.Context, origin string) bool
}

// Guard passes a request on if its Host and Origin are allowed, and sets a deadline for its body.
func (d *Door) Guard(next http.Handler) http.Handler {
	guard := *d
	guard.Hosts = d.allowedHosts()
	return guard.bounded(guard.guarded(next))
}

var errForeignHost = &Problem{
	Code: "foreign_host",
	Message: "The emulator does not answer under this Host or Origin. To allow a host name, start the command with " +
		"--allow-host NAME, or use emulator.WithAllowedHosts in Go.",
}

// guarded refuses requests under a foreign Host, or from a page under a foreign Origin. The journal still has those for
// the API, because a developer whose client is refused will look there.
func (d *Door) guarded(next http.Handler) http.Handler {
	refused := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		EntryOf(r).Error = errForeignHost.Code
		WriteProblem(w, errForeignHost)
	})
	journaled, identified := d.Journal.Wrap(refused), d.Journal.Identify(refused)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch origin := r.Header.Get("Origin"); {
		case d.hostAllowed(r.Host) && d.mayCall(r):
			shared(w, r, origin, callSharing, next)
		case d.hostAllowed(r.Host) && d.mayIngest(r):
			shared(w, r, origin, ingestSharing, next)
		case d.hostAllowed(r.Host) && d.originsAllowed(r):
			next.ServeHTTP(w, r)
		case IsCall(r), IsUpload(r):
			journaled.ServeHTTP(w, r)
		default:
			identified.ServeHTTP(w, r)
		}
	})
}

// originsAllowed reports whether the page that sent a request may do so. Without Origin it may: a script of another
// page can leave it out only with GET, and then it cannot read the reply. The opaque origin "null" is foreign, because
// an email that is shown in a sandboxed frame has it. An IP address is an allowed origin only for requests to itself.
func (d *Door) originsAllowed(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme == "" {
			return false
		}
		name := hostName(u.Host)
		own := name == hostName(r.Host) && d.hostAllowed(r.Host)
		if !own && !d.known(name) {
			return false
		}
	}
	return true
}

// ingestPath begins the paths that the pages of websites may call.
const ingestPath = "/api/v1/ingest/"

// mayIngest reports whether a page of a website calls ingest, which its write key allows and nothing else.
func (d *Door) mayIngest(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && strings.HasPrefix(r.URL.Path, ingestPath) && d.IsWebsite != nil &&
		d.IsWebsite(r.Context(), origins[0])
}

// mayCall reports whether the page that sent a request may read the answer, whatever it is.
func (d *Door) mayCall(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && slices.Contains(d.Origins, strings.ToLower(origins[0]))
}

// sharing is what a page of another origin may do: the methods and headers of its requests, and the headers of the
// answers that it may read. Such a request has no cookies, so it reaches nothing that needs signing in.
type sharing struct{ methods, headers, exposed string }

var (
	callSharing   = sharing{methods: "GET, HEAD, POST, PUT, PATCH, DELETE", headers: "*", exposed: "*"}
	ingestSharing = sharing{methods: "POST", headers: "content-type", exposed: "x-request-id, retry-after"}
)

// shared answers a page of another origin, which may read the answer (CORS). A browser first asks whether it may call.
func shared(w http.ResponseWriter, r *http.Request, origin string, may sharing, next http.Handler) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", may.exposed)
	header.Set("Vary", "Origin")
	if r.Method != http.MethodOptions {
		next.ServeHTTP(w, r)
		return
	}
	header.Set("Access-Control-Allow-Methods", may.methods)
	header.Set("Access-Control-Allow-Headers", may.headers)
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// IsLoopbackOrigin reports whether a text is the origin of a page whose host is a loopback name or address, as browsers
// write it but for capital letters.
func IsLoopbackOrigin(origin string) bool {
	u, err := url.Parse(strings.ToLower(origin))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(u.Host, ":") {
		return false
	}
	return strings.EqualFold(u.Scheme+"://"+u.Host, origin) && isLoopback(u.Hostname())
}

// isLoopback reports whether a name or address in lower case is that of the machine itself.
func isLoopback(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().IsLoopback()
	}
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// hostAllowed reports whether the emulator answers under a host. Remote allows all IP addresses.
func (d *Door) hostAllowed(hostport string) bool {
	name := hostName(hostport)
	if _, err := netip.ParseAddr(name); err == nil && d.Remote {
		return true
	}
	return d.known(name)
}

// known reports whether a name is that of the machine itself or was given by an option.
func (d *Door) known(name string) bool {
	return isLoopback(name) || name == "emulator.test" || name != "" && slices.Contains(d.Hosts, name)
}

// allowedHosts returns the names that were given and the host of PublicURL.
func (d *Door) allowedHosts() []string {
	var names []string
	for _, host := range d.Hosts {
		names = append(names, hostName(host))
	}
	if public, err := url.Parse(d.PublicURL); err == nil {
		names = append(names, hostName(public.Host))
	}
	return names
}

// hostName returns the name or address without port and brackets, in lower case.
func hostName(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
