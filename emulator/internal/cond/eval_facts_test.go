package cond_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestReceivedDistinguishesTheKinds(t *testing.T) {
	kinds := []string{"sent", "delivered", "opened", "clicked", "bounced", "complained"}
	for _, has := range kinds {
		who := &person{mail: []fact{{kind: has, id: "t1", at: noon}}}
		for _, asked := range kinds {
			require.Equal(t, cond.Result{True: has == asked}, evalFor(t, `{"received": {"event": "`+asked+`"}}`, who),
				"%s of %s", asked, has)
		}
	}
}

func TestReceivedOfATemplate(t *testing.T) {
	who := &person{mail: []fact{
		{kind: "opened", id: "t1", key: "welcome", at: noon.Add(-day)},
		{kind: "sent", id: "t2", key: "digest", at: noon.Add(-day)},
	}}
	for name, c := range map[string]struct {
		received string
		want     bool
	}{
		"by its id":                        {`"event": "opened", "templateId": "t1"`, true},
		"by its key":                       {`"event": "opened", "templateId": "welcome"`, true},
		"of another kind":                  {`"event": "opened", "templateId": "digest"`, false},
		"unknown":                          {`"event": "opened", "templateId": "none"`, false},
		"within the time":                  {`"event": "opened", "templateId": "t1", "within": "P2D"`, true},
		"not within the time":              {`"event": "opened", "templateId": "t1", "within": "PT1H"`, false},
		"of any template within the time":  {`"event": "sent", "within": "P2D"`, true},
		"of any template and not in time":  {`"event": "sent", "within": "PT1H"`, false},
		"of any template at any time":      {`"event": "sent"`, true},
		"of any template and another kind": {`"event": "clicked"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, evalFor(t, `{"received": {`+c.received+`}}`, who).True)
		})
	}
}

func TestReceivedWithinIsInclusiveAtBothEdges(t *testing.T) {
	for name, c := range map[string]struct {
		from  []time.Duration
		want  bool
		until time.Duration // from noon; 0 is never
	}{
		"one millisecond too old":          {[]time.Duration{-day - ms}, false, 0},
		"at the edge, for one millisecond": {[]time.Duration{-day}, true, ms},
		"now":                              {[]time.Duration{0}, true, day + ms},
		"in the future":                    {[]time.Duration{ms}, false, ms},
		"the newest one inside decides how long": {
			[]time.Duration{-day, -time.Hour, -2 * time.Hour}, true, 23*time.Hour + ms,
		},
		"the next future one decides when": {[]time.Duration{2 * time.Hour, time.Hour, -2 * day}, false, time.Hour},
		"a future one changes nothing": {
			[]time.Duration{time.Minute, -time.Hour}, true, 23*time.Hour + ms,
		},
		"nor does a future one that is listed last": {
			[]time.Duration{-time.Hour, time.Minute}, true, 23*time.Hour + ms,
		},
		"none at all": {nil, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			who := &person{}
			for _, from := range c.from {
				who.mail = append(who.mail, fact{kind: "clicked", at: noon.Add(from)})
			}
			want := cond.Result{True: c.want}
			if c.until != 0 {
				want.Until = noon.Add(c.until)
			}
			require.Equal(t, want, evalFor(t, `{"received": {"event": "clicked", "within": "P1D"}}`, who))
			require.Equal(t, []time.Time{noon.Add(-day)}, who.since, "older ones are not requested")
		})
	}
}

func TestReceivedWithoutAWindowStaysTrue(t *testing.T) {
	who := &person{
		mail: []fact{
			{kind: "sent", at: noon.Add(-1000 * day)},
			{kind: "sent", at: noon.Add(time.Hour)},
			{kind: "opened", at: noon.Add(time.Hour)},
		},
	}
	require.Equal(t, cond.Result{True: true}, evalFor(t, `{"received": {"event": "sent"}}`, who))
	require.Equal(t, cond.Result{Until: noon.Add(time.Hour)}, evalFor(t, `{"received": {"event": "opened"}}`, who))
	require.Equal(t, []time.Time{{}, {}}, who.since, "all are requested")
}

func TestSubscribedFollowsTheGroup(t *testing.T) {
	who := &person{groups: map[string]bool{"news": true, "offers": false}}
	for group, want := range map[string]bool{"news": true, "offers": false, "unknown": false} {
		require.Equal(t, cond.Result{True: want}, evalFor(t, `{"subscribed": "`+group+`"}`, who), group)
		require.Equal(t, cond.Result{True: !want}, evalFor(t, `{"$not": {"subscribed": "`+group+`"}}`, who), group)
	}
}

func TestInSegmentIsTheCurrentMembership(t *testing.T) {
	who := &person{
		events: did("visit", -time.Hour),
		segments: map[string]*cond.Cond{
			"pro":    parse(t, `{"$state": "/profile/tier", "eq": "pro"}`),
			"active": parse(t, `{"performed": {"event": "visit", "within": "P1D"}}`),
			"both":   parse(t, `[{"inSegment": "pro"}, {"inSegment": "active"}]`),
			"rest":   parse(t, `{"$not": {"inSegment": "both"}}`),
		},
		members: map[string]bool{"invited": true, "banned": false},
	}
	leaves := noon.Add(23*time.Hour + ms)
	for segment, want := range map[string]cond.Result{
		"pro":     {True: true},
		"active":  {True: true, Until: leaves},
		"both":    {True: true, Until: leaves},
		"rest":    {Until: leaves},
		"invited": {True: true},
		"banned":  {},
		"unknown": {},
	} {
		env := &cond.Env{Now: noon, Facts: who, State: state(t, `{"profile": {"tier": "pro"}}`)}
		require.Equal(t, want, eval(t, `{"inSegment": "`+segment+`"}`, env), segment)
		want.True = !want.True
		require.Equal(t, want, eval(t, `{"$not": {"inSegment": "`+segment+`"}}`, env), segment)
	}
}

// chain returns a person with segments s1 → s2 → … → sn. The last one is end.
func chain(t *testing.T, n int, end string) *person {
	t.Helper()
	who := &person{segments: map[string]*cond.Cond{}, members: map[string]bool{"manual": true}}
	for i := 1; i < n; i++ {
		who.segments[fmt.Sprintf("s%d", i)] = parse(t, fmt.Sprintf(`{"inSegment": "s%d"}`, i+1))
	}
	who.segments[fmt.Sprintf("s%d", n)] = parse(t, end)
	return who
}

func TestSegmentsReferToEachOther32Deep(t *testing.T) {
	require.True(t, evalFor(t, `{"inSegment": "s1"}`, chain(t, 32, `true`)).True)
	require.True(t, evalFor(t, `{"inSegment": "s1"}`, chain(t, 31, `{"inSegment": "manual"}`)).True)
	both := `[{"inSegment": "s1"}, {"$not": {"$not": {"inSegment": "s2"}}}]`
	require.True(t, evalFor(t, both, chain(t, 32, `true`)).True)
	for _, who := range []*person{
		chain(t, 33, `true`), chain(t, 32, `{"inSegment": "manual"}`), chain(t, 5, `{"inSegment": "s3"}`),
	} {
		r, err := parse(t, `{"inSegment": "s1"}`).Eval(&cond.Env{Now: noon, Facts: who})
		require.ErrorContains(t, err, "segments refer to each other more than 32 deep")
		require.Zero(t, r)
	}
}
