package cond_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wordsSample is a condition and its words.
type wordsSample struct{ doc, want string }

// inWords tests the words of conditions, and that the names among them are exactly the known ones.
func inWords(t *testing.T, known []string, samples map[string][]wordsSample) {
	t.Helper()
	for _, name := range known {
		require.NotEmpty(t, samples[name], "%s has no sample of its words", name)
	}
	require.Len(t, samples, len(known))
	for _, list := range samples {
		for _, sample := range list {
			require.Equal(t, sample.want, parse(t, sample.doc).Words().String(), sample.doc)
		}
	}
}

// A new operator fails this test until it has a sample.
func TestEveryOperatorHasWords(t *testing.T) {
	tier := func(op, phrase string) []wordsSample {
		return []wordsSample{
			{`{"$state": "/profile/tier", ` + op + `}`, "the Profile's tier " + phrase},
			{`{"$state": "/profile/tier", "not": true, ` + op + `}`, "not true: the Profile's tier " + phrase},
		}
	}
	operators := known(t, `{"$state": "/data/v", "?": 1}`, "known operators: ", "; \"not\"")
	inWords(t, operators, map[string][]wordsSample{
		"eq": append(tier(`"eq": "gold"`, "is “gold”"),
			tier(`"eq": {"$state": "/event/a/b"}`, "is the event's a/b")...),
		"neq": tier(`"neq": null`, "is not null"),
		"gt":  tier(`"gt": 5`, "is greater than 5"),
		"gte": tier(`"gte": 5.50`, "is at least 5.50"),
		"lt":  tier(`"lt": "5"`, "is less than “5”"),
		"lte": tier(`"lte": 5`, "is at most 5"),
		"in": append(tier(`"in": ["Pro", 1, true]`, "is one of “Pro”, 1, true"),
			tier(`"in": [`+strings.Repeat(`"aaaaaaaaa", `, 99)+`"z"]`,
				"is one of "+strings.TrimSuffix(strings.Repeat("“aaaaaaaaa”, ", 41), ", ")+" and 59 more")...),
		"contains": tier(`"contains": {"a": 1}`, `contains {"a":1}`),
		"exists": slices.Concat(tier(`"exists": true`, "exists"), tier(`"exists": false`, "does not exist"),
			tier(`"exists": {"$state": "/data/x"}`, "exists if, and only if, this is true: the data's x")),
		"startsWith": tier(`"startsWith": "go"`, "begins with “go”"),
		"before":     tier(`"before": "2026-06-05"`, "is before “2026-06-05”"),
		"after":      tier(`"after": 1780000000`, "is after 1780000000"),
		"within": append(tier(`"within": "P1DT36H30M0.5S"`,
			"is within the last 2 days 12 hours 30 minutes 0.5 seconds"),
			tier(`"within": {"$state": "/profile/window"}`, "is within the last the Profile's window")...),
	})
}

// A new operator of a count fails this test until it has a sample.
func TestEveryOperatorOfACountHasWords(t *testing.T) {
	count := func(bound, phrase string) wordsSample {
		return wordsSample{`{"performed": {"event": "e", "count": {` + bound + `}}}`,
			"the Profile has " + phrase + " “e”"}
	}
	operators := known(t, `{"performed": {"event": "e", "count": {}}}`, "exactly one of ", ", such as")
	inWords(t, operators, map[string][]wordsSample{
		"gte": {count(`"gte": 1`, "an event"), count(`"gte": 3`, "at least 3 events")},
		"lte": {count(`"lte": 0`, "no event"), count(`"lte": 1`, "at most 1 event")},
		"eq":  {count(`"eq": 0`, "no event"), count(`"eq": 1`, "exactly 1 event")},
		"lt":  {count(`"lt": 1`, "no event"), count(`"lt": 2`, "fewer than 2 events")},
		"gt":  {count(`"gt": 0`, "an event"), count(`"gt": 1`, "more than 1 event")},
	})
}

// A new kind of mail fact fails this test until it has a sample.
func TestEveryKindOfMailHasWords(t *testing.T) {
	received := func(kind, phrase string) []wordsSample {
		return []wordsSample{
			{`{"received": {"event": "` + kind + `"}}`, phrase},
			{`{"received": {"event": "` + kind + `", "templateId": "sale", "within": "P1D"}}`,
				phrase + ", made from the Template “sale” within the last 1 day"},
		}
	}
	kinds := known(t, `{"received": {"event": "?"}}`, "must be one of ", ", not")
	inWords(t, kinds, map[string][]wordsSample{
		"sent":       received("sent", "an email was sent to the Profile"),
		"delivered":  received("delivered", "an email to the Profile was delivered"),
		"opened":     received("opened", "the Profile has opened an email"),
		"clicked":    received("clicked", "the Profile has clicked a link in an email"),
		"bounced":    received("bounced", "an email to the Profile has bounced"),
		"complained": received("complained", "the Profile has reported an email as spam"),
	})
}

// A new form fails this test until it has a sample.
func TestEveryFormHasWords(t *testing.T) {
	inWords(t, known(t, `{}`, "write one of ", "\n"), map[string][]wordsSample{
		"$and": {{`{"$and": [true, {"$or": [false, true]}]}`,
			"all of these: always; (at least one of these: never; always)"},
			{`[true]`, "always"}},
		"$or":    {{`{"$or": [true, false]}`, "at least one of these: always; never"}},
		"$not":   {{`{"$not": {"inSegment": "vip"}}`, "not: the Profile is in the Segment “vip”"}},
		"$state": {{`{"$state": "profile"}`, "the value at /profile is there, and not false, 0 or an empty text"}},
		"performed": {
			{`{"performed": {"event": "*"}}`, "the Profile has an event of any name"},
			{`{"performed": {"event": "order.*", "within": "PT1S", "filter": {"$state": "/event/total", "gt": 5}}}`,
				"the Profile has an event with a name that begins with “order.” within the last 1 second, " +
					"of which this is true: the event's total is greater than 5"},
		},
		"received": {{`{"received": {"event": "opened"}}`, "the Profile has opened an email"}},
		"subscribed": {{`{"subscribed": "offers"}`,
			"the Profile is subscribed to “offers”, by its choice or by the group's policy"}},
		"inSegment": {{`{"inSegment": "vip"}`, "the Profile is in the Segment “vip”"}},
		"bucket": {{`{"bucket": {"percent": 12.5, "salt": "s"}}`,
			"the Profile is among the 12.5 % of all that “s” picks"},
			{`{"bucket": {"percent": 100, "salt": "s"}}`, "the Profile is among the 100 % of all that “s” picks"}},
	})
}
