package segmentflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// This file sends the bytes of an upload.

// put sends the bytes, and sends them again after a failure that may pass.
func (u *uploading) put(ctx context.Context, to string) error {
	target, err := url.Parse(to)
	if err != nil || target.Hostname() == "" || target.Scheme != "https" &&
		(target.Scheme != "http" || !u.client.options.insecure && !loopback(target.Hostname())) {
		return u.error(&sent{}, errors.New("the upload URL of the reply is not an absolute https URL"))
	}
	most := u.client.maxRetries
	if u.settings.maxRetries != nil {
		most = *u.settings.maxRetries
	}

	last := &sent{query: target.RawQuery}
	for {
		u.attempt(ctx, target, last)
		switch {
		case last.done():
			return nil
		case last.body.failure() != nil:
			return u.error(last, fmt.Errorf("the Body of the file: %w", last.body.failure()))
		case ctx.Err() != nil || !last.mayPass() || last.attempts > most:
			return u.error(last, last.err)
		case u.seeker == nil:
			return u.error(last, fmt.Errorf("%w; it was not sent again, because Body is no io.Seeker", last.failure()))
		}
		wait := max(u.client.backoff(last.attempts), 0)
		if requested, ok := retryAfter(last.header); ok {
			wait = requested
		}
		if deadline, limited := ctx.Deadline(); wait > maxRetryAfter || limited && wait >= time.Until(deadline) {
			return u.error(last, last.err)
		}
		if err := u.client.rest(ctx, wait); err != nil {
			return u.error(last, err)
		}
		if _, err := u.seeker.Seek(u.start, io.SeekStart); err != nil {
			return u.error(last, fmt.Errorf("seek in the Body of the file: %w", err))
		}
	}
}

// sent is what came of the last PUT.
type sent struct {
	query    string // of the URL, which no error may show
	attempts int
	body     *uploadBody
	status   int
	header   http.Header
	reply    []byte
	err      error
}

// attempt sends the bytes once.
func (u *uploading) attempt(ctx context.Context, target *url.URL, last *sent) {
	if limit := cmp.Or(u.client.timeout, u.client.options.http.Timeout); limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	last.attempts++
	last.status, last.header, last.reply = 0, nil, nil
	last.body = &uploadBody{from: u.params.Body, left: u.params.Size}
	defer func() {
		_ = last.body.Close() // the transport may still be reading it
		if u.seeker != nil {
			last.body.settle()
		}
	}()

	own := *target
	req := (&http.Request{
		Method:        http.MethodPut,
		URL:           &own,
		Host:          own.Host,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {u.params.ContentType}, "User-Agent": {u.client.userAgent}},
		Body:          last.body,
		ContentLength: u.params.Size,
	}).WithContext(ctx)
	resp, err := u.client.options.plain().RoundTrip(req)
	if err == nil && (resp == nil || resp.Body == nil) {
		err = errors.New("the transport returned neither a response nor an error")
	}
	if last.err = err; err != nil {
		return
	}
	last.status, last.header = resp.StatusCode, resp.Header
	defer resp.Body.Close()
	last.reply, last.err = readReply(resp)
}

// done reports whether the file is there. The emulator refuses to take it twice.
func (last *sent) done() bool {
	var e Error
	return last.status >= 200 && last.status <= 299 ||
		last.status == http.StatusConflict && e.decode(last.reply) && e.Details["status"] == "Uploaded"
}

// mayPass reports whether another attempt may have another result.
func (last *sent) mayPass() bool {
	switch last.status {
	case 0:
		return !permanent(last.err)
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	}
	return last.status >= http.StatusInternalServerError
}

// failure returns why the attempt failed.
func (last *sent) failure() error {
	if last.err != nil {
		return withoutURL(last.err)
	}
	return fmt.Errorf("the server answered %d", last.status)
}

// error returns the error of an upload.
func (u *uploading) error(last *sent, cause error) *Error {
	e := &Error{Status: last.status, Attempts: last.attempts, Body: last.reply, route: uploadRoute}
	if last.status != 0 {
		e.RequestID = last.header.Get("X-Request-Id")
		e.RetryAfter, _ = retryAfter(last.header)
		e.decode(last.reply)
	}
	if cause != nil {
		e.cause = withoutURL(cause)
		if last.query != "" {
			e.cause = hideKeyOf(e.cause, last.query)
		}
		if last.status != 0 {
			e.Message = strings.TrimPrefix(e.Message+"; "+e.cause.Error(), "; ")
		}
	}
	e.hide(*u.client.apiKey)
	return e
}

// uploadBody is the body of one attempt: exactly the bytes that were declared, or an error.
type uploadBody struct {
	mu     sync.Mutex
	from   io.Reader
	left   int64
	ended  atomic.Bool
	failed atomic.Pointer[error] // the bytes are not as declared, or could not be read
}

func (b *uploadBody) failure() error {
	if err := b.failed.Load(); err != nil {
		return *err
	}
	return nil
}

func (b *uploadBody) fail(err error) error {
	b.failed.Store(&err)
	return err
}

var errAttemptEnded = errors.New("the attempt has ended")

// Read reads from the caller's reader. After the last byte it makes sure that there is no other.
func (b *uploadBody) Read(into []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch failed := b.failure(); {
	case b.ended.Load():
		return 0, errAttemptEnded
	case failed != nil:
		return 0, failed
	case len(into) == 0:
		return 0, nil
	}
	n, err := b.from.Read(into[:min(int64(len(into)), max(b.left, 1))])
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return 0, b.fail(errors.New("it has more bytes than Size"))
	case err == io.EOF && b.left > 0:
		return n, b.fail(errors.New("it has fewer bytes than Size"))
	case err != nil && err != io.EOF:
		return n, b.fail(err)
	}
	return n, err
}

// Close makes further reads fail. It does not close the caller's reader.
func (b *uploadBody) Close() error {
	b.ended.Store(true)
	return nil
}

// settle waits until no read is under way, so that the caller's reader can be used again.
func (b *uploadBody) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
}
