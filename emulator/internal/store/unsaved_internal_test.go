package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/ids"
)

// deed is one thing that is done in a transaction. A deed with parts is Tx.Nested, which fails if fails is set.
type deed struct {
	kind  int
	which int // an EmailSend or a task that an earlier deed has added
	parts []deed
	fails bool
}

const (
	addSend = iota
	endSend
	addTask
	dropTask
	addEvent
	look // at all rows, so that they are saved
	nest
	kindsOfDeeds
)

func someDeeds(t *rapid.T, depth int) []deed {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) deed {
		d := deed{kind: rapid.IntRange(0, kindsOfDeeds-1).Draw(t, "kind"), which: rapid.IntRange(1, 9).Draw(t, "which")}
		if d.kind == nest && depth > 0 {
			d.parts, d.fails = someDeeds(t, depth-1), rapid.Bool().Draw(t, "fails")
		}
		return d
	}), 0, 8).Draw(t, "deeds")
}

// doer does deeds. If always is set, it saves the rows after each.
type doer struct {
	*rapid.T
	tx     *Tx
	always bool
	sends  map[int]EmailSend // that were added, by Seq
}

func (t *doer) do(deeds []deed) {
	tx := t.tx
	for _, d := range deeds {
		var err error
		switch d.kind {
		case addSend:
			send := EmailSend{ID: tx.NewID(), Status: SendQueued}
			var message *Message
			if d.which%2 == 0 {
				message = &Message{Subject: tx.NewID()}
			}
			err = tx.AddSend(&send, message)
			t.sends[send.Seq] = send
		case endSend:
			if send, found := t.sends[d.which]; found {
				send.Status, send.MessageID = SendSent, tx.NewID()
				err = tx.EndSend(&send)
			}
		case addTask:
			_, err = tx.AddTask(tx.Now.Add(time.Duration(d.which)*time.Second), "kind", "ref", "")
		case dropTask:
			err = tx.DropTask(d.which)
		case addEvent:
			err = tx.AddEvent(&UserEvent{ID: tx.NewID(), ProfileID: "p", Event: "event", Data: json.RawMessage("{}")})
		case look:
			_, err = value[int64](tx.db, "SELECT count(*) FROM email_sends, tasks, user_events")
		case nest:
			failure := errors.New("it fails")
			err = tx.Nested(func() error {
				t.do(d.parts)
				if d.fails {
					return failure
				}
				return nil
			})
			if errors.Is(err, failure) {
				err = nil
			}
		}
		require.NoError(t, err)
		if t.always {
			require.NoError(t, save(tx.db))
		}
	}
}

// leftBy returns the rows that deeds have left.
func leftBy(t *rapid.T, deeds []deed, always bool) (left []string) {
	db, err := Open(":memory:")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	tx, err := db.Begin(time.UnixMilli(0), "org", ids.New(1).Next)
	require.NoError(t, err)
	(&doer{t, tx, always, map[int]EmailSend{}}).do(deeds)
	require.NoError(t, tx.Commit())
	for _, query := range []string{
		"SELECT seq, id, status || ' ' || coalesce(outbox, 0) FROM email_sends ORDER BY seq",
		"SELECT send, subject, base FROM messages ORDER BY send",
		"SELECT seq, kind, due FROM tasks ORDER BY seq",
		"SELECT seq, id, event FROM user_events ORDER BY seq",
	} {
		require.NoError(t, db.query(func(r *row) error {
			left = append(left, fmt.Sprint(r.num(), r.str(), r.value()))
			return nil
		}, query))
	}
	return left
}

func TestRowsThatAreSavedLateAreAsIfSavedAtOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deeds := someDeeds(t, 3)
		require.Equal(t, leftBy(t, deeds, true), leftBy(t, deeds, false))
	})
}
