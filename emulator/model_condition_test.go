package emulator_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The interpreter's own conditions, values and local times: only the forms that the generator writes.

// naiveView is the state that a condition reads.
type naiveView struct {
	now                time.Time
	p                  *naivePerson
	event, data, steps map[string]any
}

func (v naiveView) look(pointer string) (any, bool) {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	var at any = map[string]map[string]any{
		"profile": v.p.profile(),
		"event":   v.event,
		"data":    v.data,
		"steps":   v.steps,
	}[parts[0]]
	for _, part := range parts[1:] {
		object, ok := at.(map[string]any)
		if !ok {
			return nil, false
		}
		if at, ok = object[part]; !ok {
			return nil, false
		}
	}
	return at, true
}

func (v naiveView) holds(c any) bool {
	switch c := c.(type) {
	case nil:
		return true
	case bool:
		return c
	case []any:
		return !slices.ContainsFunc(c, func(each any) bool { return !v.holds(each) })
	}
	o := c.(map[string]any)
	switch {
	case o["$and"] != nil:
		return v.holds(o["$and"])
	case o["$or"] != nil:
		return slices.ContainsFunc(o["$or"].([]any), v.holds)
	case o["$not"] != nil:
		return !v.holds(o["$not"])
	case o["subscribed"] != nil:
		return v.p.consent(o["subscribed"].(string)) == ""
	case o["inSegment"] != nil:
		return naiveView{now: v.now, p: v.p}.holds(v.p.segments[o["inSegment"].(string)])
	case o["performed"] != nil:
		return v.performed(o["performed"].(map[string]any))
	}
	if bucket, ok := o["bucket"].(map[string]any); ok {
		sum := sha256.Sum256([]byte(bucket["salt"].(string) + "\x00" + strings.ToLower(v.p.id)))
		return binary.BigEndian.Uint64(sum[:8])%10_000 < uint64(bucket["percent"].(float64)*100)
	}
	if received, ok := o["received"].(map[string]any); ok {
		return slices.ContainsFunc(v.p.mail, func(f naiveFact) bool { return v.received(received, f) })
	}
	return v.compares(o) != (o["not"] == true)
}

func (v naiveView) received(o map[string]any, f naiveFact) bool {
	template, within := o["templateId"], o["within"]
	return o["event"] == f.kind && (template == nil || template == f.template) &&
		(within == nil || !f.at.Before(v.now.Add(-modelDurations[within.(string)])))
}

func (v naiveView) performed(o map[string]any) bool {
	count := 0.0
	for _, e := range v.p.events {
		within, limited := o["within"].(string)
		switch {
		case !naiveMatches(o["event"].(string), e.name), e.at.After(v.now):
		case limited && e.at.Before(v.now.Add(-modelDurations[within])):
		case !naiveView{v.now, v.p, e.data, v.data, v.steps}.holds(o["filter"]):
		default:
			count++
		}
	}
	wanted, ok := o["count"].(map[string]any)
	if !ok {
		return count >= 1
	}
	for op, n := range wanted {
		if !naiveOrder(op, count, n.(float64)) {
			return false
		}
	}
	return true
}

func naiveMatches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

func (v naiveView) compares(o map[string]any) bool {
	got, ok := v.look(o["$state"].(string))
	for op, want := range o {
		if other, isRef := want.(map[string]any); isRef {
			want, _ = v.look(other["$state"].(string))
		}
		switch op {
		case "$state", "not":
			continue
		case "eq":
			return ok && got == want
		case "neq":
			return !ok || got != want
		case "exists":
			return ok == want
		case "in":
			return ok && slices.Contains(want.([]any), got)
		case "startsWith":
			s, isText := got.(string)
			return isText && strings.HasPrefix(s, want.(string))
		case "before", "after", "within":
			return v.dated(op, got, want)
		}
		a, isNumber := naiveNumber(got)
		b, wantNumber := naiveNumber(want)
		return isNumber && wantNumber && naiveOrder(op, a, b)
	}
	return ok && got != "" && got != false && got != 0.0
}

func (v naiveView) dated(op string, got, want any) bool {
	at, ok := v.instant(got)
	if op == "within" {
		return ok && !at.After(v.now) && !at.Before(v.now.Add(-modelDurations[want.(string)]))
	}
	limit, known := v.instant(want)
	return ok && known && (op == "before" && at.Before(limit) || op == "after" && at.After(limit))
}

func naiveOrder(op string, a, b float64) bool {
	return map[string]bool{"gt": a > b, "gte": a >= b, "lt": a < b, "lte": a <= b, "eq": a == b}[op]
}

func naiveNumber(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case string:
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// instant reads a date or date-time, or an epoch in seconds.
func (v naiveView) instant(raw any) (time.Time, bool) {
	switch raw := raw.(type) {
	case float64:
		return time.Unix(int64(raw), 0).UTC(), true
	case string:
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999Z0700", "2006-01-02t15:04:05.999z"} {
			if at, err := time.Parse(layout, raw); err == nil {
				return at.UTC(), true
			}
		}
		for _, layout := range []string{"2006-01-02", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
			if wall, err := time.Parse(layout, raw); err == nil {
				return naiveLocalDate(wall, v.p.zone("")), true
			}
		}
	}
	return time.Time{}, false
}

// naiveDates has what naiveLocalDate has found.
var naiveDates = map[string]time.Time{}

// naiveLocalDate looks for the first quarter of an hour from which on a wall clock in the zone has passed a time. No
// zone of the test changes its clocks at another time.
func naiveLocalDate(wall time.Time, zone *time.Location) time.Time {
	name := wall.Format(time.RFC3339Nano) + zone.String()
	if known, ok := naiveDates[name]; ok {
		return known
	}
	const step = 15 * time.Minute
	at := wall.Add(-16 * time.Hour)
	at = at.Add(-at.Sub(at.Truncate(step)))
	shown := func(at time.Time) time.Time { return at.Add(naiveOffset(at, zone)) }
	for !shown(at).Add(step).After(wall) && !shown(at.Add(step)).After(wall) {
		at = at.Add(step)
	}
	naiveDates[name] = wall.Add(-naiveOffset(at, zone))
	return naiveDates[name]
}

// naiveText prints a value as an email does. A missing value is empty.
func naiveText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	raw, _ := json.Marshal(v)
	return string(raw)
}

// eval returns the value of a literal, of {"$state": pointer}, or of an object of such values.
func (v naiveView) eval(raw any) (any, bool) {
	o, ok := raw.(map[string]any)
	if !ok {
		return raw, true
	}
	return v.look(o["$state"].(string))
}

func (v naiveView) object(raw map[string]any) map[string]any {
	out := map[string]any{}
	for name, each := range raw {
		if found, ok := v.eval(each); ok {
			out[name] = found
		}
	}
	return out
}

// naiveLocal returns the next minute at which a wall clock in the zone shows the wanted time. If the clock shows it
// twice, it is the first. If the clocks were put forward over it, it is the minute at which they would have shown it.
func naiveLocal(now time.Time, want *modelLocal, zone *time.Location) time.Time {
	const shown = "2006-01-02T15:04"
	for at := now.Truncate(time.Minute).Add(time.Minute); ; at = at.Add(time.Minute) {
		earlier, late := naiveOffset(at.Add(-3*time.Hour), zone), naiveOffset(at, zone)
		wall := at.UTC().Add(late)
		if late != earlier && at.UTC().Add(earlier).Format(shown) != wall.Format(shown) {
			if missed := at.UTC().Add(earlier); late > earlier && naiveWanted(missed, want) &&
				!naiveShows(at, missed.Format(shown), zone) {
				return at
			}
		}
		if !naiveWanted(wall, want) {
			continue
		}
		second := false
		for back := at.Add(-time.Minute); at.Sub(back) <= 3*time.Hour; back = back.Add(-time.Minute) {
			second = second || back.In(zone).Format(shown) == wall.Format(shown)
		}
		if !second {
			return at
		}
	}
}

func naiveOffset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

func naiveWanted(wall time.Time, want *modelLocal) bool {
	return wall.Hour() == want.Hour && wall.Minute() == want.Minute &&
		(len(want.Days) == 0 || slices.Contains(want.Days, int(wall.Weekday())))
}

// naiveShows reports whether a wall clock shows this time at all, within some hours of an instant.
func naiveShows(at time.Time, wall string, zone *time.Location) bool {
	for m := -180; m <= 180; m++ {
		if at.Add(time.Duration(m)*time.Minute).In(zone).Format("2006-01-02T15:04") == wall {
			return true
		}
	}
	return false
}
