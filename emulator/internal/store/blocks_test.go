package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The counts that are kept must be those that a query finds, whatever is written, undone or rolled back.

// town is a world with enough Profiles for counts to be kept. ids has some of them.
type town struct {
	*world
	db    *store.DB
	ids   []string
	now   time.Time
	drawn int
}

// townImage is the image of a world of 1 500 people.
func townImage(t *testing.T) []byte {
	w := &world{}
	for i := range 1500 {
		p := w.person(fmt.Sprintf(`{"v": %d}`, i%7))
		if i%3 == 0 {
			p.does("order", noon.Add(-time.Duration(i)*time.Second), fmt.Sprintf(`{"total": %d}`, i%5))
		}
		for range i % 500 / 50 * 2 { // so that some people have many events
			p.does("visit", noon, `{}`)
		}
	}
	return imageOf(t, w)
}

func imageOf(t *testing.T, w *world) []byte {
	tx := w.inSQL(t, noon)
	require.NoError(t, tx.PutOrganization(store.Organization{ID: "org", Timezone: "UTC"}))
	require.NoError(t, tx.SetMeta("organization", "org"))
	require.NoError(t, tx.SetMeta("secret", "00"))
	require.NoError(t, tx.Commit())
	image, err := store.DatabaseOf(tx).Image()
	require.NoError(t, err)
	return image
}

func TestKeptCountsAreThoseOfAQuery(t *testing.T) {
	image := townImage(t)
	rapid.Check(t, func(t *rapid.T) {
		db, err := store.OpenImage(image, false)
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		w := &town{world: randomWorld(t), db: db, now: noon}
		for i := range 20 {
			w.ids = append(w.ids, fmt.Sprintf("00000000-0000-4000-8000-%012d", i*79))
		}
		questions := []string{oneOf(t, `{"$state": "/profile/v", "gt": 3}`,
			`{"performed": {"event": "order", "within": "PT10M"}}`, `{"received": {"event": "sent"}}`,
			`{"performed": {"event": "login"}}`, `{"performed": {"event": "*", "count": {"gte": 2}}}`,
			`{"$or": [{"$state": "/profile/v", "eq": 6},
				{"$not": {"performed": {"event": "order", "filter": {"$state": "/event/total", "lt": 3}}}}]}`,
			`[{"performed": {"event": "order", "count": {"eq": 1}}}, {"inSegment": "s1"},
				{"$or": [{"$state": "/profile/v", "lt": 5}, {"performed": {"event": "visit", "count": {"gte": 6}}}]}]`,
			`{"received": {"event": "opened"}}`, `{"subscribed": "news"}`,
			`[{"$state": "/profile/v", "lt": 3}, {"performed": {"event": "visit", "count": {"gte": 12}}},
				{"$or": [{"subscribed": "offers"}, {"$not": {"performed": {"event": "order"}}}]}]`,
			`{"performed": {"event": "visit", "count": {"eq": 8}}}`, `{"performed": {"event": "nothing.*"}}`,
			`{"$not": {"inSegment": "manual"}}`),
			encode(condition(t, 2, "s1", "s2"))}
		for range rapid.IntRange(1, 8).Draw(t, "transactions") {
			w.transact(t, questions)
		}
	})
}

// transact writes and counts in one transaction, which is committed or rolled back.
func (w *town) transact(t *rapid.T, questions []string) {
	if rapid.IntRange(0, 3).Draw(t, "later") == 0 {
		w.now = w.now.Add(time.Minute)
	}
	tx, err := w.db.Begin(w.now, "org", func() string { w.drawn++; return fmt.Sprint("drawn-", w.drawn) })
	require.NoError(t, err)
	w.count(t, tx, questions)
	for range rapid.IntRange(0, 3).Draw(t, "writes") {
		undone := errors.New("undone")
		fails := rapid.IntRange(0, 3).Draw(t, "fails") == 0
		err := tx.Nested(func() error {
			w.write(t, tx)
			if fails {
				w.count(t, tx, questions)
				return undone
			}
			return nil
		})
		if !errors.Is(err, undone) {
			require.NoError(t, err)
		}
		w.count(t, tx, questions)
	}
	if rapid.IntRange(0, 3).Draw(t, "rolled back") == 0 {
		require.NoError(t, tx.Rollback())
		return
	}
	require.NoError(t, tx.Commit())
}

// count compares the count of a question, and a list, with the ids that another query finds.
func (w *town) count(t *rapid.T, tx *store.Tx, questions []string) {
	for range rapid.IntRange(0, 2).Draw(t, "counts") {
		document := oneOf(t, questions...)
		node := parse(t, document).Root()
		filter, err := tx.Where(node, w)
		require.NoError(t, err)
		count := func() (int, error) { return tx.CountMembers(node, w) }
		if rapid.Bool().Draw(t, "as a filter") {
			count = func() (int, error) { return tx.CountProfiles(filter) }
		}
		n, err := count()
		require.NoError(t, err)
		ids, err := tx.ProfileIDs(filter)
		require.NoError(t, err)
		require.Equal(t, len(ids), n, document)
		list, err := tx.ListProfiles(store.Page{Limit: 50}, filter)
		require.NoError(t, err)
		require.Len(t, list.Items, min(len(ids), 50), document)
		for _, p := range list.Items {
			require.Contains(t, ids, p.ID)
		}
	}
}

// write writes one thing that a filter may read.
func (w *town) write(t *rapid.T, tx *store.Tx) {
	id := oneOf(t, w.ids...)
	switch rapid.IntRange(0, 7).Draw(t, "write") {
	case 0, 1:
		if rapid.Bool().Draw(t, "new") {
			id = tx.NewID()
		}
		require.NoError(t, tx.PutProfile(&store.Profile{ID: id, Email: id + "@example.com",
			Properties: json.RawMessage(encode(object(t, names)))}))
	case 2, 3:
		event := &store.UserEvent{ID: oneOf(t, "event-1", "event-2", tx.NewID()), ProfileID: id,
			Event: oneOf(t, "order", "order.created", "login"), OccurredAt: instant(t),
			Data: json.RawMessage(encode(object(t, []string{"v", "w"})))}
		require.NoError(t, tx.PutEvent(event))
	case 4:
		require.NoError(t, tx.SetSubscription(id, oneOf(t, "g-news", "g-offers"),
			oneOf(t, "Subscribed", "Unsubscribed"), "api"))
	case 5:
		require.NoError(t, tx.PutSegment(store.Segment{ID: "manual", Key: "manual", Type: "Manual"},
			[]string{id, oneOf(t, w.ids...)}))
	case 6:
		send := &store.EmailSend{ID: tx.NewID(), ProfileID: id, TemplateID: oneOf(t, "t1", "t2")}
		place, err := tx.LastPlace()
		require.NoError(t, err)
		require.NoError(t, tx.AddSend(send, &store.Message{Seq: place + 1, SentAt: tx.Now}))
		fact := store.Fact{Type: oneOf(t, outcome.Accepted, outcome.Delivered, outcome.Opened), At: tx.Now,
			Detail: json.RawMessage("{}")}
		require.NoError(t, tx.AddFact(send, fact))
	case 7:
		require.NoError(t, tx.EraseProfiles([]string{id, oneOf(t, w.ids...)}))
	}
}

func TestAKeptCountReadsOnlyTheBlocksThatChanged(t *testing.T) {
	db, err := store.OpenImage(townImage(t), false)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	w := &world{}
	var filter store.Filter
	begin := func() *store.Tx {
		tx, err := db.Begin(noon, "org", func() string { return "new" })
		require.NoError(t, err)
		filter, err = tx.Where(parse(t, `{"performed": {"event": "login"}}`).Root(), w)
		require.NoError(t, err)
		return tx
	}
	count := func(tx *store.Tx, want int) {
		n, err := tx.CountProfiles(filter)
		require.NoError(t, err)
		require.Equal(t, want, n)
	}

	tx := begin()
	require.Equal(t, -1, store.BlocksToCount(tx, filter), "nothing is kept yet")
	count(tx, 0)
	require.Zero(t, store.BlocksToCount(tx, filter))
	require.NoError(t, tx.PutEvent(&store.UserEvent{ID: "e", ProfileID: "00000000-0000-4000-8000-000000000700",
		Event: "login", Data: []byte("{}"), OccurredAt: noon}))
	require.Equal(t, 1, store.BlocksToCount(tx, filter))
	count(tx, 1)
	require.Equal(t, 1, store.BlocksToCount(tx, filter), "it may be undone")
	require.NoError(t, tx.Commit())

	tx = begin()
	count(tx, 1)
	require.Zero(t, store.BlocksToCount(tx, filter))
	require.NoError(t, tx.PutSeedMembers(map[string]string{"a": "b"}))
	require.Zero(t, store.BlocksToCount(tx, filter), "the filter does not read that table")
	require.NoError(t, tx.Rollback())
}
