package world

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// How a carrier leaves. Decided here: it goes out in batches, each a transaction of its own with the mails, their facts and
// how far the carrier has come, so that a process killed at any point sends nothing twice. A batch every 50 milliseconds of
// the clock leaves room for calls between them: to look at the results, or to cancel.

const (
	fanOutBatch = 500
	fanOutPace  = 50 * time.Millisecond
)

// launch is the task of a scheduled carrier. One that has changed since is a draft again.
func (tx *Tx) launch(task store.Task) error {
	c, err := tx.CarrierWith("", task.Ref)
	if err != nil || !c.Scheduled() {
		return err
	}
	if bound, err := tx.stillScheduled(c); err != nil || !bound {
		return err
	}
	return tx.startCarrier(c)
}

// startCarrier lets a carrier leave: the snapshot of its audience is due.
func (tx *Tx) startCarrier(c *Carrier) (err error) {
	c.Status, c.StartedAt = store.CarrierInProgress, tx.Now
	if c.Task, err = tx.AddTask(tx.Now, taskSnapshotAudience, c.ID, ""); err != nil {
		return err
	}
	return tx.putCarrier(c, "started")
}

// snapshotAudience freezes content and audience. Blockers that have come up since the preflight fail the whole carrier.
// Nothing can change between the start and this, but a process that dies there may find another seed at its next start.
func (tx *Tx) snapshotAudience(task store.Task) error {
	c, err := tx.CarrierWith("", task.Ref)
	if err != nil || c.Status != store.CarrierInProgress {
		return err
	}
	p, err := tx.Preflight(c)
	if err != nil {
		return err
	}
	if bound, err := tx.stillBound(c, p.parts); err != nil || !bound {
		return err
	}
	c.Task, c.ContentHash = 0, p.Hash
	if !p.Ready() {
		tx.w.log.Warn("carrier failed its preflight at the start", "carrier", c.ID, "blocker", p.Blockers[0].Code)
		c.Status, c.CompletedAt = store.CarrierFailed, tx.Now
		return tx.putCarrier(c, "failed: "+strings.Join(p.Codes(), ", "))
	}
	if c.SnapshotID, err = tx.freeze(c, p.content); err != nil {
		return err
	}
	who, _, err := tx.recipients(c)
	if err != nil {
		return err
	}
	if err := tx.TakeSnapshot(c.Carrier, who); err != nil {
		return err
	}
	nobody, err := tx.renderSample(c, p.content, &store.Profile{})
	if err != nil {
		return err
	}
	if err := tx.AddBase(store.MessageBase{ID: c.Seq, HTML: nobody.Out.HTML, Text: nobody.Out.Text}); err != nil {
		return err
	}
	c.Status, c.Audience, c.From = store.CarrierTriggered, &p.Audience, p.content.sender.Email
	if name := c.displayName(p.content); name != "" {
		c.From = mail.Address{Name: name, Email: p.content.sender.Email}.String()
	}
	if c.Task, err = tx.AddTask(tx.Now, taskFanOut, c.ID, ""); err != nil {
		return err
	}
	return tx.putCarrier(c, fmt.Sprintf("the audience was taken: %d of %d are eligible", p.Audience.Eligible, p.Audience.Total))
}

// fanOut sends the next batch. The batch that finds nobody left ends the carrier, once all its mail has left.
func (tx *Tx) fanOut(task store.Task) error {
	c, err := tx.CarrierWith("", task.Ref)
	if err != nil || c.Status != store.CarrierTriggered {
		return err
	}
	batch, err := tx.NextRecipients(c.Carrier, c.consenting(), fanOutBatch)
	if err != nil {
		return err
	}
	if len(batch) == 0 {
		c.Status, c.CompletedAt, c.Task = store.CarrierSent, tx.Now, 0
		return tx.putCarrier(c, "sent")
	}
	f, err := tx.newFanOut(c)
	if err != nil {
		return err
	}
	if err := f.sendAll(batch); err != nil {
		return err
	}
	c.Position = batch[len(batch)-1].N
	due := tx.Now.Add(fanOutPace)
	if len(batch) < fanOutBatch {
		due = tx.Now
	}
	if c.Task, err = tx.AddTask(due, taskFanOut, c.ID, ""); err != nil {
		return err
	}
	return tx.Advance(c.Carrier)
}

// CancelCarrier takes back what has not left. A scheduled carrier is a draft again and loses nothing; of one that is being
// sent the rest stays, and what has left is sent.
func (tx *Tx) CancelCarrier(kind, id string) (*Carrier, error) {
	c, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	switch {
	case c.Scheduled():
		return c, tx.unschedule(c, "cancelled; it is a draft again")
	case !c.sending():
		return nil, c.refuse("It is neither scheduled nor being sent.")
	}
	if err := tx.DropTask(c.Task); err != nil {
		return nil, err
	}
	c.Status, c.CancelledAt, c.Task = store.CarrierArchived, tx.Now, 0
	c.Version++
	return c, tx.putCarrier(c, "cancelled while it was being sent")
}
