package gateway

import (
	"bytes"
	"maps"
	"net"
	"net/http"
	"strconv"
)

// Reply is a ResponseWriter that keeps a reply instead of sending it.
type Reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// NewReply returns an empty reply.
func NewReply() *Reply { return &Reply{header: http.Header{}} }

// Header returns the header of the reply.
func (reply *Reply) Header() http.Header { return reply.header }

// Status returns the status of the reply, 0 if there is none.
func (reply *Reply) Status() int { return reply.status }

// WriteHeader keeps the first status.
func (reply *Reply) WriteHeader(status int) {
	if reply.status == 0 {
		reply.status = status
	}
}

// Write keeps a part of the body.
func (reply *Reply) Write(content []byte) (int, error) {
	reply.WriteHeader(http.StatusOK)
	return reply.body.Write(content)
}

// Send sends the reply.
func (reply *Reply) Send(w http.ResponseWriter) {
	maps.Copy(w.Header(), reply.header)
	reply.WriteHeader(http.StatusOK)
	w.WriteHeader(reply.status)
	_, _ = w.Write(reply.body.Bytes())
}

// Cut sends the first half of the reply and closes the connection. If the reply to r has no body, there is no half of
// it, and the connection is closed without a reply. Cut does not return.
func (reply *Reply) Cut(w http.ResponseWriter, r *http.Request) {
	size := reply.body.Len()
	if size == 0 || r.Method == http.MethodHead {
		Drop(w, r)
	}
	reply.header.Set("Content-Length", strconv.Itoa(size))
	reply.body.Truncate(size / 2)
	reply.Send(w)
	_ = http.NewResponseController(w).Flush() // without it, net/http sends nothing of a short reply
	panic(http.ErrAbortHandler)
}

// Drop resets the connection without a reply. It does not return. A connection that cannot be taken from its server,
// such as one with HTTP/2 or within the process, is closed by the server.
func Drop(w http.ResponseWriter, r *http.Request) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secure, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = secure.NetConn()
	}
	if tcp, ok := conn.(interface{ SetLinger(seconds int) error }); ok {
		_ = tcp.SetLinger(0) // to close it then sends RST instead of FIN
	}
	EntryOf(r).dropped = conn // the journal closes it, so that it has the call before the client goes on
	panic(http.ErrAbortHandler)
}
