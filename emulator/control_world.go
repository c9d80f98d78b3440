package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// The control plane's routes about the world as a whole: health, clock, seed, reset, journal.

// controlHealth tells whether the world can be written, and if not, why.
func (e *Emulator) controlHealth(r *http.Request) (controlReply, error) {
	if err := e.lock(r.Context()); err != nil {
		return controlReply{}, err
	}
	defer e.mu.Unlock()
	err := e.writable()
	if err == nil {
		return controlReply{value: map[string]any{"status": "ok", "now": stamp(e.now())}}, nil
	}
	p := asProblem(err)
	if p.code != "unavailable" {
		return controlReply{}, err
	}
	return controlReply{unavailable: true, value: map[string]any{"status": "unavailable", "reason": p.message}}, nil
}

// writable begins to write and writes nothing. The caller holds the lock.
func (w *world) writable() error {
	if err := w.ready(); err != nil {
		return err
	}
	tx, err := w.begin(w.now(), "")
	if err != nil {
		return err
	}
	return tx.Rollback()
}

// The modes of a clock. A running one is the default of Go tests: time passes, and due work waits for the next call.
const (
	clockLive    = "live"
	clockManual  = "manual"
	clockRunning = "running"
)

// mode says how the clock moves.
func (c *clock) mode() string {
	switch {
	case c.live:
		return clockLive
	case c.frozen:
		return clockManual
	}
	return clockRunning
}

// controlClock looks at the clock and runs nothing: due counts what has come due and will run before the next call works.
func (e *Emulator) controlClock(r *http.Request) (controlReply, error) {
	if err := e.lock(r.Context()); err != nil {
		return controlReply{}, err
	}
	defer e.mu.Unlock()
	if err := e.ready(); err != nil {
		return controlReply{}, err
	}
	tx, err := e.begin(e.now(), e.org)
	if err != nil {
		return controlReply{}, err
	}
	due, err := tx.due()
	parked, parkedErr := tx.ParkedTasks()
	if err := errors.Join(err, parkedErr, tx.Rollback()); err != nil {
		return controlReply{}, err
	}
	shown := make([]map[string]any, len(parked))
	for i, p := range parked {
		shown[i] = map[string]any{"kind": p.Kind, "ref": p.Ref, "error": p.Error, "since": stamp(p.Since)}
	}
	return controlReply{value: map[string]any{"now": stamp(tx.Now), "mode": e.clock.mode(), "nextDue": orNullTime(e.next), "due": due,
		"parked": shown}}, nil
}

// lastInstant is the last one that has a form on the wire.
var lastInstant = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)

func (e *Emulator) controlAdvance(r *http.Request) (controlReply, error) {
	raw, err := bodyOf(r, maxControlBody)
	if err != nil {
		return controlReply{}, err
	}
	by, to, at, issue := advanceBody(raw)
	if issue != nil {
		return controlReply{}, invalid([]wire.Issue{*issue})
	}
	now, ran, err := e.advance(r.Context(), func(now time.Time) time.Time {
		target := to
		if to.IsZero() {
			target = now.Add(by)
		}
		switch {
		case target.Before(now):
			issue = &wire.Issue{In: wire.InBody, Path: at, Code: wire.CodeMin, Message: "lies before now: time does not go back"}
		case target.After(lastInstant):
			issue = &wire.Issue{In: wire.InBody, Path: at, Code: wire.CodeMax, Message: "leads beyond the year 9999"}
		default:
			return target
		}
		return now
	})
	if issue != nil {
		return controlReply{}, invalid([]wire.Issue{*issue})
	}
	return controlReply{value: map[string]any{"now": stamp(now), "ran": ran}}, err
}

// advanceBody reads {duration} or {to}; at is the pointer to the one that is there.
func advanceBody(raw []byte) (by time.Duration, to time.Time, at string, issue *wire.Issue) {
	fail := func(path, code, message string) (time.Duration, time.Time, string, *wire.Issue) {
		found := inBody(path, code, message)
		return 0, time.Time{}, "", &found
	}
	body, err := decodeObject(bytes.TrimSpace(raw))
	if err != nil || body == nil {
		return fail("", wire.CodeMalformed, `must be a JSON object such as {"duration": "72h"}`)
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name != "duration" && name != "to" {
			return fail(below("", name), wire.CodeUnknownField, "is not a field; there are duration and to")
		}
		if _, ok := body[name].(string); !ok {
			return fail("/"+name, wire.CodeType, "must be a string")
		}
	}
	duration, hasDuration := body["duration"].(string)
	instant, hasInstant := body["to"].(string)
	switch {
	case hasDuration && hasInstant:
		return fail("", wire.CodeConflict, "give duration or to, not both")
	case hasInstant:
		to, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			return fail("/to", wire.CodeFormat, "must be a date-time such as 2026-03-05T09:00:00Z")
		}
		return 0, to.UTC(), "/to", nil
	case !hasDuration:
		return fail("/duration", wire.CodeRequired, "is required, unless to is given")
	}
	if by, err = time.ParseDuration(duration); err != nil {
		by, err = cond.ParseDuration(duration)
	}
	switch {
	case err != nil:
		return fail("/duration", wire.CodeFormat, "must be a duration such as 72h, 1h30m or P3D")
	case by < 0:
		return fail("/duration", wire.CodeMin, "must not be negative: time does not go back")
	}
	return by, time.Time{}, "/duration", nil
}

// yamlTypes are what YAML is called. The last is what curl says of any file that it sends.
var yamlTypes = []string{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml", "text/plain", "application/x-www-form-urlencoded"}

func (e *Emulator) controlSeed(r *http.Request) (controlReply, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" || media != "" && media != "application/json" && !slices.Contains(yamlTypes, media) {
		return controlReply{}, &problem{code: "unsupported_media_type", message: "A seed is application/json or application/yaml."}
	}
	raw, err := bodyOf(r, maxSeedBody)
	if err != nil {
		return controlReply{}, err
	}
	if media == "application/json" && !strings.HasPrefix(string(bytes.TrimSpace(raw)), "{") {
		return controlReply{}, invalid([]wire.Issue{inBody("", wire.CodeMalformed, "must be a JSON object; YAML needs its own Content-Type")})
	}
	seed, err := ParseSeed(raw)
	var ids map[string]string
	if err == nil {
		err = e.viewFirst(r.Context(), func(tx *Tx) (err error) {
			ids, err = tx.applySeed(seed)
			return err
		})
	}
	if mistakes, ok := errors.AsType[*SeedError](err); ok {
		return controlReply{}, invalid(seedIssues(mistakes))
	}
	return controlReply{value: map[string]any{"ids": ids}}, err
}

func seedIssues(mistakes *SeedError) []wire.Issue {
	issues := make([]wire.Issue, len(mistakes.Problems))
	for i, p := range mistakes.Problems {
		message := p.Message
		if p.Line > 0 {
			message = fmt.Sprintf("line %d: %s", p.Line, p.Message)
		}
		issues[i] = inBody(p.Path, wire.CodeMalformed, message)
	}
	return issues
}

func (e *Emulator) controlReset(r *http.Request) (controlReply, error) {
	return controlReply{}, e.reset(r.Context())
}

func (e *Emulator) controlRequests(r *http.Request) (controlReply, error) {
	limit, err := limitOf(r)
	if r.URL.Query().Get("limit") == "" {
		limit = journalSize
	}
	return controlReply{value: map[string]any{"requests": e.journal.newest(limit)}}, err
}
