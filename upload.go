package segmentflow

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"
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
