// Package floor has the lowest cost of accepting an email over HTTP into SQLite on a machine.
package floor

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // the database/sql driver "sqlite"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const (
	schema = `CREATE TABLE sends (id TEXT PRIMARY KEY, status TEXT NOT NULL,
		template_id TEXT NOT NULL, template_snapshot_id TEXT NOT NULL,
		sender_profile_id TEXT NOT NULL, profile_id TEXT NOT NULL,
		from_email TEXT NOT NULL, from_name TEXT, subject TEXT NOT NULL, to_email TEXT NOT NULL,
		created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT`
	insertSend = "INSERT INTO sends VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
	rows       = 4    // of an email
	most       = 1000 // emails in a database
	name       = "Acme Outdoor"
)

// Floor is a handler that decodes a receipt and encodes an EmailSend. In between is one transaction of four rows in a
// database in memory. Every statement is prepared once on one pinned connection, also BEGIN and COMMIT. A GET gets an
// empty answer.
//
// A plain database in memory becomes slower as it grows: when a page of an index was split, SQLite looks at all pages.
// That would flatter what is compared with the floor, so it begins a new database now and then.
type Floor struct {
	db   *sql.DB
	conn *sql.Conn
	id   string

	mu                    sync.Mutex // one transaction at a time
	stored                int        // emails in the database
	begin, insert, commit *sql.Stmt
}

// New returns a Floor with an empty database.
func New(ctx context.Context) (*Floor, error) {
	f := &Floor{id: uuid.NewString()}
	if err := f.open(ctx); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// open opens an empty database in place of the one before.
func (f *Floor) open(ctx context.Context) (err error) {
	if f.stored, err = 0, f.Close(); err != nil {
		return err
	}
	if f.db, err = sql.Open("sqlite", ":memory:"); err != nil {
		return err
	}
	if f.conn, err = f.db.Conn(ctx); err != nil {
		return err
	}
	if _, err = f.conn.ExecContext(ctx, schema); err != nil {
		return err
	}
	if f.begin, err = f.conn.PrepareContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if f.insert, err = f.conn.PrepareContext(ctx, insertSend); err != nil {
		return err
	}
	f.commit, err = f.conn.PrepareContext(ctx, "COMMIT")
	return err
}

// Close closes the database.
func (f *Floor) Close() error {
	if f.db == nil {
		return nil
	}
	return f.db.Close()
}

// ServeHTTP stores the email of a request four times.
func (f *Floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		return
	}
	var params segmentflow.SendEmailParams
	if err := json.NewDecoder(r.Body).Decode(&params); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	sender := name
	send := segmentflow.EmailSend{
		Status:             segmentflow.EmailSendStatusQueued,
		TemplateID:         params.TemplateID,
		TemplateSnapshotID: f.id,
		SenderProfileID:    f.id,
		ProfileID:          f.id,
		From:               segmentflow.Mailbox{Email: "shop@acme.example", Name: &sender},
		Subject:            "Your order ord_1",
		To:                 segmentflow.RecipientAddress{Email: params.To.Email},
		CreatedAt:          time.UnixMilli(0),
		UpdatedAt:          time.UnixMilli(0),
	}
	if err := f.store(r.Context(), &send); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(send) // an error means that the reader has left
}

func (f *Floor) store(ctx context.Context, send *segmentflow.EmailSend) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stored++; f.stored > most {
		if err := f.open(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	_, err := f.begin.ExecContext(ctx)
	for range rows {
		send.ID = uuid.NewString()
		_, e := f.insert.ExecContext(ctx,
			send.ID, string(send.Status), send.TemplateID, send.TemplateSnapshotID,
			send.SenderProfileID, send.ProfileID,
			send.From.Email, *send.From.Name, send.Subject, send.To.Email,
			send.CreatedAt.UnixMilli(), send.UpdatedAt.UnixMilli())
		err = errors.Join(err, e)
	}
	_, e := f.commit.ExecContext(ctx)
	return errors.Join(err, e)
}

// Caller returns a function that calls the handler in process, with a receipt as JSON.
func (f *Floor) Caller() (func() error, error) {
	raw, err := json.Marshal(Receipt(f.id, 0))
	if err != nil {
		return nil, err
	}
	return func() error {
		recorder := httptest.NewRecorder()
		f.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(raw)))
		if recorder.Code != http.StatusOK {
			return fmt.Errorf("the floor answered %d: %s", recorder.Code, recorder.Body)
		}
		return nil
	}, nil
}

// Stored returns how many rows there are.
func (f *Floor) Stored(ctx context.Context) (n int, err error) {
	err = f.conn.QueryRowContext(ctx, "SELECT count(*) FROM sends").Scan(&n)
	return n, err
}

// Receipt is the email that all comparisons send.
func Receipt(template string, n int) *segmentflow.SendEmailParams {
	return &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: "alex@example.com", ExternalID: "cus_123"},
		Data: map[string]any{
			"orderId":     fmt.Sprint("ord_", n),
			"total":       42.5,
			"currency":    "EUR",
			"trackingUrl": "https://example.com/t/1",
			"lines":       []any{map[string]any{"sku": "tent-2", "name": "Tent", "price": "42.50"}},
		},
	}
}
