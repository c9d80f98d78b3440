package cond_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// finding is a document with one error: its path, and a part of its message.
type finding struct{ doc, path, part string }

func check(t *testing.T, cases map[string]finding) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			findings := refused(t, c.doc)
			require.Len(t, findings, 1, "%v", findings)
			require.Equal(t, c.path, findings[0].Path)
			require.Contains(t, findings[0].Message, c.part)
			inside := refused(t, `{"$or": [true, {"$not": `+c.doc+`}]}`)
			require.Equal(t, []cond.Finding{{Path: "/$or/1/$not" + c.path, Message: findings[0].Message}}, inside)
		})
	}
}

func TestDocumentsThatAreNotConditionsAreRefused(t *testing.T) {
	check(t, map[string]finding{
		"null is not a condition":            {`null`, "", "not null"},
		"a number is not a condition":        {`1`, "", "not a number"},
		"a string is not a condition":        {`"true"`, "", "not a string"},
		"an empty string is not a condition": {`""`, "", "not an empty string"},
		"an empty list":                      {`[]`, "", "the list is empty"},
		"an empty $and":                      {`{"$and": []}`, "/$and", "the list is empty"},
		"an empty $or":                       {`{"$or": []}`, "/$or", "the list is empty"},
		"an $and that is not a list": {
			`{"$and": true}`, "/$and", "must be a list of conditions, not a boolean",
		},
		"an $or of an object": {
			`{"$or": {"$state": "/a"}}`, "/$or", "must be a list of conditions, not an object",
		},
		"a $not of nothing":       {`{"$not": null}`, "/$not", "not null"},
		"a $not of an empty list": {`{"$not": []}`, "/$not", "the list is empty"},
		"an empty object":         {`{}`, "", "the condition is empty"},
		"an unknown form": {
			`{"$xor": [true]}`, "/$xor", `unknown member "$xor"; allowed here: $and, $or`,
		},
		"an operator without a $state":   {`{"eq": 1}`, "/eq", `unknown member "eq"`},
		"a name with slashes and tildes": {`{"a/b~c": 1}`, "/a~1b~0c", `unknown member "a/b~c"`},
		"two forms": {
			`{"$and": [true], "$or": [true]}`, "", "this one has $and and $or; write an object for each",
		},
		"three forms": {
			`{"bucket": {}, "$state": "/a", "inSegment": "s"}`, "", "this one has $state and inSegment and bucket",
		},
		"a comparison and a form": {
			`{"$state": "/a", "eq": 1, "subscribed": "news"}`, "", "this one has $state and subscribed",
		},
	})
}

func TestWrongMembersOfFormsAreRefused(t *testing.T) {
	check(t, map[string]finding{
		"a member beside $and": {`{"$and": [true], "eq": 1}`, "/eq", "allowed here: $and"},
		"a member beside $not": {`{"$not": true, "not": true}`, "/not", "allowed here: $not"},
		"a member beside performed": {
			`{"performed": {"event": "e"}, "within": "P1D"}`, "/within", "allowed here: performed",
		},
		"not beside subscribed": {`{"subscribed": "news", "not": true}`, "/not", "allowed here: subscribed"},
		"an unknown member of performed": {
			`{"performed": {"event": "e", "since": 1}}`, "/performed/since",
			"allowed here: event, filter, within, count",
		},
		"an unknown member of received": {
			`{"received": {"event": "sent", "count": 1}}`, "/received/count", "allowed here: event, templateId, within",
		},
		"an unknown member of bucket": {
			`{"bucket": {"percent": 1, "salt": "s", "seed": 1}}`, "/bucket/seed", "allowed here: percent, salt",
		},
		"performed by a name alone": {
			`{"performed": "e"}`, "/performed", "must be an object with event, filter, within, count, not a string",
		},
		"received by a kind alone": {
			`{"received": "sent"}`, "/received", "must be an object with event, templateId, within",
		},
		"bucket by a number alone": {
			`{"bucket": 50}`, "/bucket", "must be an object with percent, salt, not a number",
		},
		"subscribed to nothing": {
			`{"subscribed": ""}`, "/subscribed", "the id or key of a subscription group, not an empty string",
		},
		"subscribed to several": {`{"subscribed": ["a"]}`, "/subscribed", "not a list"},
		"inSegment of nothing": {
			`{"inSegment": null}`, "/inSegment", "the id or key of a segment, not null",
		},
		"inSegment of an object":                  {`{"inSegment": {"key": "vip"}}`, "/inSegment", "not an object"},
		"a member that is a form in another case": {`{"inSegments": "vip"}`, "/inSegments", "unknown member"},
	})
}

func TestWrongComparisonsAreRefused(t *testing.T) {
	const op = `"eq": 1`

	check(t, map[string]finding{
		"a pointer that is empty": {`{"$state": "", ` + op + `}`, "/$state", "must be a pointer into the state"},
		"a pointer that is only a slash": {
			`{"$state": "/", ` + op + `}`, "/$state", "must be a pointer into the state",
		},
		"a pointer that is not a string": {`{"$state": ["a"]}`, "/$state", "not a list"},
		"a pointer that is null":         {`{"$state": null}`, "/$state", "not null"},
		"a pointer with a stray tilde":   {`{"$state": "/a~b"}`, "/$state", "write a ~ as ~0"},
		"two operators": {
			compare(`"gt": 1, "lt": 9`), "", "this one has gt and lt; write a comparison for each",
		},
		"an unknown operator": {
			compare(`"like": "a%"`), "/like", `unknown operator "like"; known operators: eq, neq, gt`,
		},
		"an operator of another language": {compare(`"$eq": 1`), "/$eq", "unknown operator"},
		"an operator in another case":     {compare(`"startswith": "a"`), "/startswith", "unknown operator"},
		"not that is not a boolean": {
			compare(`"not": "true"`), "/not", "must be true or false, not a string",
		},
		"not that is null": {compare(`"not": null`), "/not", "must be true or false, not null"},
		"not that is a condition": {
			compare(`"not": {"$state": "/a"}`), "/not", `to invert another condition write {"$not": …}`,
		},
	})
}

func TestWrongOperandsAreRefused(t *testing.T) {
	check(t, map[string]finding{
		"in without a list": {compare(`"in": "a"`), "/in", "in takes a list with at least one value"},
		"in an empty list":  {compare(`"in": []`), "/in", "not a list"},
		"exists without a boolean": {
			compare(`"exists": 1`), "/exists", "exists takes true or false, not a number",
		},
		"exists null":                 {compare(`"exists": null`), "/exists", "not null"},
		"startsWith without a string": {compare(`"startsWith": 1`), "/startsWith", "startsWith takes a string"},
		"gt of a word": {
			compare(`"gt": "abc"`), "/gt", `gt takes a number or a numeric string, not "abc"`,
		},
		"gte of an empty string":            {compare(`"gte": ""`), "/gte", "not an empty string"},
		"lt of a date":                      {compare(`"lt": "2026-06-05"`), "/lt", "lt takes a number"},
		"lte of null":                       {compare(`"lte": null`), "/lte", "not null"},
		"gt of a boolean":                   {compare(`"gt": true`), "/gt", "not a boolean"},
		"before a word":                     {compare(`"before": "soon"`), "/before", "before takes an ISO date"},
		"before a date that does not exist": {compare(`"before": "2026-02-30"`), "/before", `not "2026-02-30"`},
		"after digits":                      {compare(`"after": "20260605"`), "/after", "after takes an ISO date"},
		"after null":                        {compare(`"after": null`), "/after", "not null"},
		"within a month":                    {compare(`"within": "P1M"`), "/within", `not "P1M"`},
		"within a year": {
			compare(`"within": "P1Y"`), "/within", "in weeks, days, hours, minutes, seconds",
		},
		"within a number":            {compare(`"within": 86400`), "/within", "not a number"},
		"within a negative duration": {compare(`"within": "-P1D"`), "/within", `not "-P1D"`},
		"a member beside a $state operand": {
			compare(`"eq": {"$state": "/a", "default": 1}`), "/eq/default", "allowed here: $state",
		},
		"an operand whose pointer is a number": {compare(`"eq": {"$state": 1}`), "/eq/$state", "not a number"},
		"an operand with a stray tilde":        {compare(`"in": {"$state": "~"}`), "/in/$state", "write a ~ as ~0"},
		"an expression as an operand": {
			compare(`"eq": {"$item": "sku"}`), "/eq/$item", `"$item" is not allowed in an operand`,
		},
		"an expression within a list": {
			compare(`"in": [1, {"$state": "/a"}]`), "/in/1/$state", "only the whole operand may be",
		},
		"an expression deep inside": {
			compare(`"eq": {"a/b": [{"$cond": true}]}`), "/eq/a~1b/0/$cond", `"$cond" is not allowed in an operand`,
		},
		"a condition for an operand of eq": {
			compare(`"eq": {"$not": true}`), "/eq/$not", "is not allowed in an operand",
		},
		"a very long string is cut in messages": {
			compare(`"gt": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`),
			"/gt",
			`not "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`,
		},
	})
}

func TestWrongFormsOfPerformedAreRefused(t *testing.T) {
	const e = `"event": "e"`

	check(t, map[string]finding{
		"performed without an event": {`{"performed": {}}`, "/performed/event", "must be the name of an event"},
		"performed an empty name": {
			`{"performed": {"event": ""}}`, "/performed/event", "not an empty string",
		},
		"performed a number": {`{"performed": {"event": 1}}`, "/performed/event", "not a number"},
		"a * in the middle": {
			`{"performed": {"event": "a.*.b"}}`, "/performed/event", "a * is allowed only at the end",
		},
		"a * in front": {`{"performed": {"event": "*.paid"}}`, "/performed/event", `not "*.paid"`},
		"two stars": {
			`{"performed": {"event": "a.**"}}`, "/performed/event", "a * is allowed only at the end",
		},
		"a filter of null": {`{"performed": {` + e + `, "filter": null}}`, "/performed/filter", "not null"},
		"a filter of an empty list": {
			`{"performed": {` + e + `, "filter": []}}`, "/performed/filter", "the list is empty",
		},
		"an error in a filter": {
			`{"performed": {` + e + `, "filter": {"$or": [{"$state": "/event/a", "gt": []}]}}}`,
			"/performed/filter/$or/0/gt",
			"not a list",
		},
		"performed within a month": {
			`{"performed": {` + e + `, "within": "P1M"}}`, "/performed/within", "within takes an ISO 8601 duration",
		},
		"performed within null": {`{"performed": {` + e + `, "within": null}}`, "/performed/within", "not null"},
		"performed within a time of the state": {
			`{"performed": {` + e + `, "within": {"$state": "/a"}}}`, "/performed/within", "not an object",
		},
	})
}

func TestWrongCountsAreRefused(t *testing.T) {
	const e = `"event": "e"`

	check(t, map[string]finding{
		"a count that is a number": {
			`{"performed": {` + e + `, "count": 3}}`, "/performed/count", "must be an object with gte, lte, eq, lt, gt",
		},
		"a count of nothing": {`{"performed": {` + e + `, "count": {}}}`, "/performed/count", "this one has 0"},
		"a count with two bounds": {
			`{"performed": {` + e + `, "count": {"gte": 1, "lt": 3}}}`,
			"/performed/count",
			"exactly one of gte, lte, eq, lt, gt",
		},
		"a count below zero": {
			`{"performed": {` + e + `, "count": {"gte": -1}}}`, "/performed/count/gte", "a whole number from 0",
		},
		"a count with a fraction": {
			`{"performed": {` + e + `, "count": {"lte": 1.5}}}`, "/performed/count/lte", "a whole number",
		},
		"a count in a string": {
			`{"performed": {` + e + `, "count": {"eq": "1"}}}`, "/performed/count/eq", "a whole number",
		},
		"a count beyond an int32": {
			`{"performed": {` + e + `, "count": {"lt": 2147483648}}}`, "/performed/count/lt", "from 0 to 2147483647",
		},
		"a huge count": {
			`{"performed": {` + e + `, "count": {"gt": 1e99}}}`, "/performed/count/gt", "a whole number",
		},
	})
}

func TestWrongFormsOfReceivedAreRefused(t *testing.T) {
	check(t, map[string]finding{
		"received without a kind": {
			`{"received": {}}`,
			"/received/event",
			"must be one of sent, delivered, opened, clicked, bounced, complained",
		},
		"received an unknown kind":        {`{"received": {"event": "read"}}`, "/received/event", `not "read"`},
		"received a kind in another case": {`{"received": {"event": "Sent"}}`, "/received/event", `not "Sent"`},
		"received a pattern":              {`{"received": {"event": "*"}}`, "/received/event", "must be one of"},
		"received of no template": {
			`{"received": {"event": "sent", "templateId": ""}}`, "/received/templateId", "the id or key of a template",
		},
		"received of a template null": {
			`{"received": {"event": "sent", "templateId": null}}`, "/received/templateId", "not null",
		},
		"received within a year": {
			`{"received": {"event": "sent", "within": "P1Y"}}`, "/received/within", `not "P1Y"`,
		},
	})
}

func TestWrongBucketsAreRefused(t *testing.T) {
	check(t, map[string]finding{
		"a bucket without a salt": {
			`{"bucket": {"percent": 1}}`, "/bucket/salt",
			`must be a name for this split of the Profiles, such as "welcome-test", not null`,
		},
		"a bucket with an empty salt": {
			`{"bucket": {"percent": 1, "salt": ""}}`, "/bucket/salt", "not an empty string",
		},
		"a bucket without a percent": {
			`{"bucket": {"salt": "s"}}`, "/bucket/percent", "a number from 0 to 100 with at most two decimals",
		},
		"a bucket with three decimals": {
			`{"bucket": {"percent": 0.001, "salt": "s"}}`, "/bucket/percent", "at most two decimals",
		},
		"a bucket above 100 per cent": {
			`{"bucket": {"percent": 100.01, "salt": "s"}}`, "/bucket/percent", "from 0 to 100",
		},
		"a bucket below 0 per cent": {
			`{"bucket": {"percent": -0.01, "salt": "s"}}`, "/bucket/percent", "from 0 to 100",
		},
		"a bucket with a percent in a string": {
			`{"bucket": {"percent": "50", "salt": "s"}}`, "/bucket/percent", "a number",
		},
		"a huge bucket": {`{"bucket": {"percent": 1e99, "salt": "s"}}`, "/bucket/percent", "from 0 to 100"},
	})
}

func TestParseReturnsAllFindingsAtOnce(t *testing.T) {
	findings := refused(t, `{"$and": [
		[],
		{"$state": "~", "not": 1, "gt": "x", "lt": "y", "like": 2},
		{"$or": [
			null,
			{"$not": {"performed": {
				"event": "*a*", "since": 1, "filter": {"$state": "/event/x", "in": []}, "within": "P1M",
				"count": {"gte": -1, "lt": 0.5, "max": 3}
			}}}
		]},
		{"received": {"event": "read", "templateId": 1, "within": 2}, "extra": true},
		{"$and": [], "$or": []},
		{"bucket": {"percent": 101}},
		{"subscribed": 1}, {"inSegment": 2}, {"a": 1, "b": 2}, {},
		true
	]}`)
	require.ElementsMatch(t, []string{
		"/$and/0",
		"/$and/1/$state", "/$and/1/not", "/$and/1/gt", "/$and/1/lt", "/$and/1/like", "/$and/1",
		"/$and/2/$or/0",
		"/$and/2/$or/1/$not/performed/since", "/$and/2/$or/1/$not/performed/event",
		"/$and/2/$or/1/$not/performed/filter/in", "/$and/2/$or/1/$not/performed/within",
		"/$and/2/$or/1/$not/performed/count/max", "/$and/2/$or/1/$not/performed/count/gte",
		"/$and/2/$or/1/$not/performed/count/lt", "/$and/2/$or/1/$not/performed/count",
		"/$and/3/extra", "/$and/3/received/event", "/$and/3/received/templateId", "/$and/3/received/within",
		"/$and/4",
		"/$and/5/bucket/salt", "/$and/5/bucket/percent",
		"/$and/6/subscribed", "/$and/7/inSegment", "/$and/8/a", "/$and/8/b", "/$and/9",
	}, paths(findings))
	for _, f := range findings {
		require.NotEmpty(t, f.Message, f.Path)
	}
}

func TestFindingsAlwaysHaveTheSameOrder(t *testing.T) {
	const doc = `[{"z": 1, "a": 2, "m": 3}, {"$state": "/a", "zz": 1, "eq": {"$b": 1, "$a": 2}, "aa": 2}]`
	want := refused(t, doc)
	require.Len(t, want, 7)
	for range 20 {
		require.Equal(t, want, refused(t, doc))
	}
}
