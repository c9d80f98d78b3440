package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
)

func TestTheJournalKeepsBodiesOfALimitedSize(t *testing.T) {
	journal := gateway.NewJournal(true, func() (time.Time, bool) { return time.Time{}, true })
	journal.KeepBodies()
	large := strings.Repeat("x", gateway.MaxBodies/4)
	handler := journal.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gateway.KeepBody(r.Context(), large)
		_, _ = w.Write([]byte(large))
	}))
	call := func() {
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	kept := func() (bodies int) {
		for _, entry := range journal.Newest(gateway.JournalSize) {
			if entry.Body != "" && entry.Reply != "" {
				bodies++
			}
		}
		return bodies
	}
	for range 5 {
		call()
	}
	require.Equal(t, 2, kept())
	first, ok := journal.Find("req_00000001")
	require.True(t, ok)
	require.Empty(t, first.Body+first.Reply)
	last, _ := journal.Find("req_00000005")
	require.Len(t, last.Body, len(large))

	large = ""
	for range gateway.JournalSize {
		call()
	}
	require.Zero(t, kept())
	large = strings.Repeat("x", gateway.MaxBodies/4)
	call()
	call()
	require.Equal(t, 2, kept(), "what has gone does not count")
	journal.Clear(time.Time{}, "")
	call()
	call()
	require.Equal(t, 2, kept())
	large = strings.Repeat("x", gateway.MaxBodies)
	call()
	require.Zero(t, kept(), "a call that is too large by itself")
	_, ok = journal.Find("req_00000009")
	require.False(t, ok)
}
