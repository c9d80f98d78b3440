package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// JournalSize is how many calls the journal keeps.
const JournalSize = 1000

// Journal is the newest calls of the API. It never has a body, a query or a whole API key.
type Journal struct {
	numbered bool                           // ids count up
	now      func() (at time.Time, ok bool) // the time, if nobody has the world

	mu     sync.Mutex
	ring   []Entry
	oldest int
	calls  int       // begun so far
	latest time.Time // when the newest was
}

// Entry is one call. What handles it fills in At, Operation, IdempotencyKey and Error.
type Entry struct {
	ID             string // x-request-id
	At             time.Time
	Method, Path   string
	Operation      string // "" when no operation has the path
	Key            string // masked, "" when none was sent
	IdempotencyKey string
	Status         int
	Error          string // the code
	Replayed       bool
}

// MarshalJSON gives the call as the control plane shows it.
func (j Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"id": j.ID, "at": Stamp(j.At), "method": j.Method, "path": j.Path, "operation": OrNull(j.Operation),
		"apiKey": OrNull(j.Key), "idempotencyKey": OrNull(j.IdempotencyKey), "status": j.Status, "error": OrNull(j.Error), "replayed": j.Replayed})
}

// NewJournal makes a journal. Its ids count up if it is numbered, so that two runs are the same, and are drawn at random
// otherwise. now returns the time unless somebody has the world.
func NewJournal(numbered bool, now func() (at time.Time, ok bool)) *Journal {
	return &Journal{numbered: numbered, now: now}
}

type journalKey struct{}

// EntryOf is the journal's entry of a call. Outside of the journal it is one that nobody reads.
func EntryOf(r *http.Request) *Entry {
	if entry, ok := r.Context().Value(journalKey{}).(*Entry); ok {
		return entry
	}
	return &Entry{}
}

// Began notes when a call got its turn.
func Began(ctx context.Context, at time.Time) {
	if entry, ok := ctx.Value(journalKey{}).(*Entry); ok {
		entry.At = at
	}
}

// Wrap gives every reply its x-request-id, and keeps the call once it is answered.
func (j *Journal) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry := &Entry{ID: j.requestID(), Method: clip(r.Method, 20), Path: clip(r.URL.Path, 200), Key: masked(r.Header.Get("x-api-key"))}
		w.Header().Set("x-request-id", entry.ID)
		watched := &statusWriter{ResponseWriter: w}
		defer func() {
			entry.Status = watched.status
			switch {
			case entry.Status == 0:
				entry.Status = http.StatusInternalServerError // the handler panicked
				entry.Error = "internal_error"
			case entry.Error == "":
				entry.Error = routeErrors[entry.Status]
			}
			if entry.At.IsZero() { // a call that was refused does not wait to be told the time
				entry.At, _ = j.now()
			}
			entry.Replayed = w.Header().Get("idempotent-replayed") == "true"
			j.add(*entry)
		}()
		next.ServeHTTP(watched, r.WithContext(context.WithValue(r.Context(), journalKey{}, entry)))
	})
}

// routeErrors are the codes of answers that come before any operation.
var routeErrors = map[int]string{
	http.StatusNotFound: "not_found", http.StatusMethodNotAllowed: "method_not_allowed", http.StatusNotImplemented: "not_implemented",
}

// requestID counts in memory, so that two runs are the same; a file outlives the process that counts.
func (j *Journal) requestID() string {
	if !j.numbered {
		return "req_" + strings.ReplaceAll(uuid.New().String(), "-", "")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.calls++
	return fmt.Sprintf("req_%08d", j.calls)
}

// add keeps a call. One that never saw the clock has the time of the call before it.
func (j *Journal) add(entry Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if entry.At.IsZero() {
		entry.At = j.latest
	}
	j.latest = entry.At
	if len(j.ring) < JournalSize {
		j.ring = append(j.ring, entry)
		return
	}
	j.ring[j.oldest] = entry
	j.oldest = (j.oldest + 1) % JournalSize
}

// Newest returns at most limit calls, newest first.
func (j *Journal) Newest(limit int) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := len(j.ring)
	found := make([]Entry, min(limit, n))
	for i := range found {
		found[i] = j.ring[(j.oldest+n-1-i)%n]
	}
	return found
}

// Clear forgets all calls. The world begins anew at the given time.
func (j *Journal) Clear(at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ring, j.oldest, j.calls, j.latest = nil, 0, 0, at
}

// masked keeps of an API key what tells keys apart: its kind and its last four characters, if enough is left out.
func masked(key string) string {
	const shown = 4
	kind, rest := "", key
	for _, prefix := range []string{"sk_test_", "sk_live_"} {
		if after, ok := strings.CutPrefix(key, prefix); ok {
			kind, rest = prefix, after
		}
	}
	switch {
	case key == "":
		return ""
	case len(rest) < 2*shown:
		return kind + "…"
	}
	return kind + "…" + rest[len(rest)-shown:]
}

// clip cuts what a caller may make as long as they like.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}

// statusWriter remembers the status of a reply.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(p)
}

// Unwrap lets http.ResponseController reach the writer below.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
