package control

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about the world as a whole: health, clock, seed, reset, ids, signing in.

// health reports whether the world can be written, and if not, why.
func (p *Plane) health(r *http.Request) (answer, error) {
	var now time.Time
	err := p.World.Look(r.Context(), func(tx *world.Tx) error { // it begins with taking the database's lock
		now = tx.Now
		return nil
	})
	if err == nil {
		return answer{value: map[string]any{"status": "ok", "now": gateway.Stamp(now)}}, nil
	}
	problem := world.AsProblem(err)
	if problem.Code != world.CodeUnavailable {
		return answer{}, err
	}
	return answer{
		unavailable: true,
		value:       map[string]any{"status": "unavailable", "reason": problem.Message},
	}, nil
}

// clock looks at the clock and runs nothing. due counts the tasks that are due and will run before the next call.
func (p *Plane) clock(r *http.Request) (answer, error) {
	var state world.ClockState
	err := p.World.Look(r.Context(), func(tx *world.Tx) (err error) {
		state, err = tx.ClockState()
		return err
	})
	if err != nil {
		return answer{}, err
	}
	parked := make([]map[string]any, len(state.Parked))
	for i, task := range state.Parked {
		parked[i] = map[string]any{
			"kind":  task.Kind,
			"ref":   task.Ref,
			"error": task.Error,
			"since": gateway.Stamp(task.Since),
		}
	}
	return answer{value: map[string]any{
		"now":     gateway.Stamp(state.Now),
		"mode":    state.Mode,
		"nextDue": gateway.OrNullTime(state.Next),
		"due":     state.Due,
		"parked":  parked,
	}}, nil
}

func (p *Plane) advance(r *http.Request) (answer, error) {
	raw, err := gateway.BodyOf(r, maxControlBody)
	if err != nil {
		return answer{}, err
	}
	by, to, at, issue := advanceBody(raw)
	if issue != nil {
		return answer{}, gateway.Invalid(*issue)
	}
	refuse := func(code, message string) {
		found := inBody(at, code, message)
		issue = &found
	}

	now, ran, err := p.World.Advance(r.Context(), func(now time.Time) time.Time {
		target := to
		if to.IsZero() {
			target = now.Add(by)
		}
		switch {
		case target.Before(now):
			refuse(gateway.CodeMin, "is before the current time: the clock does not go back")
		case target.After(cond.LastInstant):
			refuse(gateway.CodeMax, "must not lead past the year 9999")
		default:
			return target
		}
		return now
	})
	if issue != nil {
		return answer{}, gateway.Invalid(*issue)
	}
	return answer{value: map[string]any{"now": gateway.Stamp(now), "ran": ran}}, err
}

// advanceBody reads {duration} or {to}. at is the JSON pointer to the one that is given.
func advanceBody(raw []byte) (by time.Duration, to time.Time, at string, issue *gateway.Issue) {
	fail := func(path, code, message string) (time.Duration, time.Time, string, *gateway.Issue) {
		found := inBody(path, code, message)
		return 0, time.Time{}, "", &found
	}
	body, err := cond.DecodeObject(bytes.TrimSpace(raw))
	if err != nil || body == nil {
		return fail("", gateway.CodeMalformed, `must be a JSON object such as {"duration": "72h"}`)
	}
	for _, name := range slices.Sorted(maps.Keys(body)) {
		if name != "duration" && name != "to" {
			message := "is not a field; the fields are duration and to"
			return fail(cond.Below("", name), gateway.CodeUnknownField, message)
		}
		if _, ok := body[name].(string); !ok {
			return fail("/"+name, gateway.CodeType, "must be a string")
		}
	}

	duration, hasDuration := body["duration"].(string)
	instant, hasInstant := body["to"].(string)
	switch {
	case hasDuration && hasInstant:
		return fail("", gateway.CodeConflict, "must have duration or to, not both")
	case hasInstant:
		to, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			return fail("/to", gateway.CodeFormat, "must be a date-time such as 2026-03-05T09:00:00Z")
		}
		return 0, to.UTC(), "/to", nil
	case !hasDuration:
		return fail("/duration", gateway.CodeRequired, "is required, unless to is given")
	}

	by, err = cond.ParseSpan(duration)
	switch {
	case err != nil:
		return fail("/duration", gateway.CodeFormat, "must be a duration such as 72h, 1h30m or P3D")
	case by < 0:
		return fail("/duration", gateway.CodeMin, "must not be negative: the clock does not go back")
	}
	return by, time.Time{}, "/duration", nil
}

// login makes a link that signs one browser in to the dashboard, once. The body is optional; its member next is the
// page that the link leads to.
func (p *Plane) login(r *http.Request) (answer, error) {
	raw, err := gateway.BodyOf(r, maxControlBody)
	if err != nil {
		return answer{}, err
	}
	next, body := "", map[string]any{}
	if raw = bytes.TrimSpace(raw); len(raw) > 0 {
		if body, err = cond.DecodeObject(raw); err != nil || body == nil {
			hint := `must be empty or a JSON object such as {"next": "/dashboard/mail"}`
			return answer{}, gateway.Invalid(inBody("", gateway.CodeMalformed, hint))
		}
	}
	if issues := readMembers(body, "", map[string]reader{"next": text(&next)}); len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}
	link, ok := p.Login(r, next)
	if !ok {
		message := "must be the path of a page of the dashboard, such as /dashboard/mail"
		return answer{}, gateway.Invalid(inBody("/next", gateway.CodeFormat, message))
	}
	return answer{value: map[string]any{"url": link}}, nil
}

// yamlTypes are the media types of YAML. curl uses the last one for any file, unless the user sets another.
var yamlTypes = []string{
	"application/yaml",
	"application/x-yaml",
	"text/yaml",
	"text/x-yaml",
	"text/plain",
	"application/x-www-form-urlencoded",
}

func (p *Plane) seed(r *http.Request) (answer, error) {
	declared := r.Header.Get("Content-Type")
	media, _, err := mime.ParseMediaType(declared)
	known := media == "" || media == "application/json" || slices.Contains(yamlTypes, media)
	if err != nil && declared != "" || !known {
		return answer{}, &gateway.Problem{
			Code:    "unsupported_media_type",
			Message: "A seed must be application/json or application/yaml.",
		}
	}
	raw, err := gateway.BodyOf(r, maxSeedBody)
	if err != nil {
		return answer{}, err
	}
	if media == "application/json" && !strings.HasPrefix(string(bytes.TrimSpace(raw)), "{") {
		issue := inBody("", gateway.CodeMalformed, "must be a JSON object; send YAML as application/yaml")
		return answer{}, gateway.Invalid(issue)
	}

	parsed, err := seed.Parse(raw)
	var ids map[string]string
	if err == nil {
		err = p.World.Act(r.Context(), world.First, func(tx *world.Tx) (err error) {
			ids, err = seed.Apply(tx, parsed)
			return err
		})
	}
	if invalid, ok := errors.AsType[*seed.Error](err); ok {
		return answer{}, gateway.Invalid(seedIssues(invalid)...)
	}
	return answer{value: map[string]any{"ids": ids}}, err
}

func seedIssues(invalid *seed.Error) []gateway.Issue {
	issues := make([]gateway.Issue, len(invalid.Problems))
	for i, problem := range invalid.Problems {
		message := problem.Message
		if problem.Line > 0 {
			message = fmt.Sprintf("line %d: %s", problem.Line, problem.Message)
		}
		issues[i] = inBody(problem.Path, gateway.CodeMalformed, message)
	}
	return issues
}

// ids answers with the id of everything that has a key in a seed.
func (p *Plane) ids(r *http.Request) (answer, error) {
	return p.look(r, func(tx *world.Tx) (any, error) {
		ids, err := tell.ReadIDs(tx)
		return map[string]any{"ids": ids.All()}, err
	})
}

// idleWait is how long a request waits for the emulator to be idle, unless it says how long.
const idleWait = 5 * time.Second

// idle waits until no call is under way and nothing is due, and reports whether that is so.
func (p *Plane) idle(r *http.Request) (answer, error) {
	wait, err := waitOf(r.URL.Query().Get("wait"))
	if err != nil {
		return answer{}, err
	}
	ctx, cancel := waiting(r, cmp.Or(wait, idleWait))
	defer cancel()
	err = p.Idle(ctx)
	ended := err != nil && errors.Is(err, ctx.Err())
	if err != nil && !ended {
		return answer{}, err
	}
	return answer{value: map[string]any{"idle": !ended}}, nil
}

func (p *Plane) reset(r *http.Request) (answer, error) {
	return answer{}, p.Reset(r.Context())
}

// imageTypes are the media types of an image. The first one is that of a reply. curl uses the last one for any file,
// unless the user sets another.
var imageTypes = []string{
	"application/vnd.sqlite3",
	"application/x-sqlite3",
	"application/octet-stream",
	"application/x-www-form-urlencoded",
}

func (p *Plane) snapshot(r *http.Request) (answer, error) {
	image, err := p.World.Image(r.Context())
	return answer{media: imageTypes[0], text: image}, err
}

// restore replaces the world by the image in the body.
func (p *Plane) restore(r *http.Request) (answer, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") != "" && (err != nil || !slices.Contains(imageTypes, media)) {
		return answer{}, &gateway.Problem{
			Code:    "unsupported_media_type",
			Message: "An image must be application/vnd.sqlite3 or application/octet-stream.",
		}
	}
	raw, err := gateway.BodyOf(r, maxImageBody)
	if err == nil {
		err = p.Restore(r.Context(), raw)
	}
	if invalid, ok := errors.AsType[*world.ImageError](err); ok {
		return answer{}, gateway.Invalid(inBody("", gateway.CodeMalformed, invalid.Reason))
	}
	return answer{}, err
}
