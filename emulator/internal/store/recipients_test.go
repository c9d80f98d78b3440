package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

func TestACountOfAnAudienceFollowsEveryChange(t *testing.T) {
	db, err := store.Open(":memory:")
	require.NoError(t, err)
	defer db.Close()
	ids := 0
	id := func(n int) string { return fmt.Sprintf("profile-%d", n) }
	begin := func() *store.Tx {
		tx, err := db.Begin(noon, "org", func() string { ids++; return fmt.Sprint(ids) })
		require.NoError(t, err)
		return tx
	}
	everyone := store.Recipients{Members: store.Filter{SQL: "true"}, Group: "offers"}
	counts := func(tx *store.Tx, total int, skipped map[string]int) {
		t.Helper()
		eligible := total
		for _, n := range skipped {
			eligible -= n
		}
		for range 2 { // the second count is the first one, which was kept
			found, err := tx.CountAudience(everyone)
			require.NoError(t, err)
			require.Equal(t, store.Audience{Total: total, Eligible: eligible, Skipped: skipped}, found)
			found.Skipped["of the caller"] = 1
		}
	}

	none := map[string]int{}
	tx := begin()
	counts(tx, 0, none)
	for i := range 4 {
		person := &store.Profile{ID: id(100 + i), Email: id(i) + "@example.com"}
		require.NoError(t, tx.PutProfile(person))
	}
	counts(tx, 4, none)
	require.NoError(t, tx.Commit())

	tx = begin()
	counts(tx, 4, none)
	require.NoError(t, tx.PutAddress(store.Address{Email: id(1) + "@example.com", Suppressed: "bounce"}))
	counts(tx, 4, map[string]int{"suppressed_bounce": 1})
	require.NoError(t, tx.Rollback())

	tx = begin()
	counts(tx, 4, none)
	require.NoError(t, tx.SetSubscription(id(102), "offers", store.Unsubscribed, "api"))
	require.NoError(t, tx.SetSubscription(id(103), "offers", store.Unsubscribed, "api"))
	require.NoError(t, tx.Commit())

	tx = begin()
	counts(tx, 4, map[string]int{store.SkipUnsubscribed: 2})
	everyone.OptIn = true
	counts(tx, 4, map[string]int{store.SkipUnsubscribed: 2, store.SkipNotOptedIn: 2})
	require.NoError(t, tx.Rollback())
}
