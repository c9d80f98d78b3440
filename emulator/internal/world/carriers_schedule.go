package world

import (
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Scheduling and testing. Package carriers has the rules for times. Decided here: who a test goes to.

// scheduledFor returns the time that a request names, and refuses one that is not far enough ahead.
func scheduledFor(now time.Time, text string) (time.Time, error) {
	at, ok, err := carriers.ScheduledAt(now, text)
	switch {
	case err == nil && !ok:
		err = unacceptable(reasonScheduleInPast, "scheduledAt must be at least one minute in the future.")
	case at.After(cond.LastInstant):
		issues := []cond.Finding{{Path: "/scheduledAt", Message: "must not lead past the year 9999"}}
		err = refused(CodeInvalidRequest, "", map[string]any{"issues": issues})
	}
	return at, err
}

// ScheduleCarrier schedules a draft, as it is now, to be sent at a time. That voids its confirmations.
func (tx *Tx) ScheduleCarrier(kind, id, when string) (*Carrier, error) {
	carrier, err := tx.draftWith(kind, id)
	if err != nil {
		return nil, err
	}
	if carrier.ScheduledAt, err = scheduledFor(tx.Now, when); err != nil {
		return nil, err
	}
	preflight, err := tx.readyPreflight(carrier)
	if err != nil {
		return nil, err
	}
	if carrier.Task, err = tx.AddTask(carrier.ScheduledAt, TaskLaunch, carrier.ID, ""); err != nil {
		return nil, err
	}
	carrier.Version++
	if carrier.Binding, err = carrier.binding(preflight.parts); err != nil {
		return nil, err
	}
	return carrier, tx.putCarrier(carrier, "scheduled for "+Stamp(carrier.ScheduledAt))
}

// TestCarrier sends the email to exactly one recipient. Consent is ignored, and results never count a test.
func (tx *Tx) TestCarrier(kind, id string, who Identity) (*store.EmailSend, error) {
	carrier, err := tx.CarrierWith(kind, id)
	if err != nil {
		return nil, err
	}
	if err := tx.checkProfileExists(who); err != nil {
		return nil, err
	}
	email, err := tx.content(carrier)
	if err != nil {
		return nil, err
	}
	if err := email.testable(); err != nil {
		return nil, err
	}

	spec, err := tx.testSpec(carrier, email)
	if err != nil {
		return nil, err
	}
	spec.to = who.Email
	if spec.profile, err = tx.recipientProfile(who); err != nil {
		return nil, err
	}
	send, err := tx.createSend(spec)
	if err != nil {
		return nil, err
	}

	parts, err := carrier.contentParts(email)
	if err != nil {
		return nil, err
	}
	if carrier.TestedHash, err = parts.Hash(); err != nil {
		return nil, err
	}
	return send, tx.putCarrier(carrier, "a test was sent: EmailSend "+send.ID)
}

// testable refuses content that lacks something that an email needs.
func (email *content) testable() error {
	if email == nil {
		return unacceptable(reasonTemplateIncomplete, "There is no Template to send.")
	}
	if subject, body := email.template.Complete(); !subject || !body {
		return unacceptable(reasonTemplateIncomplete, "The email has no subject, or no body.")
	}
	if email.sender == nil {
		return unacceptable(ReasonSenderUnverified, "No SenderProfile has the address that the email would come from.")
	}
	return nil
}

// testSpec returns a test email that has no recipient yet.
func (tx *Tx) testSpec(carrier *Carrier, email *content) (*sendSpec, error) {
	replyTo, headers, err := carrier.replyAddresses(email.template)
	if err != nil {
		return nil, err
	}
	frozen := *carrier.template
	if frozen.SnapshotID, err = tx.contentSnapshot(carrier, email); err != nil {
		return nil, err
	}
	spec := &sendSpec{
		carrierType: store.CarrierTest,
		carrierID:   carrier.ID,
		template:    &frozen,
		sender:      email.sender,
		from:        carrier.from,
		group:       carrier.group,
		headers:     headers,
	}
	if replyTo != nil {
		spec.replyTo = mailAddress(*replyTo).String()
	}
	return spec, nil
}
