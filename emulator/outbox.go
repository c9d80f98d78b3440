package emulator

import (
	"context"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The outbox is all mail that has left, of the first Organization. What was skipped, failed or still waits is not in it.

// The types of carriers, for Outbox.Carrier and Carrier.Type.
const (
	CarrierEmail           = "email"
	CarrierJourney         = "journey"
	CarrierBroadcast       = "broadcast"
	CarrierNewsletterIssue = "newsletterIssue"
	// CarrierTest is the test of a Broadcast or NewsletterIssue on one recipient: its unsubscribe links change nothing.
	CarrierTest = "test"
)

// Outbox is a question about the mail that has left. Each condition gives a new, narrower question; a question can be
// asked many times, and each time first runs what is already due.
type Outbox struct {
	e *Emulator
	q tell.Question
}

// Outbox asks about all mail that has left.
func (e *Emulator) Outbox() Outbox { return Outbox{e: e} }

// To narrows to mail whose To is this address, ignoring case. Copies, Cc and Bcc, do not count.
func (o Outbox) To(address string) Outbox {
	o.q.To = strings.ToLower(strings.TrimSpace(address))
	return o
}

// Template narrows to mail made from the Template with this key or id.
func (o Outbox) Template(ref string) Outbox {
	o.q.Template = ref
	return o
}

// Subject narrows to mail with this text in its subject, as spelt.
func (o Outbox) Subject(part string) Outbox {
	o.q.Subject = part
	return o
}

// Carrier narrows to mail of one type of carrier, such as CarrierJourney, and when an id follows to that one's: for
// CarrierEmail the EmailSend's, for CarrierJourney the run's.
func (o Outbox) Carrier(typ string, id ...string) Outbox {
	o.q.CarrierType, o.q.CarrierID = typ, ""
	if len(id) > 0 {
		o.q.CarrierID = id[0]
	}
	return o
}

// All gives the mail, oldest first: in the order in which it left.
func (o Outbox) All() []*Message {
	if o.e.tb != nil {
		o.e.tb.Helper()
	}
	return o.read(0)
}

// Last gives the mail that left last, nil when there is none.
func (o Outbox) Last() *Message {
	if o.e.tb != nil {
		o.e.tb.Helper()
	}
	found := o.read(1)
	if len(found) == 0 {
		return nil
	}
	return found[0]
}

// Count says how many mails there are.
func (o Outbox) Count() (n int) {
	if o.e.tb != nil {
		o.e.tb.Helper()
	}
	o.e.act("outbox", func(tx *world.Tx) error {
		f, err := o.q.Filter(tx)
		if err != nil {
			return err
		}
		n, err = tx.CountOutbox(f)
		return err
	})
	return n
}

// Only gives the one mail there is. None or several fail the test with what was sent instead, what still waits and until
// when, and what was skipped or failed and why.
func (o Outbox) Only(t TB) *Message {
	t.Helper()
	var only *Message
	complaint := ""
	err := o.e.w.Act(context.Background(), world.First, func(tx *world.Tx) error {
		found, why, err := o.q.Only(tx)
		if found != nil && err == nil {
			only, err = messageOf(tx, found)
		}
		complaint = why
		return err
	})
	if err != nil {
		t.Fatalf("outbox: %v", err)
		return nil
	}
	if complaint != "" {
		t.Fatalf("%s", complaint)
	}
	return only
}

// None fails the test when there is such mail. A Template or a type of carrier that does not exist fails it too: no mail
// could ever be found under it.
func (o Outbox) None(t TB) {
	t.Helper()
	complaint := ""
	err := o.e.w.Act(context.Background(), world.First, func(tx *world.Tx) (err error) {
		complaint, err = o.q.None(tx)
		return err
	})
	switch {
	case err != nil:
		t.Fatalf("outbox: %v", err)
	case complaint != "":
		t.Fatalf("%s", complaint)
	}
}

// String says what is asked for, as failures tell it.
func (o Outbox) String() string { return o.q.String() }

// read gives the newest limit mails, 0 for all, oldest first.
func (o Outbox) read(limit int) (messages []*Message) {
	o.e.act("outbox", func(tx *world.Tx) error {
		found, err := o.q.Mails(tx, limit)
		for i := range found {
			if err != nil {
				return err
			}
			var m *Message
			m, err = messageOf(tx, &found[i])
			messages = append(messages, m)
		}
		return err
	})
	return messages
}
