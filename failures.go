package segmentflow

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
)

// refusals contains the TLS alerts by which a server refuses this client for good.
var refusals = []string{
	"tls: access denied",
	"tls: bad certificate",
	"tls: certificate required",
	"tls: encrypted client hello required",
	"tls: expired certificate",
	"tls: handshake failure",
	"tls: insufficient security level",
	"tls: no application protocol",
	"tls: protocol version not supported",
	"tls: revoked certificate",
	"tls: unknown certificate",
	"tls: unknown certificate authority",
	"tls: unrecognized name",
	"tls: unsupported certificate",
}

// unsendable contains the beginnings of errors about a request that the transport refuses to send, or about a server
// that speaks another protocol.
var unsendable = []string{
	"http: no Host in request URL",
	"http2: unencrypted HTTP/2 not enabled",
	"http2: unexpected ALPN protocol",
	"http2: unsupported scheme",
	`malformed HTTP response "\x15\x03`, // a TLS alert in reply to plain http
	"net/http: invalid header",
	"tls: no supported versions",
	"tls: server selected unsupported protocol version",
	"unsupported protocol scheme",
}

// neverSent reports whether the server has certainly not begun to process a request whose attempt failed with err:
// there was no connection to send it on, or the server certified over HTTP/2 that it did not process it.
func neverSent(err error) bool {
	if errors.Is(err, syscall.ECONNREFUSED) {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return true
	}
	return anyOf(err, func(err error) bool { return unprocessed(err.Error()) })
}

// unprocessed reports whether text is that of an error by which net/http or golang.org/x/net/http2 reports a stream
// that the server did not process, or that was never opened. Both keep the types of these errors to themselves, and if
// the body cannot be sent again, they have nothing but the text of the error in another one.
//
// The text must be known as a whole, because other errors quote what the server sent. One is the error for a GOAWAY
// that leaves open whether the server has processed the stream.
func unprocessed(text string) bool {
	if inner, ok := strings.CutPrefix(text, "http2: Transport: cannot retry err ["); ok {
		text, _, _ = strings.Cut(inner, "] after Request.Body was written;")
	}
	switch text {
	case "http2: Transport received Server's graceful shutdown GOAWAY",
		"http2: client conn not usable",
		"http2: client conn could not be established",
		"http2: no cached connection was available",
		"net/http: cannot rewind body after connection loss": // of a request without GetBody, only after the former
		return true
	}
	if code, ok := strings.CutPrefix(text, "http2: Transport received GOAWAY from server ErrCode:"); ok {
		return !strings.ContainsAny(code, " ;") // the first stream of a connection, above the last processed one
	}
	id, ok := strings.CutPrefix(text, "stream error: stream ID ")
	return ok && strings.TrimLeft(id, "0123456789") == "; REFUSED_STREAM; received from peer"
}

// permanent reports whether the next attempt would fail in the same way.
func permanent(err error) bool {
	return errors.Is(err, errReplyTooLong) || errors.Is(err, http.ErrSchemeMismatch) || anyOf(err, isPermanent)
}

// isPermanent is permanent for one error of a chain. It knows the errors of a certificate, of TLS with a peer that does
// not speak it or refuses it, and of a request that the transport refuses to send.
func isPermanent(err error) bool {
	switch err := err.(type) { //nolint:errorlint // anyOf unwraps
	case *tls.CertificateVerificationError,
		x509.UnknownAuthorityError,
		x509.HostnameError,
		x509.CertificateInvalidError,
		x509.SystemRootsError,
		x509.InsecureAlgorithmError:
		return true
	case tls.RecordHeaderError:
		return err.Conn != nil // the first record; a later one may be an accident
	case *net.OpError:
		return err.Op == "remote error" && slices.Contains(refusals, err.Err.Error())
	}
	text := err.Error()
	return slices.ContainsFunc(unsendable, func(prefix string) bool { return strings.HasPrefix(text, prefix) })
}

// anyOf reports whether match returns true for err or for an error that it wraps.
func anyOf(err error, match func(error) bool) bool {
	if err == nil || match(err) {
		return err != nil
	}
	switch err := err.(type) { //nolint:errorlint // this is what unwraps
	case interface{ Unwrap() error }:
		return anyOf(err.Unwrap(), match)
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(err.Unwrap(), func(err error) bool { return anyOf(err, match) })
	}
	return false
}
