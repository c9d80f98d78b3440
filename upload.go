package segmentflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// The bytes of an Asset go to an upload URL, which need not belong to the API. So the API key, the headers of calls,
// cookies, middleware and redirects have no part in sending them.

const (
	maxUpload   = 20 << 20
	uploadRoute = "PUT (upload URL)" // in errors, instead of the URL: whoever has that may upload
)

// uploadTypes are the content types by the extensions of file names.
var uploadTypes = map[string]string{
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".png":  "image/png",
	".csv":  "text/csv",
	".xls":  "application/vnd.ms-excel",
	".pdf":  "application/pdf",
}

// uploading is one call of Upload.
type uploading struct {
	client   *Client
	params   UploadAssetParams
	settings callOptions
	key      string    // of the call
	seeker   io.Seeker // nil if Body cannot be sent again
	start    int64     // where Body begins
}

// Upload uploads a file and makes an Asset of it, in three steps (documented, scope assets:write): it creates an upload
// URL, sends the bytes there by PUT, and creates the Asset. If Description, AltText or Tags are set, it updates the
// Asset with them.
//
// The PUT has no API key and no header of WithHeader, passes no middleware, follows no redirect and is not observed.
// UploadURL must be https, as the base URL of the client. If a connection breaks or the server has a fault, the PUT is
// sent again, as often as a call, provided that Body is an io.Seeker. WithTimeout limits each attempt.
//
// The steps have idempotency keys that follow from the call's. So Upload may be repeated with the key that its error
// shows, and does not upload a file twice; the result is then the same Asset. This key is good for the same file only,
// and for 15 minutes if the PUT had failed. Besides the usual errors: those of CreateUploadURL and Create, and
// ErrValidationFailed with Details["reason"] upload_content_type, upload_expired, upload_size or image_too_large.
func (s *AssetsService) Upload(ctx context.Context, params *UploadAssetParams, opts ...CallOption) (*Asset, error) {
	u := &uploading{client: s.client}
	if err := u.prepare(ctx, params, opts); err != nil {
		return nil, err
	}
	if u.settings.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, u.settings.timeout)
		defer cancel()
	}

	asset, err := u.run(ctx, opts)
	for _, to := range u.settings.responses {
		to.IdempotencyKey = u.key
	}
	if failed, ok := errors.AsType[*Error](err); ok {
		failed.IdempotencyKey = u.key
	}
	return asset, err
}

// prepare checks the call, and makes its key last, so that a call that is not sent takes none.
func (u *uploading) prepare(ctx context.Context, params *UploadAssetParams, opts []CallOption) error {
	for _, opt := range opts {
		if opt != nil {
			opt(&u.settings)
		}
	}
	var is issues
	if ctx == nil {
		is.noContext()
	}
	if params == nil {
		is.add("argument", "/params", "required", "must not be nil")
	} else {
		u.params = *params
		u.check(&is)
	}
	if u.settings.key != nil {
		u.key = *u.settings.key
		is.key("header", "/Idempotency-Key", u.key)
	}
	label := createAssetUploadURL.label()
	if err := is.err(label); err != nil {
		return err
	}
	if u.settings.key == nil {
		u.key = u.client.keySource()
		is.madeKey(u.key)
	}
	if err := is.err(label); err != nil {
		return err
	}
	return nil
}

// check checks the file, and finds out what params leave out. What the API would refuse only after the upload is
// checked here.
func (u *uploading) check(is *issues) {
	p := &u.params
	if p.Filename == "" {
		is.add("argument", "/Filename", "required", "must not be empty")
	}
	if p.ContentType == "" {
		p.ContentType = uploadTypes[strings.ToLower(path.Ext(p.Filename))]
	}
	if p.ContentType == "" {
		is.add("argument", "/ContentType", "required", "does not follow from the extension of Filename")
	}
	if tooLong(p.Description, 500) {
		is.add("argument", "/Description", "too_long", "must have at most 500 characters")
	}
	if tooLong(p.AltText, 200) {
		is.add("argument", "/AltText", "too_long", "must have at most 200 characters")
	}
	if len(p.Tags) > 20 {
		is.add("argument", "/Tags", "too_many", "must have at most 20 items")
	}
	for i, tag := range p.Tags {
		if tag == "" || tooLong(tag, 50) {
			is.add("argument", fmt.Sprintf("/Tags/%d", i), "too_long", "must have 1 to 50 characters")
		}
	}
	if v := reflect.ValueOf(p.Body); p.Body == nil || v.Kind() == reflect.Pointer && v.IsNil() {
		is.add("argument", "/Body", "required", "must not be nil")
		return
	}
	u.measure(is)
}

func tooLong(text string, most int) bool { return utf8.RuneCountInString(text) > most }

// measure finds out how many bytes Body has, if it can seek. A pipe is an io.Seeker too, but it cannot.
func (u *uploading) measure(is *issues) {
	if seeker, ok := u.params.Body.(io.Seeker); ok {
		start, err := seeker.Seek(0, io.SeekCurrent)
		if err == nil {
			u.seeker, u.start = seeker, start
			u.measureSeeker(is)
		}
	}
	switch size := u.params.Size; {
	case size == 0 && u.seeker == nil:
		is.add("argument", "/Size", "required", "is required, because Body is no io.Seeker")
	case size <= 0:
		is.add("argument", "/Size", "min", "must be at least 1: the file is empty")
	case size > maxUpload:
		is.add("argument", "/Size", "max", "must be at most 20 MiB")
	}
}

func (u *uploading) measureSeeker(is *issues) {
	end, err := u.seeker.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = u.seeker.Seek(u.start, io.SeekStart)
	}
	if err != nil {
		is.add("argument", "/Body", "malformed", "cannot seek in it")
		is.cause = err
		return
	}
	if size := end - u.start; u.params.Size == 0 {
		u.params.Size = size
	} else if u.params.Size != size {
		is.add("argument", "/Size", "conflict", "Body has another number of bytes")
	}
}

// run takes the steps.
func (u *uploading) run(ctx context.Context, opts []CallOption) (*Asset, error) {
	service, p := u.client.Assets, &u.params
	step := func(n int) []CallOption {
		return slices.Concat(opts, []CallOption{WithIdempotencyKey(itemKey(u.key, n))})
	}
	to, err := service.CreateUploadURL(ctx, &CreateAssetUploadURLParams{
		Filename:    p.Filename,
		ContentType: p.ContentType,
		Size:        p.Size,
		AssetType:   p.AssetType,
		WebsiteID:   p.WebsiteID,
	}, step(0)...)
	if err != nil {
		return nil, err
	}
	if err := u.put(ctx, to.UploadURL); err != nil {
		return nil, err
	}
	asset, err := service.Create(ctx, &CreateAssetParams{
		Filename:    p.Filename,
		S3Key:       to.Key,
		ContentType: p.ContentType,
		Size:        p.Size,
		AssetType:   p.AssetType,
		ImageType:   p.ImageType,
		WebsiteID:   p.WebsiteID,
	}, step(1)...)
	if err != nil || p.Description == "" && p.AltText == "" && len(p.Tags) == 0 {
		return asset, err
	}

	changes := &UpdateAssetParams{Tags: p.Tags}
	if p.Description != "" {
		changes.Description = Value(p.Description)
	}
	if p.AltText != "" {
		changes.AltText = Value(p.AltText)
	}
	return service.Update(ctx, asset.ID, changes, step(2)...)
}

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
		if u.seeker != nil {
			last.body.end() // the transport may still be reading it
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
	ended  bool
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
	case b.ended:
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
	case err == io.EOF && b.left > 0: //nolint:errorlint // a reader must return it as it is
		return n, b.fail(errors.New("it has fewer bytes than Size"))
	case err != nil && err != io.EOF: //nolint:errorlint // likewise
		return n, b.fail(err)
	}
	return n, err
}

// Close does nothing: the body belongs to the caller.
func (*uploadBody) Close() error { return nil }

// end makes further reads fail. No read is under way when it returns.
func (b *uploadBody) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = true
}
