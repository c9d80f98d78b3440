package world

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carrier"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Scheduling and testing. Documented: a time, or a span such as "in 1 hour". Decided here: the units of a span, that a
// schedule lies at least a minute ahead, and whom a test goes to.

// scheduledFor reads a time, or a span from now; the schema lets nothing else come here.
func scheduledFor(now time.Time, s string) (time.Time, error) {
	at, ok, err := carrier.ScheduledAt(now, s)
	if err == nil && !ok {
		err = unacceptable(reasonScheduleInPast, "scheduledAt must be at least one minute ahead.")
	}
	return at, err
}

// ScheduleCarrier lets a draft leave at a time, as it is now. That voids its confirmations.
func (tx *Tx) ScheduleCarrier(kind, id, when string) (*Carrier, error) {
	c, err := tx.draftOf(kind, id)
	if err != nil {
		return nil, err
	}
	if c.ScheduledAt, err = scheduledFor(tx.Now, when); err != nil {
		return nil, err
	}
	p, err := tx.unblocked(c)
	if err != nil {
		return nil, err
	}
	if c.Task, err = tx.AddTask(c.ScheduledAt, taskLaunch, c.ID, ""); err != nil {
		return nil, err
	}
	c.Version++
	if c.Binding, err = c.binding(p.parts); err != nil {
		return nil, err
	}
	return c, tx.putCarrier(c, "scheduled for "+Stamp(c.ScheduledAt))
}

// TestCarrier sends the mail to exactly one recipient. Consent is ignored and results never count it.
func (tx *Tx) TestCarrier(kind, id string, who Identity) (*store.EmailSend, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if err := tx.mustExist(who); err != nil {
		return nil, err
	}
	what, err := tx.content(c)
	if err != nil {
		return nil, err
	}
	if what == nil {
		return nil, unacceptable(reasonTemplateIncomplete, "There is no Template to send.")
	}
	if subject, body := what.template.Complete(); !subject || !body {
		return nil, unacceptable(reasonTemplateIncomplete, "The mail lacks a subject or a body.")
	}
	if what.sender == nil {
		return nil, unacceptable(reasonSenderUnverified, "No SenderProfile has the address that the mail would come from.")
	}
	replyTo, headers, err := c.replyAddresses(what.template)
	if err != nil {
		return nil, err
	}
	frozen := *c.template
	if frozen.SnapshotID, err = tx.freeze(c, what); err != nil {
		return nil, err
	}
	p, err := tx.addressee(who)
	if err != nil {
		return nil, err
	}
	spec := sendSpec{carrierType: store.CarrierTest, carrierID: c.ID, template: &frozen, profile: p, sender: what.sender, from: c.from, group: c.group,
		headers: headers, to: who.Email}
	if replyTo != nil {
		spec.replyTo = flip(*replyTo).String()
	}
	send, err := tx.createSend(&spec)
	if err != nil {
		return nil, err
	}
	parts, err := c.contentParts(what)
	if err != nil {
		return nil, err
	}
	if c.TestedHash, err = parts.Hash(); err != nil {
		return nil, err
	}
	return send, tx.putCarrier(c, "a test was sent: EmailSend "+send.ID)
}
