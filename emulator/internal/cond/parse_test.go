package cond_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// parsed is a document and its node.
type parsed struct {
	doc  string
	want cond.Node
}

func requireNodes(t *testing.T, cases map[string]parsed) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := parse(t, c.doc)
			require.Equal(t, c.want, got.Root())
			require.Equal(t, value(t, c.doc), got.Raw())
		})
	}
}

func TestJoinsAndComparisonsAreParsedToTheirNodes(t *testing.T) {
	tier := cond.Pointer{"profile", "tier"}
	requireNodes(t, map[string]parsed{
		"true":   {`true`, &cond.Const{Value: true}},
		"false":  {`false`, &cond.Const{}},
		"a list": {`[true]`, &cond.And{Of: []cond.Node{&cond.Const{Value: true}}}},
		"$and": {
			`{"$and": [true, false]}`, &cond.And{Of: []cond.Node{&cond.Const{Value: true}, &cond.Const{}}},
		},
		"$or": {`{"$or": [false]}`, &cond.Or{Of: []cond.Node{&cond.Const{}}}},
		"$not": {
			`{"$not": [true]}`, &cond.Not{Of: &cond.And{Of: []cond.Node{&cond.Const{Value: true}}}},
		},
		"truthiness": {`{"$state": "/profile/tier"}`, &cond.Compare{Pointer: tier}},
		"falsiness":  {`{"$state": "profile/tier", "not": true}`, &cond.Compare{Pointer: tier, Negate: true}},
		"a literal":  {`{"$state": "/profile/tier", "eq": null}`, &cond.Compare{Pointer: tier, Op: cond.OpEq}},
		"another literal": {
			`{"$state": "/profile/tier", "gt": 1.50}`,
			&cond.Compare{Pointer: tier, Op: cond.OpGt, Operand: cond.Operand{Literal: json.Number("1.50")}},
		},
		"a reference": {
			`{"$state": "/profile/tier", "neq": {"$state": "data/a~1b"}}`,
			&cond.Compare{Pointer: tier, Op: cond.OpNeq, Operand: cond.Operand{Ref: cond.Pointer{"data", "a/b"}}},
		},
	})
}

func TestFactsAreParsedToTheirNodes(t *testing.T) {
	once := cond.Count{Op: cond.OpGte, N: 1}
	requireNodes(t, map[string]parsed{
		"performed": {`{"performed": {"event": "e"}}`, &cond.Performed{Event: "e", Count: once}},
		"performed a pattern": {
			`{"performed": {"event": "order.*"}}`, &cond.Performed{Event: "order.", Prefix: true, Count: once},
		},
		"performed with everything": {
			`{"performed": {"event": "*", "filter": true, "within": "P1D", "count": {"lt": 2.0}}}`,
			&cond.Performed{
				Prefix:   true,
				Filter:   &cond.Const{Value: true},
				Windowed: true,
				Within:   day,
				Count:    cond.Count{Op: cond.OpLt, N: 2},
			},
		},
		"performed within zero time": {
			`{"performed": {"event": "e", "within": "PT0S"}}`, &cond.Performed{Event: "e", Windowed: true, Count: once},
		},
		"received": {`{"received": {"event": "opened"}}`, &cond.Received{Kind: "opened"}},
		"received with everything": {`{"received": {"event": "sent", "templateId": "t", "within": "PT1H"}}`,
			&cond.Received{Kind: "sent", Template: "t", Windowed: true, Within: time.Hour}},
		"subscribed": {`{"subscribed": "news"}`, &cond.Subscribed{Group: "news"}},
		"inSegment":  {`{"inSegment": "vip"}`, &cond.InSegment{Segment: "vip"}},
		"bucket":     {`{"bucket": {"percent": 50, "salt": "s"}}`, &cond.Bucket{Salt: "s", Limit: 5000}},
		"bucket with decimals": {
			`{"bucket": {"percent": 12.34, "salt": "s"}}`, &cond.Bucket{Salt: "s", Limit: 1234},
		},
		"bucket of a hundredth": {`{"bucket": {"percent": 0.01, "salt": "s"}}`, &cond.Bucket{Salt: "s", Limit: 1}},
		"bucket of 0 per cent":  {`{"bucket": {"percent": 0, "salt": "s"}}`, &cond.Bucket{Salt: "s"}},
		"bucket of 100 per cent": {
			`{"bucket": {"percent": 100.00, "salt": "s"}}`, &cond.Bucket{Salt: "s", Limit: 10_000},
		},
		"bucket with an exponent": {`{"bucket": {"percent": 1e1, "salt": "s"}}`, &cond.Bucket{Salt: "s", Limit: 1000}},
	})
}

func TestEveryOperatorIsParsed(t *testing.T) {
	for op, operand := range map[cond.Op]string{
		cond.OpEq:         `{"a": [1]}`,
		cond.OpNeq:        `""`,
		cond.OpGt:         `"1"`,
		cond.OpGte:        `-1`,
		cond.OpLt:         `1e400`,
		cond.OpLte:        `0`,
		cond.OpIn:         `[null]`,
		cond.OpContains:   `null`,
		cond.OpExists:     `false`,
		cond.OpStartsWith: `""`,
		cond.OpBefore:     `"2026-06-05"`,
		cond.OpAfter:      `1780660800`,
		cond.OpWithin:     `"P1W"`,
	} {
		got := parse(t, compare(`"`+string(op)+`": `+operand)).Root()
		want := &cond.Compare{
			Pointer: cond.Pointer{"data", "v"},
			Op:      op,
			Operand: cond.Operand{Literal: value(t, operand)},
		}
		require.Equal(t, want, got)
		got = parse(t, compare(`"`+string(op)+`": {"$state": "/data/w"}`)).Root()
		want.Operand = cond.Operand{Ref: cond.Pointer{"data", "w"}}
		require.Equal(t, want, got)
	}
}

func TestConditionsNest32Deep(t *testing.T) {
	for name, c := range map[string]struct {
		open, end string
		levels    int
	}{
		"lists":     {`[`, `]`, 1},
		"$and":      {`{"$and": [`, `]}`, 1},
		"$or":       {`{"$or": [`, `]}`, 1},
		"$not":      {`{"$not": `, `}`, 1},
		"filters":   {`{"performed": {"event": "e", "filter": `, `}}`, 1},
		"a mixture": {`[{"$not": {"$or": [{"performed": {"event": "e", "filter": `, `}}]}}]`, 4},
	} {
		t.Run(name, func(t *testing.T) {
			open, end := strings.Repeat(c.open, 32/c.levels), strings.Repeat(c.end, 32/c.levels)
			parse(t, open+`true`+end)
			findings := refused(t, open+`[true, false]`+end)
			require.Len(t, findings, 2, "one for each condition that is too deep")
			for i, f := range findings {
				require.Contains(t, f.Message, "conditions are nested more than 32 deep")
				require.True(t, strings.HasSuffix(f.Path, fmt.Sprintf("/%d", i)))
			}
		})
	}
}

func TestALiteralMayNestDeeper(t *testing.T) {
	deep := strings.Repeat(`[`, 500) + strings.Repeat(`]`, 500)
	require.True(t, holds(t, compare(`"eq": `+deep), given(t, deep)))
	require.False(t, holds(t, compare(`"eq": [`+deep+`]`), given(t, deep)))
}

func TestParseAcceptsGoValues(t *testing.T) {
	c, findings := cond.Parse(map[string]any{
		"performed": map[string]any{"event": "e", "count": map[string]any{"gte": 3}},
	})
	require.Empty(t, findings)
	require.Equal(t, &cond.Performed{Event: "e", Count: cond.Count{Op: cond.OpGte, N: 3}}, c.Root())

	_, findings = cond.Parse([]any{nil, struct{}{}, 1, []string{"a"}})
	require.Equal(t, []string{"/0", "/1", "/2", "/3"}, paths(findings))
}
