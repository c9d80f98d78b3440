// Package assets takes the bytes of files at upload URLs, and serves those of Assets to everyone. Neither needs a key.
package assets

import (
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Uploads returns a handler for everything below the path of upload URLs. It answers like the API.
func Uploads(backend *world.World, journal *gateway.Journal, log *slog.Logger) http.Handler {
	d := door{backend, log}
	return journal.Wrap(gateway.Exact(gateway.Only(d.upload, http.MethodPut)))
}

// WithoutPrefix returns the path of an upload URL or of a file without what the emulator's public address puts before
// it. It returns any other path as it is.
func WithoutPrefix(path, prefix string) string {
	rest, found := strings.CutPrefix(path, prefix)
	if found && (strings.HasPrefix(rest, upload.UploadPath) || strings.HasPrefix(rest, upload.FilePath)) {
		return rest
	}
	return path
}

type door struct {
	world *world.World
	log   *slog.Logger
}

func (d door) upload(w http.ResponseWriter, r *http.Request) {
	if err := d.receive(r); err != nil {
		d.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// receive checks what the request declares, reads the bytes without holding the world, and stores them. Nothing is
// stored of a request that is refused, so its URL can be used again.
func (d door) receive(r *http.Request) error {
	ticket, signature := upload.ReadTicket(r.URL)
	err := d.world.Act(r.Context(), world.First, func(tx *world.Tx) error { return tx.CheckTicket(ticket, signature) })
	switch {
	case err != nil:
		return err
	case r.ContentLength > upload.MaxSize:
		return gateway.TooLarge(upload.MaxSize)
	case r.ContentLength != int64(ticket.Size) && !unknownLength(r):
		return world.RefuseSize()
	}
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != ticket.ContentType {
		return world.RefuseContentType()
	}

	content, err := upload.Read(r.Body, ticket.Size)
	switch {
	case errors.Is(err, upload.ErrSize):
		return world.RefuseSize()
	case err != nil:
		return gateway.ErrIncomplete
	}
	width, height, err := world.CheckContent(ticket.ContentType, content)
	if err != nil {
		return err
	}
	return d.world.Act(r.Context(), world.First, func(tx *world.Tx) error {
		return tx.ReceiveUpload(ticket, content, width, height)
	})
}

// unknownLength reports whether a request does not say how long its body is. Within the process, it then says 0.
func unknownLength(r *http.Request) bool {
	return r.ContentLength < 0 || r.ContentLength == 0 && r.Body != nil && r.Body != http.NoBody
}

// fail answers with an error. It logs an internal error, because the answer does not contain it.
func (d door) fail(w http.ResponseWriter, r *http.Request, err error) {
	problem, isRefusal := errors.AsType[*gateway.Problem](err)
	if !isRefusal {
		problem = (*gateway.Problem)(world.AsProblem(err))
	}
	entry := gateway.EntryOf(r)
	entry.Error = problem.Code
	for _, member := range []string{"reason", "status"} {
		if word, ok := problem.Details[member].(string); ok {
			entry.Grounds.Reason = word
		}
	}
	if problem.Code == world.CodeInternal && r.Context().Err() == nil {
		d.log.Error("request failed", "path", upload.UploadPath, "error", err)
	}
	gateway.WriteProblem(w, problem)
}
