package store_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// These tests compare SQL with package cond: random conditions about random people, at random times.

func TestSQLAndEvaluationSelectTheSameProfiles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := instant(t)
		w := randomWorld(t)
		tx := w.inSQL(t, now)
		for range 6 {
			document := encode(condition(t, 3, "s1", "s2"))
			c := parse(t, document)
			require.Equal(t, w.evaluated(t, c, now), w.selected(t, tx, c), document)
		}
	})
}

func randomWorld(t *rapid.T) *world {
	w := &world{conditions: map[string]*cond.Cond{}, zone: zone.Load(oneOf(t, "UTC", "America/New_York"))}
	w.conditions["s1"] = parse(t, encode(condition(t, 1)))
	w.conditions["s2"] = parse(t, encode(condition(t, 2, "s1")))
	for range rapid.IntRange(1, 5).Draw(t, "people") {
		properties := object(t, names)
		optional(t, properties, "timezone", func() any {
			return oneOf[any](t, "Asia/Kathmandu", "America/New_York", "Mars/Olympus", "localtime", "", 7, []any{"UTC"})
		})
		p := w.person(encode(properties))
		p.ExternalID = oneOf(t, "", "", `{"tier": "gold"}`, "null", "7", "P1")
		if p.ExternalID != "" {
			p.ExternalID += fmt.Sprint(len(w.people))
		}
		p.Phone = oneOf(t, "", "+4930", "1", "2026-06-05")
		for range rapid.IntRange(0, 5).Draw(t, "events") {
			p.does(oneOf(t, "order", "order.", "order.created", "order.ü", "Order.created", "orders", "login"),
				instant(t), encode(object(t, []string{"v", "w", "email"})))
		}
		for range rapid.IntRange(0, 3).Draw(t, "facts") {
			p.mail = append(p.mail, mailFact{oneOf(t, "sent", "opened", "clicked"), oneOf(t, "t1", "t2"), instant(t)})
		}
		for _, group := range []string{"g-news", "g-offers"} {
			if chosen := oneOf(t, "", "Subscribed", "Unsubscribed"); chosen != "" {
				p.choices[group] = chosen
			}
		}
		if rapid.Bool().Draw(t, "member") {
			w.members = append(w.members, p.ID)
		}
	}
	return w
}

func oneOf[T any](t *rapid.T, from ...T) T { return rapid.SampledFrom(from).Draw(t, "choice") }

func encode(value any) string {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// instant returns a time near noon, so that the edges of the windows are tested.
func instant(t *rapid.T) time.Time {
	return noon.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "minutes"))*time.Minute +
		oneOf(t, -time.Millisecond, 0, 0, 500*time.Microsecond, time.Millisecond))
}

var names = []string{
	"tier", "a/b", `q"uote`, "dot.ted", "ünï", "", "<b>", `back\slash`, "~", "0", "v", "email", "phone", "id",
}

func object(t *rapid.T, names []string) map[string]any {
	made := map[string]any{}
	for _, name := range names {
		if rapid.Bool().Draw(t, "present") {
			made[name] = value(t, 2)
		}
	}
	return made
}

func value(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case kind < 5:
		return oneOf[any](t,
			nil, true, false,
			"", "0", "1", "1.0", "gold", "old", `q"uo\te`, "<b>", "ünï",
			"p1@example.com", "2026-06-05", "P1D", "+4930",
			num("0"), num("-0.0"), num("1"), num("1.00"), num("1e0"), num("10"),
			num("9007199254740993"), num("9007199254740992"), num("1e400"))
	case kind < 7:
		at := instant(t)
		local := at.In(zone.Load(oneOf(t, "UTC", "Asia/Kathmandu", "America/New_York")))
		return oneOf[any](t, at.Format(time.RFC3339Nano), at.Format("2006-01-02T15:04Z"),
			local.Format("2006-01-02T15:04:05.999"), local.Format("2006-01-02t15:04"), local.Format("2006-01-02"),
			local.Format("2006-01-02T15:04:05-0700"), at.Format("20060102"), at.Format("2006-01-02T15:04z"),
			num(fmt.Sprint(at.UnixMilli())), num(fmt.Sprint(at.Unix())),
			fmt.Sprint(at.UnixMilli()), at.In(time.FixedZone("", 7200)).Format(time.RFC3339Nano))
	case depth == 0:
		return oneOf[any](t, []any{}, map[string]any{})
	case kind == 7:
		return map[string]any{"v": value(t, depth-1), "a/b": value(t, depth-1)}
	}
	return []any{value(t, depth-1), value(t, depth-1)}
}

func num(s string) json.Number { return json.Number(s) }

func pointer(t *rapid.T) string {
	pointer := cond.Pointer{oneOf(t, "profile", "profile", "event", "event", "data")}
	switch rapid.IntRange(0, 5).Draw(t, "length") {
	case 0:
	case 1:
		pointer = append(pointer, oneOf(t, names...), oneOf(t, "v", "a/b", "0", "1", "01", "-1"))
	case 2:
		pointer = append(pointer, oneOf(t, "id", "email", "externalId", "phone"))
	default:
		pointer = append(pointer, oneOf(t, names...))
	}
	return pointer.String()
}

// condition returns a random condition. segments are those it may refer to.
func condition(t *rapid.T, depth int, segments ...string) any {
	kind := rapid.IntRange(0, 11).Draw(t, "form")
	if depth == 0 {
		kind = max(kind, 4)
	}
	one := func() any { return condition(t, depth-1, segments...) }
	switch kind {
	case 0:
		return []any{one(), one(), one()}
	case 1:
		return map[string]any{"$and": []any{one(), one()}}
	case 2:
		return map[string]any{"$or": []any{one(), one(), one()}}
	case 3:
		return map[string]any{"$not": one()}
	case 4, 5:
		return performed(t, depth, segments)
	case 6:
		received := map[string]any{"event": oneOf(t, "sent", "opened", "clicked")}
		optional(t, received, "templateId", func() any { return oneOf(t, "t1", "t2", "welcome", "gone") })
		optional(t, received, "within", func() any { return width(t) })
		return map[string]any{"received": received}
	case 7:
		return map[string]any{"inSegment": oneOf(t, append(segments, "manual", "unknown")...)}
	case 8:
		return oneOf[any](t, true, false, map[string]any{"subscribed": oneOf(t, "news", "g-offers", "unknown")},
			map[string]any{
				"bucket": map[string]any{
					"percent": oneOf(t, num("0"), num("50"), num("99.99"), num("100")),
					"salt":    oneOf(t, "a", "b'"),
				},
			})
	}
	return comparison(t)
}

func optional(t *rapid.T, in map[string]any, name string, value func() any) {
	if rapid.Bool().Draw(t, name) {
		in[name] = value()
	}
}

func width(t *rapid.T) string {
	return oneOf(t, "PT0S", "PT0.001S", "PT1M", "PT60.001S", "PT2M", "P1D", "P15000W")
}

func performed(t *rapid.T, depth int, segments []string) any {
	event := map[string]any{"event": oneOf(t, "order", "order.", "order.*", "order*", "*", "order.created", "none")}
	if depth > 0 {
		optional(t, event, "filter", func() any { return condition(t, depth-1, segments...) })
	}
	optional(t, event, "within", func() any { return width(t) })
	optional(t, event, "count", func() any {
		return map[string]any{oneOf(t, "gte", "lte", "eq", "lt", "gt"): rapid.IntRange(0, 3).Draw(t, "count")}
	})
	return map[string]any{"performed": event}
}

func comparison(t *rapid.T) any {
	made := map[string]any{"$state": pointer(t)}
	optional(t, made, "not", func() any { return true })
	operator := oneOf(t, "", "eq", "neq", "gt", "gte", "lt", "lte", "in", "contains", "exists", "startsWith",
		"before", "after", "within")
	if operator == "" {
		return made
	}
	made[operator] = operand(t, operator)
	if rapid.IntRange(0, 3).Draw(t, "other") == 0 {
		made[operator] = map[string]any{"$state": pointer(t)}
	}
	return made
}

func operand(t *rapid.T, operator string) any {
	switch operator {
	case "gt", "gte", "lt", "lte":
		return oneOf[any](t, num("0"), num("1"), "1.0", "9", num("9007199254740992"), num("1e401"))
	case "in":
		return []any{value(t, 1), value(t, 1), value(t, 1)}
	case "exists":
		return rapid.Bool().Draw(t, "exists")
	case "startsWith":
		return oneOf(t, "", "g", "p1", "<", "q\"", "+")
	case "before", "after":
		return oneOf[any](t, "2026-06-05", "2026-06-05T12:00:00.001Z", "2026-06-05T08:00", "2026-06-05T17:45:00.001",
			num(fmt.Sprint(noon.Unix())), num(fmt.Sprint(noon.UnixMilli()+1)))
	case "within":
		return width(t)
	}
	return value(t, 2)
}
