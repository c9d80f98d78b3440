package store

import (
	"time"
)

// This file searches EmailSends for people who look at them, a page at a time.

// SendSearch narrows a search of EmailSends. An empty field does not narrow it. To and Subject are parts in lower case.
// Before is the Seq of the last one of the previous page, 0 for the first page.
type SendSearch struct {
	To, Subject, TemplateID, CarrierType, CarrierID, Status string

	Before, Limit int
	Reach         int // how many EmailSends are looked at
}

// SearchSends returns EmailSends, newest first. If there are older ones that it has not returned or not looked at,
// before is where to go on.
func (tx *Tx) SearchSends(search SendSearch) (found []EmailSend, before int, err error) {
	top := search.Before
	if top == 0 {
		newest, err := value[int64](tx.db, "SELECT coalesce(max(seq), 0) FROM email_sends")
		if err != nil {
			return nil, 0, err
		}
		top = int(newest) + 1
	}
	floor := max(top-search.Reach, 1)
	query := Filter{sends.sql(selectAll) + "WHERE s.seq >= ? AND s.seq < ? AND s.org = ?", []any{floor, top, tx.Org}}
	query = query.and(search.filters()...)
	query.SQL += " ORDER BY s.seq DESC LIMIT ?"
	args := append(query.Args, search.Limit+1)
	if err := tx.db.compose(sends.view().appendTo(&found), query.SQL, args...); err != nil {
		return nil, 0, err
	}
	if len(found) > search.Limit {
		return found[:search.Limit], found[search.Limit-1].Seq, nil
	}

	more, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM email_sends WHERE seq < ? AND org = ?)",
		floor, tx.Org)
	if more == 0 {
		floor = 0
	}
	return found, floor, err
}

// filters returns the conditions of a search, those that are tested fastest first.
func (search SendSearch) filters() (filters []Filter) {
	for _, condition := range []struct{ sql, value string }{
		{"s.status = ?", search.Status},
		{"s.template_id = ?", search.TemplateID},
		{"s.carrier_type = ?", search.CarrierType},
		{"coalesce(s.carrier_id, s.id) = ?", search.CarrierID},
		{"has_part(s.to_email, ?)", search.To},
		{"has_part(s.subject, ?)", search.Subject},
	} {
		if condition.value != "" {
			filters = append(filters, Filter{condition.sql, []any{condition.value}})
		}
	}
	return filters
}

// MailOf returns the email that was rendered for a send, or nil if there is none. SentAt is zero if it was not sent.
func (tx *Tx) MailOf(send *EmailSend) (*Mail, error) {
	return mails().one(tx, "WHERE s.org = ? AND s.seq = ?", tx.Org, send.Seq)
}

// SnapshotMade returns when a snapshot of a Template was made.
func (tx *Tx) SnapshotMade(id string) (made time.Time, err error) {
	err = tx.db.query(func(r *row) error { made = r.at(); return nil },
		"SELECT created_at FROM template_snapshots WHERE id = ? AND org = ?", id, tx.Org)
	return made, err
}
