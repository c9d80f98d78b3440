package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// matches reports whether a condition is true for the only person of a world. SQL and evaluation must agree.
func matches(t *testing.T, w *world, document string) bool {
	t.Helper()
	tx := w.inSQL(t, noon)
	c := parse(t, document)
	selected := w.selected(t, tx, c)
	require.Equal(t, w.evaluated(t, c, noon), selected, document)
	return len(selected) == 1
}

func TestValuesThatAreNearlyTheSame(t *testing.T) {
	for _, test := range []struct {
		properties, condition string
		want                  bool
	}{
		{`{}`, `"eq": null`, false},
		{`{}`, `"neq": null`, true},
		{`{}`, `"exists": false`, true},
		{`{}`, `"eq": ""`, false},
		{`{}`, `"gt": 0, "not": true`, true},
		{`{"v": null}`, `"eq": null`, true},
		{`{"v": null}`, `"exists": true`, false},
		{`{"v": ""}`, `"exists": true`, true},
		{`{"v": ""}`, `"eq": null`, false},
		{`{"v": "1"}`, `"eq": 1`, false},
		{`{"v": 1}`, `"eq": 1.0`, true},
		{`{"v": "1.0"}`, `"eq": "1"`, false},
		{`{"v": "10"}`, `"gt": 9`, true},
		{`{"v": "ten"}`, `"gt": 9`, false},
		{`{"v": 9007199254740993}`, `"eq": 9007199254740992`, false},
		{`{"v": 9007199254740993}`, `"gt": "9007199254740992"`, true},
		{`{"v": [1, "2"]}`, `"contains": 2`, false},
		{`{"v": [1, "2"]}`, `"contains": "2"`, true},
		{`{"v": [1, {"a": [2.0]}]}`, `"eq": [1.0, {"a": [2]}]`, true},
		{`{"v": [1, 2]}`, `"eq": [2, 1]`, false},
		{`{"v": []}`, `"in": [[], 1]`, true},
		{`{"v": "Gold"}`, `"in": ["gold"]`, false},
		{`{"v": "gold"}`, `"in": ["gold"], "not": true`, false},
		{`{"v": 1780660800}`, `"before": "2026-06-05T12:00:00.001Z"`, true},
		{`{"v": 1780660800}`, `"after": "2026-06-05T11:59:59.999Z"`, true},
		{`{"v": 1780660800000}`, `"within": "PT0S"`, true},
		{`{"v": 999999999999}`, `"after": "2026-06-05"`, true},
		{`{"v": 1000000000000}`, `"after": "2026-06-05"`, false},
		{`{"v": "2026-06-04T12:00:00Z"}`, `"within": "P1D"`, true},
		{`{"v": "2026-06-04T11:59:59.999Z"}`, `"within": "P1D"`, false},
		{`{"v": "2026-06-05T12:00:00.001Z"}`, `"within": "P1D"`, false},
	} {
		w := &world{}
		w.person(test.properties)
		require.Equal(t, test.want, matches(t, w, `{"$state": "/profile/v", `+test.condition+`}`),
			"%s %s", test.properties, test.condition)
	}
}

func TestPointersThatAreNotPlainNames(t *testing.T) {
	for _, test := range []struct {
		properties, pointer string
		want                bool
	}{
		{`{"a/b": 1}`, `/profile/a~1b`, true},
		{`{"~": 1}`, `profile/~0`, true},
		{`{"q\"uote": 1}`, `/profile/q\"uote`, true},
		{`{"dot.ted": 1}`, `/profile/dot.ted`, true},
		{`{"dot": {"ted": 1}}`, `/profile/dot.ted`, false},
		{`{"ünï": 1}`, `/profile/ünï`, true},
		{"{\"\\u00fcn\\u00ef\": 1}", `/profile/ünï`, true},
		{`{"": 1}`, `/profile/`, true},
		{`{"a": {"b": 1}}`, `/profile/b`, false},
		{`{"a": "\"b\": 1", "c": 1}`, `/profile/b`, false},
		{`{"a": "\\", "b" : 1 , "c": 2}`, `/profile/b`, true},
		{`{"list": [0, 1]}`, `/profile/list/1`, true},
		{`{"list": [0, 1]}`, `/profile/list/01`, false},
		{`{"list": [0, 1]}`, `/profile/list/-1`, false},
		{`{"list": {"1": 1}}`, `/profile/list/1`, true},
		{`{"email": 1}`, `/profile/email`, false},
		{`{"phone": 1}`, `/profile/phone`, false},
		{`{"externalId": 1}`, `/profile/externalId`, false},
		{`{"external_id": 1}`, `/profile/external_id`, true},
		{`{"email": {"x": 1}}`, `/profile/email/x`, false},
	} {
		w := &world{}
		w.person(test.properties)
		require.Equal(t, test.want, matches(t, w, `{"$state": "`+test.pointer+`", "eq": 1}`),
			"%s %s", test.properties, test.pointer)
	}
}

func TestBuiltInNamesThatLookLikeDocuments(t *testing.T) {
	w := &world{}
	p := w.person(`{"tier": "silver"}`)
	p.ExternalID, p.Phone = `{"tier": "gold"}`, "null"
	require.True(t, matches(t, w, `{"$state": "/profile/externalId", "eq": "{\"tier\": \"gold\"}"}`))
	require.False(t, matches(t, w, `{"$state": "/profile/externalId/tier", "eq": "gold"}`))
	require.True(t, matches(t, w, `{"$state": "/profile/phone", "eq": "null"}`))
	require.True(t, matches(t, w, fmt.Sprintf(`{"$state": "/profile", "eq": {"id": %q, "email": %q, "phone": "null",
		"externalId": "{\"tier\": \"gold\"}", "tier": "silver"}}`, p.ID, p.Email)))
}

func TestEventsByNameWindowAndCount(t *testing.T) {
	w := &world{}
	w.person(`{"limit": 5}`).
		does("order.created", noon.Add(-24*time.Hour), `{"total": 4, "email": "x"}`).
		does("order.created", noon.Add(-24*time.Hour-time.Millisecond), `{"total": 6}`).
		does("order.paid", noon, `{}`).
		does("order.paid", noon.Add(time.Millisecond), `{}`).
		does("old", time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC), `{}`)
	for document, want := range map[string]bool{
		`{"event": "order.*"}`: true,
		`{"event": "order."}`:  false,
		`{"event": "order"}`:   false,
		`{"event": "Order.*"}`: false,
		`{"event": "old"}`:     true,

		`{"event": "*", "count": {"eq": 4}}`:          true,
		`{"event": "order.paid", "count": {"gt": 1}}`: false,
		`{"event": "none", "count": {"lt": 1}}`:       true,
		`{"event": "none", "count": {"eq": 0}}`:       true,
		`{"event": "none", "count": {"gte": 0}}`:      true,

		`{"event": "order.paid", "within": "PT0S"}`:                                true,
		`{"event": "order.created", "within": "P1D", "count": {"eq": 1}}`:          true,
		`{"event": "order.created", "within": "PT86400.001S", "count": {"eq": 2}}`: true,
		`{"event": "order.created", "within": "PT86399.999S"}`:                     false,

		`{"event": "order.created", "filter": {"$state": "/event/total", "gt": {"$state": "/profile/limit"}}}`: true,

		`{"event": "order.created", "filter": {"$state": "/event/email", "eq": "x"}}`:        true,
		`{"event": "order.created", "filter": {"$state": "/profile/total", "exists": true}}`: false,

		`{"event": "order.created", "filter": {"performed": {"event": "order.paid"}}, "count": {"eq": 2}}`: true,

		`{"event": "order.created",
			"filter": {"performed": {"event": "old", "filter": {"$state": "event/total"}}}}`: false,
	} {
		require.Equal(t, want, matches(t, w, `{"performed": `+document+`}`), document)
	}
	require.False(t, matches(t, w, `{"$state": "/event/total", "exists": true}`),
		"there is no event outside of a filter")
}

func TestAProfileWithoutAnything(t *testing.T) {
	w := &world{conditions: map[string]*cond.Cond{}}
	w.person(`{}`)
	for document, want := range map[string]bool{
		`{"performed": {"event": "*"}}`:                         false,
		`{"performed": {"event": "*", "count": {"lt": 1}}}`:     true,
		`{"$not": {"performed": {"event": "*"}}}`:               true,
		`{"received": {"event": "sent"}}`:                       false,
		`{"subscribed": "news"}`:                                false,
		`{"subscribed": "offers"}`:                              true,
		`{"inSegment": "manual"}`:                               false,
		`{"$not": {"inSegment": "unknown"}}`:                    true,
		`{"$state": "/profile"}`:                                true,
		`{"$state": "/data/x", "exists": false}`:                true,
		`{"bucket": {"percent": 100, "salt": "a"}}`:             true,
		`{"bucket": {"percent": 0, "salt": "a"}}`:               false,
		`[{"$or": [false, {"$and": [true, {"$not": false}]}]}]`: true,
	} {
		require.Equal(t, want, matches(t, w, document), document)
	}
}

func TestASegmentInsideAFilterSeesTheEvent(t *testing.T) {
	w := &world{conditions: map[string]*cond.Cond{"big": parse(t, `{"$state": "/event/total", "gte": 100}`)}}
	w.person(`{}`).does("order", noon, `{"total": 100}`)
	require.True(t, matches(t, w, `{"performed": {"event": "order", "filter": {"inSegment": "big"}}}`))
	require.False(t, matches(t, w, `{"inSegment": "big"}`))
}

func TestACycleOfSegmentsIsAnError(t *testing.T) {
	w := &world{
		conditions: map[string]*cond.Cond{
			"a": parse(t, `{"inSegment": "b"}`),
			"b": parse(t, `[{"inSegment": "a"}, {"inSegment": "a"}]`),
		},
	}
	p := w.person(`{}`)
	_, err := w.conditions["a"].Eval(&cond.Env{Now: noon, State: p.state(t), Facts: p})
	require.Error(t, err)
	_, err = w.inSQL(t, noon).Where(w.conditions["a"].Root(), w)
	require.ErrorContains(t, err, "32 deep")
}

func TestLongListsAreNotTooDeepForSQL(t *testing.T) {
	document := `{"$state": "/profile/v", "eq": 0}`
	for i := 1; i < 1000; i++ {
		document += fmt.Sprintf(`, {"$state": "/profile/v", "eq": %d}`, i)
	}
	w := &world{}
	w.person(`{"v": 999}`)
	require.True(t, matches(t, w, `{"$or": [`+document+`]}`))
}

func TestDatesWithoutAZoneAreLocalInSQLToo(t *testing.T) {
	for _, test := range []struct {
		zone, properties, condition string
		want                        bool
	}{
		{"UTC", `{"v": "2026-06-05"}`, `"within": "PT12H"`, true},
		{"America/New_York", `{"v": "2026-06-05"}`, `"within": "PT8H"`, true},
		{"America/New_York", `{"v": "2026-06-05T08:00:00.001"}`, `"within": "P1D"`, false},
		{"America/New_York", `{"v": "2026-06-05T08:00"}`, `"within": "PT0S"`, true},
		{"UTC", `{"v": "2026-06-05T17:45", "timezone": "Asia/Kathmandu"}`, `"within": "PT0S"`, true},
		{"UTC", `{"v": "2026-06-05T17:45", "timezone": "asia/kathmandu"}`, `"within": "PT0S"`, false},
		{"America/New_York", `{"v": "2026-06-05T08:00", "timezone": null}`, `"within": "PT0S"`, true},
		{"UTC", `{"v": "2026-06-05", "timezone": "Asia/Tokyo"}`, `"before": "2026-06-04T15:00:00.001Z"`, true},
		{"UTC", `{"v": 1780585200, "timezone": "Asia/Tokyo"}`, `"before": "2026-06-05"`, false},
		{"UTC", `{"v": 1780585200, "timezone": "Asia/Tokyo"}`, `"before": "2026-06-05T00:00:00.001"`, true},
		{"UTC", `{"v": "2026-06-05", "w": "2026-06-05T00:00", "timezone": "Asia/Tokyo"}`,
			`"before": {"$state": "/profile/w"}`, false},
		{"America/New_York", `{"v": "2026-03-08T02:30"}`, `"after": "2026-03-08T07:29:59.999Z"`, true},
		{"America/New_York", `{"v": "2026-03-08T02:30"}`, `"after": "2026-03-08T07:30Z"`, false},
		{"America/New_York", `{"v": "2026-11-01T01:30"}`, `"before": "2026-11-01T05:30:00.001Z"`, true},
		{"UTC", `{"v": "20260605"}`, `"after": 0`, false},
		{"UTC", `{"v": "2026-06-05T12:00+0100"}`, `"before": "2026-06-05T11:00:00.001z"`, true},
	} {
		w := &world{zone: zone.Load(test.zone)}
		w.person(test.properties)
		require.Equal(t, test.want, matches(t, w, `{"$state": "/profile/v", `+test.condition+`}`),
			"%s %s %s", test.zone, test.properties, test.condition)
	}

	w := &world{zone: zone.Load("America/New_York")}
	w.person(`{}`).does("e", noon, `{"on": "2026-06-05T08:00"}`)
	require.True(t, matches(t, w,
		`{"performed": {"event": "e", "filter": {"$state": "/event/on", "within": "PT0S"}}}`))
}
