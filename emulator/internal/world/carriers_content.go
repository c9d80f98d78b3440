package world

import (
	"encoding/json"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What a carrier sends, and to whom.

// content is the email of a carrier: its Template with the carrier's own subject in it.
type content struct {
	definition json.RawMessage
	template   *render.Template
	sender     *sender
}

// content returns the content of a carrier, nil while it has no Template.
func (tx *Tx) content(carrier *Carrier) (*content, error) {
	if carrier.template == nil {
		return nil, nil
	}
	definition, err := tx.Snapshot(carrier.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	var compiled *render.Template
	if carrier.Subject == "" {
		compiled, err = tx.snapshot(carrier.template.SnapshotID)
	} else {
		definition, compiled, err = carrier.ownSubject(definition)
	}
	if err != nil {
		return nil, err
	}
	own, _ := mail.ParseAddress(compiled.From())
	return &content{definition: definition, template: compiled, sender: carrier.sender(own)}, nil
}

// ownSubject returns the Template's definition with the carrier's subject in it, also in compiled form.
func (carrier *Carrier) ownSubject(definition json.RawMessage) (json.RawMessage, *render.Template, error) {
	definition, err := render.WithSubject(definition, carrier.Subject)
	if err != nil {
		return nil, nil, err
	}
	compiled, findings := render.Parse(definition)
	if len(findings) > 0 {
		return nil, nil, errors.New("carrier " + carrier.ID + ": " + findings[0].Path + " " + findings[0].Message)
	}
	return definition, compiled, nil
}

// contentSnapshot returns the id of the snapshot that the carrier's email is made from: the Template's own, or a new
// one if the carrier has its own subject.
func (tx *Tx) contentSnapshot(carrier *Carrier, email *content) (string, error) {
	if carrier.Subject == "" {
		return carrier.template.SnapshotID, nil
	}
	return tx.AddSnapshot(carrier.template.ID, email.definition)
}

// recipients returns who the carrier goes to: the Segment's members, or the Newsletter's subscribers, narrowed by the
// Segment if there is one. ok is false while that is not decided.
func (tx *Tx) recipients(carrier *Carrier) (who store.Recipients, ok bool, err error) {
	who = carrier.consentRule()
	who.Members = store.Filter{SQL: "true"}
	switch {
	case carrier.segment != nil:
		who.Members, err = tx.segmentFilter(carrier.segment)
	case carrier.SegmentID != "", carrier.Type == store.CarrierBroadcast:
		return who, false, nil // the Segment is gone, or not chosen yet
	}
	who.Subscribers = carrier.Type == store.CarrierNewsletterIssue
	return who, !who.Subscribers || carrier.group != nil, err
}

// LeftOutNow returns the first Profiles that the carrier would leave out if it were sent now.
func (tx *Tx) LeftOutNow(carrier *Carrier, limit int) ([]LeftOut, error) {
	who, ok, err := tx.recipients(carrier)
	if err != nil || !ok {
		return nil, err
	}
	return tx.LeftOutOf(who, limit)
}

// consentRule returns Recipients that have only the group whose consent decides, and its policy.
func (carrier *Carrier) consentRule() store.Recipients {
	if carrier.group == nil {
		return store.Recipients{}
	}
	return store.Recipients{Group: carrier.group.ID, OptIn: carrier.group.Policy == store.OptIn}
}

// audience counts the recipients as they are now.
func (tx *Tx) audience(carrier *Carrier) (store.Audience, store.Recipients, error) {
	who, ok, err := tx.recipients(carrier)
	if err != nil || !ok {
		return store.Audience{Skipped: map[string]int{}}, who, err
	}
	if carrier.counted != nil {
		return *carrier.counted, who, nil
	}
	counts, err := tx.CountAudience(who)
	return counts, who, err
}

// Sample is the email as one Profile would get it.
type Sample struct {
	Profile *store.Profile
	Out     render.Output
	err     error // why it cannot be rendered
}

// renderSample renders the carrier's email outside of any send, with links that do nothing.
func (tx *Tx) renderSample(carrier *Carrier, email *content, p *store.Profile) (Sample, error) {
	env, err := tx.env(p, map[string]any{"system": tx.previewState(carrier, email)})
	if err != nil {
		return Sample{}, err
	}
	out, err := email.template.Render(env, "")
	return Sample{p, out, err}, nil
}

// previewState returns /system of an email that is only shown, or sent as a test. Its links exist and lead nowhere.
func (tx *Tx) previewState(carrier *Carrier, email *content) map[string]any {
	system := map[string]any{"organization": map[string]any{"name": carrier.catalog.org.Name}}
	if email.sender != nil {
		system["sender"] = map[string]any{"name": carrier.displayName(email), "email": email.sender.Email}
	}
	if carrier.group != nil {
		system["unsubscribeUrl"] = tx.w.config.BaseURL() + "/u/test"
		system["preferencesUrl"] = tx.w.config.BaseURL() + "/p/test"
	}
	return system
}

// displayName returns the sender's name in the email: the carrier's name for it, else the Template's, else its own.
func (carrier *Carrier) displayName(email *content) string {
	spec := sendSpec{template: carrier.template, sender: email.sender, from: carrier.from}
	box, err := carrier.catalog.envelopeSender(&spec, email.template)
	if err != nil {
		return email.sender.Name // an unverified sender, from which nothing is sent
	}
	return box.Name
}
