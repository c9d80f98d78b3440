package relay

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ErrServer is wrapped by the errors of Parse.
var ErrServer = errors.New(
	"the SMTP server must be HOST:PORT or smtp://USER:PASSWORD@HOST:PORT?starttls=required")

// Server is an SMTP server and how to sign in to it.
type Server struct {
	host, port     string
	user, password string // "" for no login
	startTLS       bool
}

// Parse reads host:port or smtp://user:password@host:port?starttls=required. No error repeats the text, since it may
// contain a password.
func Parse(text string) (*Server, error) {
	server := &Server{}
	var what string
	if strings.Contains(text, "://") {
		what = server.parseURL(text)
	} else {
		what = server.parseAddress(text)
	}
	if what != "" {
		return nil, fmt.Errorf("%w: %s", ErrServer, what)
	}
	return server, nil
}

// parseAddress reads host:port and returns what is wrong with it.
func (server *Server) parseAddress(text string) string {
	host, port, err := net.SplitHostPort(text)
	n, bad := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil && strings.Contains(text, "@"):
		return "a user and a password need the form that begins with smtp://"
	case err != nil:
		return "it has no port, or an IPv6 address without brackets"
	case host == "" || strings.ContainsAny(host, "@/ "):
		return "the host is not a name or an address"
	case bad != nil || n == 0:
		return "the port must be a number from 1 to 65535"
	}
	server.host, server.port = host, port
	return ""
}

// parseURL reads an smtp URL and returns what is wrong with it.
func (server *Server) parseURL(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "it is not a URL; in a user or a password, write special characters as %XX"
	}
	params, err := url.ParseQuery(u.RawQuery)
	startTLS, known := params["starttls"]
	switch {
	case u.Scheme != "smtp":
		return "the scheme must be smtp; for TLS, add ?starttls=required"
	case strings.Trim(u.Path, "/") != "" || u.Fragment != "" || u.Opaque != "":
		return "nothing but ?starttls=required may follow the port"
	case err != nil || len(params) > 1 || len(params) == 1 && !known:
		return "the only parameter is starttls"
	case known && (len(startTLS) != 1 || startTLS[0] != "required"):
		return "starttls can only be required"
	}
	if what := server.parseAddress(u.Host); what != "" {
		return what
	}

	server.startTLS = known
	if u.User == nil {
		return ""
	}
	server.user = u.User.Username()
	server.password, _ = u.User.Password()
	switch {
	case server.user == "" || server.password == "":
		return "a login needs a user and a password"
	case !server.startTLS && !isLoopback(server.host):
		return "a password goes only over TLS or to a loopback address; add ?starttls=required"
	}
	return ""
}

// isLoopback reports whether a host can only be this machine. For the name localhost, a connection checks its address
// too.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}
