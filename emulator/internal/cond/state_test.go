package cond_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

func TestPointersLookUpValues(t *testing.T) {
	s := state(t, `{
		"profile": {"tier": "pro", "none": null, "a/b": 1, "a~b": 2, "~1": 3, "": 4, "0": 5, "two words": 6, "é": 7},
		"data": {"items": [{"sku": "x"}, {"sku": "y"}], "empty": [], "n": 12, "word": "abc", "rows": [[1, 2], [3]]},
		"steps": {"wait/1": {"event": {"id": "e"}}}
	}`)
	for name, c := range map[string]struct{ pointer, want string }{
		"with a leading slash":                        {"/profile/tier", `"pro"`},
		"without a leading slash":                     {"profile/tier", `"pro"`},
		"a whole bucket":                              {"/steps/wait~11", `{"event": {"id": "e"}}`},
		"a slash in a name is written ~1":             {"/profile/a~1b", `1`},
		"a tilde in a name is written ~0":             {"/profile/a~0b", `2`},
		"~01 is ~1 and not a slash":                   {"/profile/~01", `3`},
		"an empty name":                               {"/profile/", `4`},
		"a digit is a name in an object":              {"/profile/0", `5`},
		"a blank is part of a name":                   {"/profile/two words", `6`},
		"a name beyond ASCII":                         {"/profile/é", `7`},
		"an existing null":                            {"/profile/none", `null`},
		"an item of a list":                           {"/data/items/1/sku", `"y"`},
		"a list within a list":                        {"/data/rows/0/1", `2`},
		"an unknown root":                             {"/nowhere/tier", ``},
		"an unknown name":                             {"/profile/plan", ``},
		"names are case-sensitive":                    {"/profile/Tier", ``},
		"percent signs are not escapes":               {"/profile/two%20words", ``},
		"a path through null":                         {"/profile/none/x", ``},
		"a path through a string":                     {"/profile/tier/0", ``},
		"a path through a number":                     {"/data/n/x", ``},
		"the length of a string is not a member":      {"/data/word/length", ``},
		"the length of a list is not a member":        {"/data/items/length", ``},
		"an index past the end":                       {"/data/items/2", ``},
		"the place after the end":                     {"/data/items/-", ``},
		"a negative index":                            {"/data/items/-1", ``},
		"an index with a leading zero":                {"/data/items/01", ``},
		"an index with a sign":                        {"/data/items/+1", ``},
		"an index with a fraction":                    {"/data/items/1.0", ``},
		"an index that is not a number":               {"/data/items/first", ``},
		"an index of no digits":                       {"/data/items/", ``},
		"an index beyond any integer":                 {"/data/items/99999999999999999999", ``},
		"the first item of an empty list":             {"/data/empty/0", ``},
		"two slashes at the start are an empty root":  {"//profile/tier", ``},
		"a slash at the end is an empty name as well": {"/profile/tier/", ``},
	} {
		t.Run(name, func(t *testing.T) {
			pointer, err := cond.ParsePointer(c.pointer)
			require.NoError(t, err)
			got, ok := s.Lookup(pointer)
			require.Equal(t, c.want != "", ok)
			if ok {
				require.Equal(t, value(t, c.want), got)
			} else {
				require.Nil(t, got)
			}
			// A value equals itself. A missing one does not.
			require.Equal(t, ok, holds(t, `{"$state": "`+c.pointer+`", "eq": {"$state": "`+c.pointer+`"}}`, s))
		})
	}
}

func TestTheEmptyPointerIsTheWholeState(t *testing.T) {
	got, ok := state(t, `{"data": {}}`).Lookup(cond.Pointer{})
	require.True(t, ok)
	require.Equal(t, map[string]any{"data": map[string]any{}}, got)
	pointer, err := cond.ParsePointer("")
	require.NoError(t, err)
	require.Empty(t, pointer)
	require.Empty(t, pointer.String())
}

func TestAnEmptyStateReadsMissing(t *testing.T) {
	for name, s := range map[string]cond.State{"nil": nil, "empty": {}} {
		t.Run(name, func(t *testing.T) {
			_, ok := s.Lookup(cond.Pointer{"profile", "tier"})
			require.False(t, ok)
			require.True(t, holds(t, compare(`"exists": false`), s))
		})
	}
}

func TestAnInvalidEscapeInAPointerIsRefused(t *testing.T) {
	for _, s := range []string{"/a~", "/a~2b", "/~", "/a/~~0", "/a~0/b~x"} {
		_, err := cond.ParsePointer(s)
		require.ErrorContains(t, err, "is not a pointer: write a ~ as ~0", s)
	}
}

func TestAWrittenPointerParsesToItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.OneOf(rapid.StringOf(rapid.RuneFrom([]rune("ab~/01"))), rapid.String()), 1, 4)
		want := cond.Pointer(names.Draw(t, "names"))
		got, err := cond.ParsePointer(want.String())
		require.NoError(t, err)
		require.Equal(t, want, got)

		var v any = json.Number("1")
		for i := len(want) - 1; i > 0; i-- {
			v = map[string]any{want[i]: v}
		}
		found, ok := cond.State{want[0]: v}.Lookup(got)
		require.True(t, ok)
		require.Equal(t, json.Number("1"), found)
	})
}
