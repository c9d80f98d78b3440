package product

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file carries out rate limits and faults: between the check of the key and everything else.

// disturbed applies the rate limits and the faults to a call, and carries it out as far as they allow.
func (s *service) disturbed(w http.ResponseWriter, req *http.Request, op *wire.Operation, work http.HandlerFunc) {
	call := &faults.Call{
		Operation: op.ID,
		Request:   req,
		Body:      func() ([]byte, bool) { return readAhead(req, op.MaxBody) },
	}
	if err := s.limit(w, call, op); err != nil {
		s.endItems(call)
		s.fail(w, req, err)
		return
	}

	fault := s.Faults.Strike(call)
	if fault == nil {
		work(w, req)
		return
	}
	gateway.EntryOf(req).Fault = fault.Number
	call.ReadBody() // net/http notices only then that a client has gone away
	defer s.endItems(call)
	s.strike(w, req, fault, work)
}

// endItems notes that a call has ended which may not get as far as its items, and with it the use of their keys.
func (s *service) endItems(call *faults.Call) {
	for _, key := range call.ItemKeys() {
		s.World.MadeKeys().End(key)
	}
}

// limit takes a token of the call's rate limits and sets their headers. It returns an error if there is none left. Each
// key has tokens of its own; the key of a website's plug-in is in the body.
func (s *service) limit(w http.ResponseWriter, call *faults.Call, op *wire.Operation) error {
	if !s.Limits.Covers(op.ID) {
		return nil
	}
	req := call.Request
	key := req.Header.Get("X-Api-Key")
	if op.WriteKey {
		key = call.WriteKey()
	}
	var now time.Time
	err := s.World.Look(req.Context(), func(tx *world.Tx) error { now = tx.Now; return nil })
	if err != nil {
		return err
	}
	grant := s.Limits.Take(op.ID, key, now)
	if !grant.Limited {
		return nil
	}
	header := w.Header()
	header.Set("RateLimit-Limit", strconv.Itoa(grant.Limit))
	header.Set("RateLimit-Remaining", strconv.Itoa(grant.Remaining))
	header.Set("RateLimit-Reset", strconv.Itoa(grant.Reset))
	if !grant.Refused {
		return nil
	}
	header.Set("Retry-After", strconv.Itoa(grant.Wait))
	return &gateway.Problem{Code: gateway.CodeRateLimited, Message: "Too many requests."}
}

// readAhead reads the body of a request so that it can be read again. It returns false if the body is too large or did
// not arrive; reading it again then fails in the same way.
func readAhead(req *http.Request, limit int64) (body []byte, ok bool) {
	if req.Body == nil {
		return nil, true
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, limit+1))
	rest := io.Reader(req.Body)
	if err != nil {
		rest = failing{err}
	}
	req.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), rest), req.Body}
	return body, err == nil && int64(len(body)) <= limit
}

// failing is a reader that fails.
type failing struct{ err error }

func (reader failing) Read([]byte) (int, error) { return 0, reader.err }

var errDelayed = &gateway.Problem{
	Code:    world.CodeUnavailable,
	Message: "The call ended while a fault of the test delayed it.",
}

// strike carries out a call that a fault strikes. With AfterCommit the work comes before the delay, so that a caller
// who gives up has lost only the reply.
func (s *service) strike(w http.ResponseWriter, req *http.Request, fault *faults.Active, work http.HandlerFunc) {
	reply := gateway.NewReply()
	if fault.AfterCommit {
		work(reply, req)
	}
	entry := gateway.EntryOf(req)
	if fault.Delay > 0 && s.Wait(req.Context(), fault.Delay) != nil {
		entry.Faked, entry.Work = true, reply.Status()
		s.fail(w, req, errDelayed)
		return
	}
	if fault.Works() && !fault.AfterCommit {
		work(reply, req)
	}

	entry.Faked, entry.Work = fault.Fakes(), reply.Status()
	switch {
	case fault.Drop:
		entry.Error, entry.Grounds = "", gateway.Grounds{}
		gateway.Drop(w, req)
	case fault.Truncate:
		reply.Cut(w, req)
	case fault.Body != "":
		entry.Error, entry.Grounds = "", gateway.Grounds{}
		foreign(w, fault)
	case fault.Status != 0:
		s.refuse(w, req, fault)
	default:
		reply.Send(w)
	}
}

// foreign answers with the body of a fault, as something between the caller and the API would: without the API's
// headers.
func foreign(w http.ResponseWriter, fault *faults.Active) {
	header := w.Header()
	clear(header)
	header.Set("Content-Type", fault.MediaType())
	header.Set("Content-Length", strconv.Itoa(len(fault.Body)))
	setRetryAfter(header, fault.RetryAfter)
	w.WriteHeader(fault.ReplyStatus())
	_, _ = io.WriteString(w, fault.Body)
}

// refuse answers with the error of a fault.
func (s *service) refuse(w http.ResponseWriter, req *http.Request, fault *faults.Active) {
	problem := &gateway.Problem{Code: fault.Code, Message: fault.Message, Details: fault.Details}
	if problem.Code == "" {
		problem.Code = gateway.CodeOf(fault.Status)
	}
	if problem.Message == "" {
		problem.Message = "A fault of the test answered this call (fault " + strconv.Itoa(fault.Number) + ")."
	}
	entry := gateway.EntryOf(req)
	entry.Error, entry.Grounds = problem.Code, groundsOf(problem.Details)
	setRetryAfter(w.Header(), fault.RetryAfter)
	gateway.WriteProblemAs(w, fault.Status, problem)
}

// setRetryAfter sets the header in seconds, with a fraction if d has one.
func setRetryAfter(header http.Header, d time.Duration) {
	if d > 0 {
		header.Set("Retry-After", strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
	}
}
