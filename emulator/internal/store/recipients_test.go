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

// All emails of a carrier are delivered at once, or all but those to which something else has happened.
func TestEmailsThatWereDeliveredTogetherHaveTheFact(t *testing.T) {
	for name, bounced := range map[string]int{"all": 0, "all but one": 2} {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(":memory:")
			require.NoError(t, err)
			defer db.Close()
			tx, err := db.Begin(noon, "org", nil)
			require.NoError(t, err)
			sent := make([]store.EmailSend, 3)
			for i := range sent {
				sent[i] = store.EmailSend{ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", i), Status: store.SendSent,
					ProfileID: fmt.Sprint("p", i), CarrierType: store.CarrierBroadcast, CarrierID: "b"}
				message := &store.Message{SentAt: noon, Seq: i + 1}
				require.NoError(t, tx.AddSend(&sent[i], message))
			}
			if bounced > 0 {
				require.NoError(t, tx.AddFact(&sent[bounced], store.Fact{Type: "bounced", At: noon}))
			}
			require.NoError(t, tx.DeliverAll("b", sent[0].Seq, sent[2].Seq))

			delivered := 0
			for i := range sent {
				want := []string{"accepted", "delivered"}
				if bounced > 0 && i == bounced {
					want = []string{"accepted", "bounced"}
				}
				facts, err := tx.Facts(&sent[i])
				require.NoError(t, err)
				var types []string
				for _, fact := range facts {
					types = append(types, fact.Type)
				}
				require.Equal(t, want, types)
				times, err := tx.FactTimes(sent[i].ProfileID, "delivered", "", noon)
				require.NoError(t, err)
				delivered += len(times)
			}
			counts, err := tx.FactCounts("b")
			require.NoError(t, err)
			require.Equal(t, store.FactCount{Unique: delivered, Total: delivered}, counts["delivered"])
			require.NoError(t, tx.Rollback())
		})
	}
}

func TestTheIDOfAMessageFollowsFromThatOfItsEmailSend(t *testing.T) {
	const send = "11111111-2222-4333-8444-555555555555"
	message := store.MessageIDOf(send)
	require.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$", message)
	require.NotEqual(t, send, message)
	require.Equal(t, send, store.MessageIDOf(message))
	require.Empty(t, store.MessageIDOf("no id"))
}
