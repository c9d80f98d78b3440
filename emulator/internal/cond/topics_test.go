package cond_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestReadersAreFoundByWhatTheyRead(t *testing.T) {
	segments := map[string]*cond.Cond{
		"a": parse(t, `{"performed": {"event": "order.*"}}`),
		"b": parse(t, `[{"inSegment": "a"}, {"$state": "/profile/tier"}]`),
		"c": parse(t, `[{"performed": {"event": "visit"}}, {"subscribed": "news"}, {"received": {"event": "opened"}}]`),
		"d": parse(t, `{"$state": "/profile"}`),
		"e": nil, // a Manual one
	}
	find := cond.Lookup{
		Group: func(ref string) string { return ref + "-id" },
		Segment: func(ref string) (string, *cond.Cond) {
			c, known := segments[ref]
			if !known {
				return "", nil
			}
			return ref + "-id", c
		},
	}
	readers, topics := cond.Readers[string]{}, map[string]*cond.Topics{}
	for name := range segments {
		topics[name] = cond.TopicsOfSegment(name, find)
		readers.Add(name, topics[name])
	}

	for name, c := range map[string]struct {
		topics []cond.Topic
		want   []string
	}{
		"an event that a pattern matches":  {[]cond.Topic{{cond.TopicEvent, "order.paid"}}, []string{"a", "b"}},
		"an event that no pattern matches": {[]cond.Topic{{cond.TopicEvent, "orders"}}, nil},
		"an event":                         {[]cond.Topic{{cond.TopicEvent, "visit"}}, []string{"c"}},
		"a property": {
			[]cond.Topic{{cond.TopicMember, "tier"}, {cond.TopicMember, ""}}, []string{"b", "d"},
		},
		"a group":                         {[]cond.Topic{{cond.TopicGroup, "news-id"}}, []string{"c"}},
		"mail":                            {[]cond.Topic{{cond.TopicMail, "opened"}}, []string{"c"}},
		"a Segment and what refers to it": {[]cond.Topic{{cond.TopicSegment, "a-id"}}, []string{"a", "b"}},
		"a Manual Segment":                {[]cond.Topic{{cond.TopicSegment, "e-id"}}, []string{"e"}},
		"nothing":                         {nil, nil},
		"several, of which each reader once": {
			[]cond.Topic{{cond.TopicEvent, "visit"}, {cond.TopicMail, "opened"}}, []string{"c"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found := readers.Of(c.topics)
			slices.Sort(found)
			require.Equal(t, c.want, found)
			for reader := range segments {
				require.Equal(t, slices.Contains(found, reader), topics[reader].Has(c.topics), reader)
			}
		})
	}
	require.True(t, topics["b"].Timed)
	require.False(t, topics["d"].Timed)

	readers.Remove("a", topics["a"])
	require.Equal(t, []string{"b"}, readers.Of([]cond.Topic{{cond.TopicEvent, "order.paid"}}))
}

func TestReferrersAreReachedThroughOthers(t *testing.T) {
	r := cond.Referrers{}
	require.Equal(t, []string{"a"}, r.Reaching("a"))
	r.Set("b", []string{"a"})
	r.Set("c", []string{"b", "a"})
	r.Set("a", []string{"c"}) // a cycle
	found := r.Reaching("a")
	slices.Sort(found)
	require.Equal(t, []string{"a", "b", "c"}, found)
	r.Set("b", nil)
	r.Set("c", []string{"b"})
	require.Equal(t, []string{"a"}, r.Reaching("a"))
}
