package emulator

import (
	"context"
	"net/http"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The outbox contains all emails that the first Organization has sent. Emails that were skipped, have failed or still
// wait are not in it.

// The types of carriers, used by Outbox.Carrier and Carrier.Type.
const (
	CarrierEmail           = "email"
	CarrierJourney         = "journey"
	CarrierBroadcast       = "broadcast"
	CarrierNewsletterIssue = "newsletterIssue"
	// CarrierTest is a test of a Broadcast or NewsletterIssue on one recipient. Its unsubscribe links change nothing.
	CarrierTest = "test"
)

// Outbox is a question about the emails that were sent. Each condition returns a new, narrower question. A question can
// be asked many times; asking first runs what is due.
//
// A Template or a carrier that does not exist is a mistake in the test, and every method that asks fails: Only and None
// fail the t that they get, the others fail the test passed to Start or For, or panic if the emulator was made with
// New. An address that no email was sent to selects nothing.
type Outbox struct {
	e *Emulator
	q tell.Query
}

// Outbox returns a question about all emails that were sent.
func (e *Emulator) Outbox() Outbox { return Outbox{e: e} }

// To selects emails whose To is this address, without regard to case. It does not look at CC and BCC. For "" it
// selects all emails.
func (o Outbox) To(address string) Outbox {
	o.q.To = strings.ToLower(strings.TrimSpace(address))
	return o
}

// Template selects emails made from the Template with this key or id.
func (o Outbox) Template(ref string) Outbox {
	o.q.Template = ref
	return o
}

// Subject selects emails whose subject contains this text. Case matters.
func (o Outbox) Subject(part string) Outbox {
	o.q.Subject = part
	return o
}

// Carrier selects emails of one type of carrier, such as CarrierJourney. If an id follows, it selects only the emails
// of that carrier. The id is the EmailSend's for CarrierEmail, and the run's for CarrierJourney.
func (o Outbox) Carrier(typ string, id ...string) Outbox {
	o.q.CarrierType, o.q.CarrierID = typ, ""
	if len(id) > 0 {
		o.q.CarrierID = id[0]
	}
	return o
}

// All returns the emails in the order in which they were sent.
func (o Outbox) All() []*Message {
	o.e.tb.Helper()
	return o.read(0)
}

// Last returns the email that was sent last. If there is none, it returns nil.
func (o Outbox) Last() *Message {
	o.e.tb.Helper()
	found := o.read(1)
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// Count returns the number of emails.
func (o Outbox) Count() (count int) {
	o.e.tb.Helper()
	o.e.act("outbox", func(tx *world.Tx) error {
		filter, err := o.q.Filter(tx)
		if err != nil {
			return err
		}
		count, err = tx.CountOutbox(filter)
		return err
	})
	return count
}

// Only returns the email if there is exactly one. Otherwise it fails the test. The failure says what was sent instead,
// what still waits and until when, what was skipped, refused or failed and why, and where it can, what to do.
func (o Outbox) Only(t TB) *Message {
	requireTest("Only", t)
	t.Helper()
	var only *Message
	failure := ""
	err := o.e.world.Act(context.Background(), world.First, func(tx *world.Tx) error {
		found, why, err := o.q.Only(tx, o.e.refusals)
		if found != nil && err == nil {
			only, err = messageOf(tx, found)
		}
		failure = why
		return err
	})
	if err != nil {
		t.Fatalf("outbox: %v", err)
		return nil
	}
	if failure != "" {
		t.Fatalf("%s", failure)
	}
	return only
}

// None fails the test if there is such an email.
func (o Outbox) None(t TB) {
	requireTest("None", t)
	t.Helper()
	failure := ""
	err := o.e.world.Act(context.Background(), world.First, func(tx *world.Tx) (err error) {
		failure, err = o.q.None(tx)
		return err
	})
	switch {
	case err != nil:
		t.Fatalf("outbox: %v", err)
	case failure != "":
		t.Fatalf("%s", failure)
	}
}

// String describes the question as failures show it.
func (o Outbox) String() string { return o.q.String() }

// refusals returns the calls, and the items of batches, that the journal has as refused or lost, newest first.
func (e *Emulator) refusals() (refused []tell.Refusal) {
	for _, entry := range e.journal.Newest(gateway.JournalSize) {
		call := tell.Refusal{
			At:        entry.At,
			Operation: entry.Operation,
			Method:    entry.Method,
			Path:      entry.Path,
			Status:    entry.Status,
			Key:       entry.IdempotencyKey,
			Fault:     entry.Fault,
		}
		lost := entry.Fault != 0 && (entry.Status == 0 || entry.Status >= http.StatusMultipleChoices)
		if entry.Error != "" || lost {
			call.Code, call.Reason, call.Issues = entry.Error, entry.Grounds.Reason, entry.Grounds.Issues
			refused = append(refused, call)
		}
		for i, item := range entry.Rejected {
			call.Item, call.Index, call.Key = true, item.Index, item.Key
			call.Code, call.Reason, call.Issues = item.Error, item.Grounds.Reason, item.Grounds.Issues
			if i == len(entry.Rejected)-1 {
				call.Alike = entry.RejectedItems - len(entry.Rejected)
			}
			refused = append(refused, call)
		}
	}
	return refused
}

// read returns the newest limit emails, oldest first. A limit of 0 means all.
func (o Outbox) read(limit int) (messages []*Message) {
	o.e.act("outbox", func(tx *world.Tx) error {
		found, err := o.q.Emails(tx, limit)
		if err != nil || len(found) == 0 {
			return err
		}
		messages, err = messagesOf(tx, found)
		return err
	})
	return messages
}
