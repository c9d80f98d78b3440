package webhook

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
)

// How many hooks are sent at once. A handler in the process gets one after the other, so that their order is always the
// same.
const (
	atOnceByURL     = 8
	atOnceByHandler = 1
)

// urlOfHandler is the URL of requests to a handler in the process.
const urlOfHandler = "http://webhook.test/"

// Target is the receiver of hooks.
type Target struct {
	url       string
	secret    string
	transport http.RoundTripper
	atOnce    int
	inProcess bool
}

// ErrURL is wrapped by the errors of At.
var ErrURL = errors.New("the receiver of webhooks must be on this machine, such as http://127.0.0.1:8080/hooks")

// At returns the receiver with a URL, which must be on this machine. The error does not repeat the URL.
func At(address, secret string) (*Target, error) {
	at, err := url.Parse(address)
	what := ""
	switch {
	case err != nil, at.Scheme != "http" && at.Scheme != "https", at.Host == "":
		what = "the URL must be absolute, with http or https"
	case at.User != nil || at.Fragment != "":
		what = "the URL must have no user and no fragment; a receiver checks the signature"
	case !isLoopback(at.Hostname()):
		what = "the host must be localhost or a loopback address, since webhooks contain addresses of people"
	}
	if what != "" {
		return nil, fmt.Errorf("%w: %s", ErrURL, what)
	}
	dialer := net.Dialer{Timeout: answerTime, Control: onlyLoopback}
	return &Target{
		url:    at.String(),
		secret: secret,
		transport: &http.Transport{
			DialContext:         dialer.DialContext,
			MaxIdleConnsPerHost: atOnceByURL,
			// The connection does not leave the machine, and servers for tests sign their own certificates.
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
		},
		atOnce: atOnceByURL,
	}, nil
}

// Within returns the receiver behind a transport that carries requests within the process, to a Marked handler.
func Within(transport http.RoundTripper, secret string) *Target {
	return &Target{urlOfHandler, secret, transport, atOnceByHandler, true}
}

// isLoopback reports whether a host can only be this machine. For the name localhost, the dialer checks the address.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

var errNotLoopback = errors.New("the host is not this machine")

// onlyLoopback refuses a connection that leaves the machine.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !at.Addr().Unmap().IsLoopback() {
		return errNotLoopback
	}
	return nil
}
