package cond_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

const someone = "5e6d0000-0000-4000-8000-00000000abcd"

// The expected numbers come from Python:
//
//	int(hashlib.sha256((salt + "\0" + id.lower()).encode()).hexdigest()[:16], 16) % 10000
func TestBucketsFollowTheDocumentedHash(t *testing.T) {
	for name, c := range map[string]struct {
		salt, id string
		want     int
	}{
		"a salt":                 {"onboarding", someone, 5078},
		"another salt":           {"onboarding-2", someone, 7266},
		"another id":             {"onboarding", "5e6d0000-0000-4000-8000-00000000abce", 5524},
		"a salt beyond ASCII":    {"prüfung", someone, 4567},
		"an id in capitals":      {"onboarding", strings.ToUpper(someone), 5078},
		"a salt ends at a zero":  {"on", "boarding" + someone, 6375},
		"an empty salt and id":   {"", "", 3192},
		"a salt keeps its case":  {"ONBOARDING", someone, 9553},
		"a salt with a zero too": {"on\x00", someone, 5966},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, cond.BucketOf(c.salt, c.id))
		})
	}
}

func TestABucketTakesTheLowestHundredths(t *testing.T) {
	b := cond.BucketOf("onboarding", someone)
	for limit, want := range map[int]bool{0: false, 1: b < 1, b - 1: false, b: false, b + 1: true, 10_000: true} {
		doc := fmt.Sprintf(`{"bucket": {"percent": %d.%02d, "salt": "onboarding"}}`, limit/100, limit%100)
		for _, id := range []string{someone, strings.ToUpper(someone)} {
			require.Equal(t, cond.Result{True: want}, evalFor(t, doc, &person{id: id}), doc)
		}
	}
}

func TestWithoutAProfileNoBucketMatches(t *testing.T) {
	require.Equal(t, cond.Result{}, evalFor(t, `{"bucket": {"percent": 100, "salt": "s"}}`, &person{}))
}

func TestABucketIsStickyAndGrows(t *testing.T) {
	for i := range 500 {
		who, in := &person{id: fmt.Sprintf("profile-%d", i)}, false
		for _, percent := range []string{"0", "0.01", "12.5", "50", "5e1", "99.99", "100"} {
			doc := `{"bucket": {"percent": ` + percent + `, "salt": "s"}}`
			r := evalFor(t, doc, who)
			require.Equal(t, r, evalFor(t, doc, who))
			require.False(t, in && !r.True, "a Profile in a share is in every larger one")
			in = r.True
		}
		require.True(t, in)
	}
}

func TestBucketsSpreadEvenly(t *testing.T) {
	const profiles, parts = 20_000, 10
	for _, salt := range []string{"a", "b"} {
		var counts [parts]int
		for i := range profiles {
			b := cond.BucketOf(salt, fmt.Sprintf("00000000-0000-4000-8000-%012x", i))
			require.True(t, 0 <= b && b < 10_000)
			counts[b*parts/10_000]++
		}
		for _, n := range counts {
			require.InEpsilon(t, profiles/parts, n, 0.1)
		}
	}
}

func TestSaltsSplitIndependently(t *testing.T) {
	const profiles = 20_000
	both := 0
	for i := range profiles {
		id := fmt.Sprintf("00000000-0000-4000-8000-%012x", i)
		if cond.BucketOf("a", id) < 5000 && cond.BucketOf("b", id) < 5000 {
			both++
		}
	}
	require.InEpsilon(t, profiles/4, both, 0.1)
}
