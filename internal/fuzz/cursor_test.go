package fuzz_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// FuzzCursor lists two pages. The client sends the cursor of the first page back as it got it, in a query and in a
// body, and never asks for a page twice.
func FuzzCursor(f *testing.F) {
	for _, cursor := range []string{"", "b3BhcXVl", "a b+c%20d&e=f#g?", "/../\\", "ä\u2028\"\x00", "<>"} {
		f.Add(cursor)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		if !utf8.ValidString(cursor) {
			t.Skip("JSON has no such text")
		}
		raw, err := json.Marshal(cursor)
		require.NoError(t, err)
		page := func(name, next string) reply {
			return reply{
				status: http.StatusOK,
				body:   `{"` + name + `":[{"id":"a","name":"n"}],"profileCount":2,"nextCursor":` + next + `}`,
			}
		}
		query := &wire{replies: []reply{page("broadcasts", string(raw)), page("broadcasts", "null")}}
		found := 0
		for _, err := range query.client(t).Broadcasts.All(t.Context(), nil) {
			if err != nil {
				break
			}
			found++
		}
		if cursor == "" { // would be the first page again
			require.Len(t, query.requests, 1)
			return
		}
		require.Equal(t, 2, found)
		require.Len(t, query.requests, 2)
		_, target, _ := strings.Cut(query.requests[1], " ")
		u, err := url.Parse(target)
		require.NoError(t, err)
		require.Equal(t, url.Values{"cursor": {cursor}}, u.Query())

		body := &wire{replies: []reply{page("profiles", string(raw)), page("profiles", "null")}}
		for _, err := range body.client(t).Profiles.All(t.Context(), &segmentflow.ListProfilesParams{Limit: 1}) {
			require.NoError(t, err)
		}
		require.Len(t, body.requests, 2)
		var sent struct{ Cursor string }
		parts := strings.SplitN(body.requests[1], " ", 3)
		require.NoError(t, json.Unmarshal([]byte(parts[2]), &sent))
		require.Equal(t, cursor, sent.Cursor)
	})
}
