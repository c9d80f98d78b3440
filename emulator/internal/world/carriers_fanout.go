package world

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// fanOutRun is one batch on its way out. Each mail is accepted, tested for consent and suppression, and leaves, as a single
// one does; only that it needs no task of its own for that, and none for being delivered where nothing else is foreseen.
type fanOutRun struct {
	tx       *Tx
	c        *Carrier
	t        *render.Template
	envelope store.EmailSend // what all have in common
	headers  [][2]string     // likewise
	base     *store.MessageBase
	place    int      // of the last mail in the outbox
	ranges   []string // of the sends that will simply be delivered
	first    int      // of the range that is open, 0 for none
	last     int
}

func (tx *Tx) newFanOut(c *Carrier) (*fanOutRun, error) {
	f := &fanOutRun{tx: tx, c: c}
	var err error
	if f.t, err = tx.snapshot(c.SnapshotID); err != nil {
		return nil, err
	}
	own, _ := mail.ParseAddress(f.t.From())
	from := c.sender(own)
	if from == nil {
		return nil, fmt.Errorf("carrier %s: its SenderProfile is gone", c.ID)
	}
	f.envelope = store.EmailSend{TemplateID: c.TemplateID, SnapshotID: c.SnapshotID, SenderProfileID: from.ID, SubscriptionGroupID: c.SubscriptionGroupID,
		From: store.Mailbox{Email: from.Email, Name: c.from.Name}, CarrierType: c.Type, CarrierID: c.ID, CreatedAt: tx.Now, UpdatedAt: tx.Now}
	if f.envelope.ReplyTo, f.headers, err = c.replyAddresses(f.t); err != nil {
		return nil, err
	}
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
		if f.tx.w.config.SMTP != "" && batch[i].Skip != "profile_deleted" {
			err = f.accept(&batch[i].Profile)
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
	_, err := f.tx.AddTask(f.tx.Now.Add(pace), "deliverBatch", f.c.ID, strings.Join(f.ranges, ","))
	return err
}

func (f *fanOutRun) key(profile string) string { return f.c.Type + ":" + f.c.ID + ":" + profile }

func (f *fanOutRun) accept(p *store.Profile) error {
	frozen := *f.c.template
	frozen.SnapshotID = f.c.SnapshotID
	spec := sendSpec{carrierType: f.c.Type, carrierID: f.c.ID, key: f.key(p.ID), template: &frozen, profile: p, headers: f.headers,
		sender: f.c.catalog.senders[f.envelope.SenderProfileID], from: f.c.from, group: f.c.group}
	if f.envelope.ReplyTo != nil {
		spec.replyTo = flip(*f.envelope.ReplyTo).String()
	}
	_, err := f.tx.createSend(spec)
	return err
}

func (f *fanOutRun) send(r *store.Recipient) error {
	s := f.envelope
	s.ID, s.Key, s.ProfileID, s.To = f.tx.NewID(), f.key(r.Profile.ID), r.Profile.ID, r.Profile.Email
	var out render.Output
	var err error
	if r.Skip != "profile_deleted" {
		env, envErr := f.tx.env(&r.Profile, map[string]any{"system": f.tx.systemState(f.c.catalog, f.t, &s)})
		if envErr != nil {
			return envErr
		}
		out, err = f.t.Render(env, "")
	}
	s.Subject = out.Subject
	switch {
	case r.Skip != "":
		s.Status, s.FailureMessage = "Skipped", r.Skip
	case err != nil || strings.TrimSpace(out.Subject) == "":
		s.Status, s.FailureMessage = "Failed", "template_render_failed"
	default:
		s.Status, s.MessageID = "Sent", f.tx.NewID()
	}
	if s.MessageID == "" {
		return f.tx.AddEnded(&s, nil)
	}
	missing, err := json.Marshal(out.Missing)
	if err != nil {
		return err
	}
	f.place++
	err = f.tx.AddEnded(&s, &store.Message{Subject: out.Subject, HTML: out.HTML, Text: out.Text,
		Headers: append(f.tx.consentHeaders(f.c.catalog, &s), f.headers...), Missing: missing, SentAt: f.tx.Now, Seq: f.place, Base: f.base})
	if err != nil {
		return err
	}
	if err := f.tx.addFact(&s, "accepted", nil); err != nil {
		return err
	}
	return f.foresee(&s)
}

// foresee schedules what will become of a mail: with its neighbours when that is what becomes of most.
func (f *fanOutRun) foresee(s *store.EmailSend) error {
	if _, magic := simulated(strings.ToLower(s.To)); f.c.catalog.scripted || magic {
		f.close()
		coming, err := f.tx.plan(s)
		if err != nil {
			return err
		}
		return f.tx.foresee(s, "accepted", coming)
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
	watched, err := tx.watchesMail(&touch{fact: "delivered"})
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
			err := tx.RecordFact(&sends[i], "delivered", nil)
			if _, impossible := errors.AsType[*Problem](err); err != nil && !impossible {
				return err
			}
		}
	}
	return nil
}
