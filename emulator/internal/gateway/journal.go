package gateway

import (
	"context"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// JournalSize is how many calls the journal keeps.
const JournalSize = 1000

// Journal has the newest calls of the API. It never contains a query or a complete API key. It contains bodies only if
// KeepBodies was called.
type Journal struct {
	numbered bool                           // ids count up
	now      func() (at time.Time, ok bool) // the time, unless the world is busy

	bodies bool // it keeps bodies

	mu     sync.Mutex
	watch  []func(Entry)
	ring   []Entry
	oldest int          // its index in ring
	size   int          // of all bodies and replies in ring
	gone   map[Gone]int // how many calls of each kind are no longer in ring
	added  int          // answered so far
	calls  int          // begun so far
	others int          // requests so far that are no calls
	latest time.Time    // when the newest call was
}

// Entry is one call. Its handler fills in At, Operation, Org, Label, IdempotencyKey, TakesKey, MadeUp, Error, Grounds,
// Rejected and Body.
type Entry struct {
	Number         int    // its place in the order in which calls were answered
	ID             string // x-request-id
	At             time.Time
	Method, Path   string
	Operation      string // "" if no operation has the path
	Key            string // masked, "" if none was sent
	Org, Label     string // of the API key, "" if it is unknown or was not looked at
	IdempotencyKey string
	MadeUp         bool   // a client made up the key, or one of the keys of a batch's items
	Status         int    // 0 if a fault dropped the reply
	Error          string // the code
	Replayed       bool
	TakesKey       bool // the operation takes an idempotency key
	Fault          int  // the number of the fault that struck, 0 if none did
	Faked          bool // the fault gave the reply, or dropped it
	Work           int  // the status of the work behind a faked reply, 0 if none was done
	Grounds        Grounds
	RejectedItems  int        // of a batch
	Rejected       []Rejected // the first of them
	Body, Reply    string     // "" if they are not kept

	dropped io.Closer // the connection of a dropped reply
}

// Grounds are why a call or an item was refused. They contain no value of the request but MissingID. Reason is the
// reason, the status or the like that the details name, "" if they name none. Issues are places in the request, each
// with what is wrong there, such as "/to/email format". All has more of them, in full; More is how many are in neither.
// Missing is the kind of thing that does not exist, and MissingID what the request called it. Advice says what is near
// to it, if somebody wants to know.
type Grounds struct {
	Reason             string
	Issues             []string
	All                []Issue
	More               int
	Missing, MissingID string
	Advice             string
}

// Gone is a kind of calls that are no longer in the journal.
type Gone struct {
	Operation, Error string
	Status           int
}

// Rejected is an item of a batch that was rejected. Key is its idempotency key, Error the code.
type Rejected struct {
	Index      int
	Key, Error string
	Grounds    Grounds
}

// rejectedKept is how many rejected items of a batch an entry keeps.
const rejectedKept = 20

// NewJournal returns an empty journal. Its ids count up if it is numbered, so that two runs are the same. Otherwise
// they are random. now returns the time, or false if another call has the world.
func NewJournal(numbered bool, now func() (at time.Time, ok bool)) *Journal {
	return &Journal{numbered: numbered, now: now}
}

type journalKey struct{}

// EntryOf returns the journal's entry of a call. Outside of the journal it returns a new one that is not kept.
func EntryOf(r *http.Request) *Entry {
	if entry, ok := r.Context().Value(journalKey{}).(*Entry); ok {
		return entry
	}
	return &Entry{}
}

// Follow returns a request whose call is recorded in entry, which has all of it once the call is answered.
func Follow(r *http.Request, entry *Entry) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), journalKey{}, entry))
}

// SetKey records the idempotency key of a call that has not been checked yet.
func (e *Entry) SetKey(key string) {
	const longest = 4 * 255 // bytes: a key has at most 255 characters
	e.TakesKey, e.IdempotencyKey, e.MadeUp = true, Clip(key, longest), IsMadeUp(key)
}

// Began records when a call got its turn.
func Began(ctx context.Context, at time.Time) {
	if entry, ok := ctx.Value(journalKey{}).(*Entry); ok {
		entry.At = at
	}
}

// SawKey records the idempotency key of a batch's item.
func SawKey(ctx context.Context, key string) {
	if entry, ok := ctx.Value(journalKey{}).(*Entry); ok && IsMadeUp(key) {
		entry.MadeUp = true
	}
}

// IsMadeUp reports whether a client made up an idempotency key, for a call or for an item of a batch. It shows that by
// the form: "auto_" and a UUID, and for an item also a slash and a number.
func IsMadeUp(key string) bool {
	const length = 36 // of a UUID with its hyphens
	rest, found := strings.CutPrefix(key, "auto_")
	id, item, isItem := strings.Cut(rest, "/")
	isNumber := item != "" && strings.Trim(item, "0123456789") == ""
	return found && len(id) == length && uuid.Validate(id) == nil && (!isItem || isNumber)
}

// Advise records what is near to the thing that a call did not find.
func Advise(ctx context.Context, advice string) {
	if entry, ok := ctx.Value(journalKey{}).(*Entry); ok {
		entry.Grounds.Advice = advice
	}
}

// Reject records that an item of a batch was rejected.
func Reject(ctx context.Context, item Rejected) {
	entry, ok := ctx.Value(journalKey{}).(*Entry)
	if !ok {
		return
	}
	entry.RejectedItems++
	if len(entry.Rejected) < rejectedKept {
		item.Key = strings.Clone(Clip(item.Key, 255)) // which may be a part of the body
		entry.Rejected = append(entry.Rejected, item)
	}
}

// Wrap sets the x-request-id of every reply, and adds the call to the journal once it is answered. The contexts of the
// calls get what the functions add.
func (j *Journal) Wrap(next http.Handler, adds ...func(context.Context) context.Context) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		watched := &statusWriter{ResponseWriter: w, keep: j.bodies, journal: j}
		entry, followed := r.Context().Value(journalKey{}).(*Entry)
		if !followed {
			entry = &watched.own
		}
		watched.entry = entry
		*entry = Entry{
			ID:     j.requestID(&j.calls, "req_"),
			Method: Clip(r.Method, 20),
			Path:   Clip(r.URL.Path, 200),
			Key:    Masked(r.Header.Get("X-Api-Key")),
		}
		w.Header().Set(requestIDHeader, entry.ID)
		defer watched.answer() // if it has no body, or the handler panicked

		watched.context = entryContext{r.Context(), entry}
		ctx := context.Context(&watched.context)
		for _, add := range adds {
			ctx = add(ctx)
		}
		next.ServeHTTP(watched, r.WithContext(ctx))
	})
}

// record adds a call to the journal and passes it to those who watch.
func (j *Journal) record(entry *Entry, watched *statusWriter) {
	entry.Status = watched.status
	switch {
	case entry.Status == 0 && entry.Fault != 0: // it was dropped
	case entry.Status == 0:
		entry.Status = http.StatusInternalServerError // the handler panicked
		entry.Error = "internal_error"
	case entry.Error == "" && entry.Fault == 0:
		entry.Error = routeErrors[entry.Status]
	}
	if entry.At.IsZero() { // a call that was refused does not wait for the world to learn the time
		entry.At, _ = j.now()
	}
	entry.Replayed = watched.replay
	entry.Reply = watched.kept
	dropped := entry.dropped
	entry.dropped = nil
	*entry = j.add(*entry)
	j.tell(*entry)
	if dropped != nil {
		_ = dropped.Close()
	}
}

// routeErrors are the codes of refusals that come before any operation.
var routeErrors = map[int]string{
	http.StatusNotFound:         "not_found",
	http.StatusMethodNotAllowed: "method_not_allowed",
	http.StatusNotImplemented:   "not_implemented",
}

// Identify sets the x-request-id of every reply to a request that is no call of the API.
func (j *Journal) Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(requestIDHeader, j.otherID())
		next.ServeHTTP(w, r)
	})
}

// otherID returns the id of a request that is no call. It does not change the ids of calls, so that looking at the
// emulator changes nothing.
func (j *Journal) otherID() string { return j.requestID(&j.others, "req_other_") }

// requestID counts and returns the next number if the world is in memory, so that two runs are the same. Otherwise it
// returns a random id, because a file outlives the process that counts.
func (j *Journal) requestID(count *int, prefix string) string {
	if !j.numbered {
		return prefix + strings.ReplaceAll(uuid.New().String(), "-", "")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	*count++
	const digits = 8
	number := strconv.Itoa(*count)
	return prefix + strings.Repeat("0", max(digits-len(number), 0)) + number
}

const requestIDHeader = "X-Request-Id"

// Watch makes the journal pass every further call to see, after the call is in the journal and before its caller goes
// on. It holds no lock then.
func (j *Journal) Watch(see func(Entry)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.watch = append(j.watch, see)
}

// tell passes a call to those who watch.
func (j *Journal) tell(entry Entry) {
	j.mu.Lock()
	watch := j.watch
	j.mu.Unlock()
	for _, see := range watch {
		see(entry)
	}
}

// add adds a call and returns it. If it has no time, it gets that of the call before it.
func (j *Journal) add(entry Entry) Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	if entry.At.IsZero() {
		entry.At = j.latest
	}
	j.latest = entry.At
	j.added++
	entry.Number = j.added
	defer j.trim(len(entry.Body) + len(entry.Reply))
	if len(j.ring) < JournalSize {
		j.ring = append(j.ring, entry)
		return entry
	}
	if j.gone == nil {
		j.gone = map[Gone]int{}
	}
	old := &j.ring[j.oldest]
	j.gone[Gone{old.Operation, old.Error, old.Status}]++
	j.size -= len(old.Body) + len(old.Reply)
	*old = entry
	j.oldest = (j.oldest + 1) % JournalSize
	return entry
}

// Newest returns at most limit calls, newest first.
func (j *Journal) Newest(limit int) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newest(limit)
}

// All returns all calls in the journal, newest first, and how many calls of each kind are no longer in it.
func (j *Journal) All() ([]Entry, map[Gone]int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.newest(JournalSize), maps.Clone(j.gone)
}

// Find returns the call with an id, and reports whether the journal has it.
func (j *Journal) Find(id string) (Entry, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.ring {
		if j.ring[i].ID == id {
			return j.ring[i], true
		}
	}
	return Entry{}, false
}

// newest is Newest for a caller that has locked the journal.
func (j *Journal) newest(limit int) []Entry {
	n := len(j.ring)
	found := make([]Entry, min(limit, n))
	for i := range found {
		found[i] = j.ring[(j.oldest+n-1-i)%n]
	}
	return found
}

// Number returns how far the ids of calls have counted up, for Clear.
func (j *Journal) Number() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strconv.Itoa(j.calls)
}

// Clear removes all calls. The world starts again at the given time. The ids of calls go on after number, or begin anew
// if that is "".
func (j *Journal) Clear(at time.Time, number string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ring, j.oldest, j.size, j.added, j.others, j.latest = nil, 0, 0, 0, 0, at
	j.calls, _ = strconv.Atoi(number)
	j.gone = nil
}

// Masked returns the parts of an API key that tell keys apart: its kind, and its last four characters if enough of it
// stays hidden.
func Masked(key string) string {
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

// Clip shortens a text whose length the caller chooses.
func Clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
