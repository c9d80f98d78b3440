package world

import (
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// fanOutRun is one batch on its way out. Each mail is accepted, tested for consent and suppression, and leaves, as a single
// one does; only that it needs no task of its own for that, and none for being delivered where nothing else is foreseen.
type fanOutRun struct {
	tx       *Tx
	c        *Carrier
	envelope *envelope
	mail     envelope // the envelope with the send at hand
	base     *store.MessageBase
	place    int      // of the last mail in the outbox
	ranges   []string // of the sends that will simply be delivered
	first    int      // of the range that is open, 0 for none
	last     int
}

func (tx *Tx) newFanOut(c *Carrier) (*fanOutRun, error) {
	t, err := tx.snapshot(c.SnapshotID)
	if err != nil {
		return nil, err
	}
	own, _ := mail.ParseAddress(t.From())
	from := c.sender(own)
	if from == nil {
		return nil, fmt.Errorf("carrier %s: its SenderProfile is gone", c.ID)
	}
	e := &envelope{catalog: c.catalog, template: t, send: store.EmailSend{TemplateID: c.TemplateID, SnapshotID: c.SnapshotID,
		SenderProfileID: from.ID, SubscriptionGroupID: c.SubscriptionGroupID, From: store.Mailbox{Email: from.Email, Name: c.from.Name},
		CarrierType: c.Type, CarrierID: c.ID, CreatedAt: tx.Now, UpdatedAt: tx.Now}}
	if e.send.ReplyTo, e.headers, err = c.replyAddresses(t); err != nil {
		return nil, err
	}
	f := &fanOutRun{tx: tx, c: c, envelope: e}
	if f.base, err = tx.Base(c.Seq); err != nil {
		return nil, err
	}
	f.place, err = tx.LastPlace()
	return f, err
}

// replyAddresses are where replies go: the carrier's addresses, else the Template's. An EmailSend shows one; when there are
// several, a header of its own lists them.
func (c *Carrier) replyAddresses(t *render.Template) (*store.Mailbox, [][2]string, error) {
	if len(c.ReplyTo) < 2 {
		box, err := c.catalog.replyTo(strings.Join(c.ReplyTo, ""), t)
		if _, unverified := errors.AsType[*Problem](err); unverified {
			return nil, nil, nil // its domain was, when the draft was made
		}
		return box, nil, err
	}
	all := make([]mail.Address, len(c.ReplyTo))
	for i, s := range c.ReplyTo {
		all[i], _ = mail.ParseAddress(s) // checked when it was saved
	}
	return &store.Mailbox{Email: all[0].Email, Name: all[0].Name}, [][2]string{{"Reply-To", mail.Mailboxes(all)}}, nil
}

// sendAll sends a batch. Mail for the SMTP relay takes the way of single mail, which hands it over one by one.
func (f *fanOutRun) sendAll(batch []store.Recipient) error {
	for i := range batch {
		var err error
		if f.tx.w.config.SMTP != "" && batch[i].Skip != store.SkipProfileDeleted {
			p := &batch[i].Profile
			f.mail = *f.envelope
			_, err = f.tx.queueSend(&f.mail, p, p.Email, f.key(p.ID), nil)
		} else {
			err = f.send(&batch[i])
		}
		if err != nil {
			return err
		}
	}
	f.close()
	if len(f.ranges) == 0 {
		return nil
	}
	_, err := f.tx.AddTask(f.tx.Now.Add(outcome.Pace), taskDeliverBatch, f.c.ID, strings.Join(f.ranges, ","))
	return err
}

func (f *fanOutRun) key(profile string) string { return f.c.Type + ":" + f.c.ID + ":" + profile }

func (f *fanOutRun) send(r *store.Recipient) error {
	f.mail = *f.envelope
	s := f.mail.address(f.tx, &r.Profile, r.Profile.Email, f.key(r.Profile.ID))
	var message *store.Message
	if r.Skip != store.SkipProfileDeleted {
		var err error
		if message, _, err = f.tx.renderSend(&f.mail, &r.Profile, s, nil); err != nil {
			return err
		}
	}
	switch {
	case r.Skip != "":
		s.Status, s.FailureMessage = store.SendSkipped, r.Skip
		return f.tx.AddSend(s, nil)
	case message == nil:
		s.Status, s.FailureMessage = store.SendFailed, failureRender
		return f.tx.AddSend(s, nil)
	}
	s.Status, s.MessageID = store.SendSent, f.tx.NewID()
	f.place++
	message.SentAt, message.Seq, message.Base = f.tx.Now, f.place, f.base
	if err := f.tx.AddSend(s, message); err != nil {
		return err
	}
	if err := f.tx.addFact(s, outcome.Accepted, nil); err != nil {
		return err
	}
	return f.foresee(s)
}

// foresee schedules what will become of a mail: with its neighbours when that is what becomes of most.
func (f *fanOutRun) foresee(s *store.EmailSend) error {
	if f.c.catalog.scripted || outcome.Simulated(s.To) {
		f.close()
		coming, err := f.tx.plan(s)
		if err != nil {
			return err
		}
		return f.tx.foresee(s, outcome.Accepted, coming)
	}
	if f.first == 0 {
		f.first = s.Seq
	}
	f.last = s.Seq
	return nil
}

// close ends a range of neighbours.
func (f *fanOutRun) close() {
	if f.first > 0 {
		f.ranges = append(f.ranges, fmt.Sprintf("%d-%d", f.first, f.last))
	}
	f.first = 0
}

// deliverBatch lets the mail of a batch be delivered, except where something else has happened to it or was scripted since.
func (tx *Tx) deliverBatch(task store.Task) error {
	watched, err := tx.watchesMail(&touch{fact: outcome.Delivered})
	if err != nil {
		return err
	}
	for each := range strings.SplitSeq(task.Arg, ",") {
		var from, to int
		if _, err := fmt.Sscanf(each, "%d-%d", &from, &to); err != nil {
			return err
		}
		if !watched {
			if err := tx.DeliverAll(task.Ref, from, to); err != nil {
				return err
			}
			continue
		}
		sends, err := tx.OnTheirWay(task.Ref, from, to)
		if err != nil {
			return err
		}
		for i := range sends {
			err := tx.RecordFact(&sends[i], outcome.Delivered, nil)
			if _, impossible := errors.AsType[*Problem](err); err != nil && !impossible {
				return err
			}
		}
	}
	return nil
}
