package gateway

import (
	"encoding/json"
	"slices"
	"time"
)

// This file finds calls in the journal, and shows them.

// Filter narrows a list of calls. A zero field does not narrow it.
type Filter struct {
	Operation, Error, IdempotencyKey string
	Status                           int
	Before, After                    int       // Numbers
	Since                            time.Time // and later
}

// selects reports whether a filter selects a call.
func (f *Filter) selects(e *Entry) bool {
	return (f.Operation == "" || f.Operation == e.Operation) &&
		(f.Error == "" || f.Error == e.Error) &&
		(f.IdempotencyKey == "" || f.IdempotencyKey == e.IdempotencyKey) &&
		(f.Status == 0 || f.Status == e.Status) &&
		(f.Before == 0 || e.Number < f.Before) && e.Number > f.After && !e.At.Before(f.Since)
}

// Where returns the newest calls that a filter selects, at most limit, newest first.
func (j *Journal) Where(filter Filter, limit int) []Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	found := slices.DeleteFunc(j.newest(JournalSize), func(e Entry) bool { return !filter.selects(&e) })
	return found[:min(limit, len(found))]
}

// MarshalJSON returns the call as the control plane shows it.
func (e Entry) MarshalJSON() ([]byte, error) {
	rejected := make([]any, len(e.Rejected))
	for i, item := range e.Rejected {
		rejected[i] = map[string]any{
			"index":          item.Index,
			"idempotencyKey": OrNull(item.Key),
			"error":          item.Error,
			"reason":         OrNull(item.Grounds.Reason),
			"issues":         item.Grounds.issues(),
		}
	}
	return json.Marshal(map[string]any{
		"id":             e.ID,
		"at":             Stamp(e.At),
		"method":         e.Method,
		"path":           e.Path,
		"operation":      OrNull(e.Operation),
		"apiKey":         OrNull(e.Key),
		"keyLabel":       OrNull(e.Label),
		"idempotencyKey": OrNull(e.IdempotencyKey),
		"madeUp":         e.MadeUp,
		"status":         e.Status,
		"error":          OrNull(e.Error),
		"reason":         OrNull(e.Grounds.Reason),
		"issues":         e.Grounds.issues(),
		"rejected":       rejected,
		"replayed":       e.Replayed,
		"fault":          OrNull(e.Fault),
	})
}

// issues returns the issues as a list, which is never nil.
func (g *Grounds) issues() []Issue { return append([]Issue{}, g.All...) }
