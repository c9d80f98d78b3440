package gateway

import (
	"context"
	"net/http"
)

// statusWriter remembers the status of a reply. It records the call once, before the caller can have read the reply.
type statusWriter struct {
	http.ResponseWriter
	status  int
	replay  bool
	keep    bool
	kept    string // the body, if keep is set
	journal *Journal
	entry   *Entry // nil once the call is recorded
	own     Entry  // if nobody follows the call
	context entryContext
}

// entryContext is a context that has the entry of a call.
type entryContext struct {
	context.Context //nolint:containedctx // it is a context
	entry           *Entry
}

// Value returns the entry, or what the context of the request has.
func (ctx *entryContext) Value(key any) any {
	if key == (journalKey{}) {
		return ctx.entry
	}
	return ctx.Context.Value(key)
}

// answer records the call, the first time.
func (watched *statusWriter) answer() {
	if entry := watched.entry; entry != nil {
		watched.entry = nil
		watched.journal.record(entry, watched)
	}
}

func (watched *statusWriter) WriteHeader(status int) {
	if watched.status == 0 && status >= http.StatusOK {
		watched.status, watched.replay = status, watched.Header().Get("Idempotent-Replayed") == "true"
	}
	watched.ResponseWriter.WriteHeader(status)
}

// Write writes the body. Each handler does it in one call.
func (watched *statusWriter) Write(content []byte) (int, error) {
	if watched.status == 0 {
		watched.WriteHeader(http.StatusOK)
	}
	if watched.keep {
		watched.kept += string(content)
	}
	watched.answer()
	return watched.ResponseWriter.Write(content)
}

// Unwrap returns the wrapped writer, for http.ResponseController.
func (watched *statusWriter) Unwrap() http.ResponseWriter { return watched.ResponseWriter }

// MaxBodies is how many bytes of bodies and replies the journal keeps together. Those of the oldest calls go first.
const MaxBodies = 64 << 20

// KeepBodies makes the journal keep the replies of all further calls, and the bodies that handlers put into entries.
func (j *Journal) KeepBodies() { j.bodies = true }

// KeepsBodies reports whether KeepBodies was called.
func (j *Journal) KeepsBodies() bool { return j.bodies }

// KeepBody records the body of a call.
func KeepBody(ctx context.Context, body string) {
	if entry, ok := ctx.Value(journalKey{}).(*Entry); ok {
		entry.Body = body
	}
}

// trim counts the bodies of a new call, and removes those of the oldest calls if there are too many bytes.
func (j *Journal) trim(added int) {
	j.size += added
	for i := 0; j.size > MaxBodies && i < len(j.ring); i++ {
		old := &j.ring[(j.oldest+i)%len(j.ring)]
		j.size -= len(old.Body) + len(old.Reply)
		old.Body, old.Reply = "", ""
	}
}
