package outcome_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

func TestFiveSoftBouncesInARowSuppress(t *testing.T) {
	// A letter is an email. In upper case it was delivered, in lower case it bounced softly.
	for facts, want := range map[string]bool{
		"a b c d":                 false,
		"a b c d e":               true,
		"A a b c d e":             true,
		"a b c d E":               false,
		"a b c d E e":             true,
		"A a B b C c D d E e":     true,
		"a b c d E F e":           false,
		"a b c d E F e f":         true,
		"a b c d E F G H I e f g": false,
		"a b c d E f e":           true,
		"A B C D E a b c d e":     true,
		"a b c d E f g h":         false,
		"a b c d E f g h e":       true,
		"a B c d e f":             false,
		"a B c d e f b":           true,
		"A B C D E F G H":         false,
	} {
		var row outcome.Streak
		for fact := range strings.FieldsSeq(facts) {
			email := int(strings.ToLower(fact)[0])
			row = row.Add(email, fact == strings.ToLower(fact))
		}
		require.Equal(t, want, row.Suppresses(), facts)
	}
	require.Nil(t, outcome.Streak{}.Add(1, false), "without a soft bounce there is nothing to remember")
}
