package seed_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
)

func acme(t testing.TB) []byte {
	raw, err := os.ReadFile("../../testdata/acme.yaml")
	require.NoError(t, err)
	return raw
}

func digest(t testing.TB, seeds ...seed.Seed) uint64 {
	number, ok := seed.Digest(seeds)
	require.True(t, ok)
	return number
}

func TestTheDigestOfEqualSeedsIsTheSame(t *testing.T) {
	a, err := seed.Parse(acme(t))
	require.NoError(t, err)
	b, err := seed.Parse(acme(t))
	require.NoError(t, err)
	require.Equal(t, digest(t, a), digest(t, b))

	inOneOrder := seed.Seed{Events: []seed.Event{{Data: map[string]any{"a": 1, "b": "2"}}}}
	inAnother := seed.Seed{Events: []seed.Event{{Data: map[string]any{"b": "2", "a": 1}}}}
	require.Equal(t, digest(t, inOneOrder), digest(t, inAnother))
}

func TestTheDigestChangesWithEveryPartOfASeed(t *testing.T) {
	type named string
	yes, no := true, false
	seen := map[uint64]int{}
	for i, seeds := range [][]seed.Seed{
		{},
		{{}},
		{{}, {}},
		{{Organization: seed.Organization{Name: "a"}}},
		{{Organization: seed.Organization{ID: "a"}}},
		{{Users: []seed.User{{Key: "a", Email: "b"}}}},
		{{Users: []seed.User{{Key: "b", Email: "a"}}}},
		{{Users: []seed.User{{Key: "b"}, {Email: "a"}}}},
		{{Domains: []seed.Domain{{DMARC: nil}}}},
		{{Domains: []seed.Domain{{DMARC: &yes}}}},
		{{Domains: []seed.Domain{{DMARC: &no}}}},
		{{Segments: []seed.Segment{{Members: nil}}}},
		{{Segments: []seed.Segment{{Members: []string{}}}}},
		{{Segments: []seed.Segment{{Members: []string{""}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": 1}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": 1.0}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": "1"}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": named("1")}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": nil}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": []any{1, 2}}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": []any{2, 1}}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": []any{[]any{1}, 2}}}}}},
		{{Events: []seed.Event{{Data: map[string]any{"a": map[string]any{}}}}}},
		{{Profiles: []seed.Profile{{Properties: map[string]any{"a": "b"}}}}},
		{{Profiles: []seed.Profile{{Properties: map[string]any{"b": "a"}}}}},
		{{Profiles: []seed.Profile{{Subscriptions: map[string]string{"a": "b"}}}}},
	} {
		number := digest(t, seeds...)
		before, known := seen[number]
		require.False(t, known, "%d has the digest of %d", i, before)
		seen[number] = i
	}
}

func TestASeedThatCannotBeComparedHasNoDigest(t *testing.T) {
	endless := map[string]any{}
	endless["self"] = endless
	for _, data := range []any{func() {}, make(chan int), endless, complex(1, 2)} {
		_, ok := seed.Digest([]seed.Seed{{Events: []seed.Event{{Data: data}}}})
		require.False(t, ok)
	}
	faulty, err := seed.Parse([]byte("templates: 1"))
	if err == nil {
		_, ok := seed.Digest([]seed.Seed{faulty})
		require.False(t, ok)
	}
}

func BenchmarkDigest(b *testing.B) {
	parsed, err := seed.Parse(acme(b))
	require.NoError(b, err)
	seeds := []seed.Seed{parsed}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = seed.Digest(seeds)
	}
}
