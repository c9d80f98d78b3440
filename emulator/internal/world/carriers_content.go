package world

import (
	"encoding/json"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What a carrier sends, and to whom.

// content is the mail of a carrier: its Template with the carrier's own subject in it.
type content struct {
	definition json.RawMessage
	template   *render.Template
	sender     *sender
}

// content is nil while the carrier has no Template.
func (tx *Tx) content(c *Carrier) (*content, error) {
	if c.template == nil {
		return nil, nil
	}
	definition, err := tx.Snapshot(c.template.SnapshotID)
	if err != nil {
		return nil, err
	}
	var t *render.Template
	if c.Subject == "" {
		t, err = tx.snapshot(c.template.SnapshotID)
	} else {
		definition, t, err = c.ownSubject(definition)
	}
	if err != nil {
		return nil, err
	}
	own, _ := mail.ParseAddress(t.From())
	return &content{definition: definition, template: t, sender: c.sender(own)}, nil
}

// ownSubject is the Template's definition with the carrier's subject in it, and what that compiles to.
func (c *Carrier) ownSubject(definition json.RawMessage) (json.RawMessage, *render.Template, error) {
	definition, err := render.WithSubject(definition, c.Subject)
	if err != nil {
		return nil, nil, err
	}
	t, findings := render.Parse(definition)
	if len(findings) > 0 {
		return nil, nil, errors.New("carrier " + c.ID + ": " + findings[0].Path + " " + findings[0].Message)
	}
	return definition, t, nil
}

// freeze is the snapshot that the carrier's mail is made from: the Template's own where nothing is changed about it.
func (tx *Tx) freeze(c *Carrier, what *content) (string, error) {
	if c.Subject == "" {
		return c.template.SnapshotID, nil
	}
	return tx.AddSnapshot(c.template.ID, what.definition)
}

// recipients are who the carrier goes to: the Segment's members, or the Newsletter's subscribers, narrowed by the Segment
// where there is one. ok is false while that is not decided.
func (tx *Tx) recipients(c *Carrier) (who store.Recipients, ok bool, err error) {
	who = c.consenting()
	who.Members = store.Filter{SQL: "true"}
	switch {
	case c.segment != nil:
		who.Members, err = tx.segmentFilter(c.segment)
	case c.SegmentID != "", c.Type == store.CarrierBroadcast:
		return who, false, nil // gone, or not chosen yet
	}
	who.Subscribers = c.Type == store.CarrierNewsletterIssue
	return who, !who.Subscribers || c.group != nil, err
}

// consenting says whose consent decides, and how.
func (c *Carrier) consenting() store.Recipients {
	if c.group == nil {
		return store.Recipients{}
	}
	return store.Recipients{Group: c.group.ID, OptIn: c.group.Policy == store.OptIn}
}

// audience counts the recipients as they are now.
func (tx *Tx) audience(c *Carrier) (store.Audience, store.Recipients, error) {
	who, ok, err := tx.recipients(c)
	if err != nil || !ok {
		return store.Audience{Skipped: map[string]int{}}, who, err
	}
	counts, err := tx.CountAudience(who)
	return counts, who, err
}

// Sample is the mail as one Profile would get it.
type Sample struct {
	Profile *store.Profile
	Out     render.Output
	err     error // why it cannot be rendered
}

// renderSample renders the carrier's mail outside of any send, with links that do nothing.
func (tx *Tx) renderSample(c *Carrier, what *content, p *store.Profile) (Sample, error) {
	env, err := tx.env(p, map[string]any{"system": tx.inertState(c, what)})
	if err != nil {
		return Sample{}, err
	}
	out, err := what.template.Render(env, "")
	return Sample{p, out, err}, nil
}

// inertState is /system of a mail that is only shown, or sent as a test: its links exist and lead nowhere.
func (tx *Tx) inertState(c *Carrier, what *content) map[string]any {
	system := map[string]any{"organization": map[string]any{"name": c.catalog.org.Name}}
	if what.sender != nil {
		system["sender"] = map[string]any{"name": c.displayName(what), "email": what.sender.Email}
	}
	if c.group != nil {
		system["unsubscribeUrl"], system["preferencesUrl"] = tx.w.config.BaseURL()+"/u/test", tx.w.config.BaseURL()+"/p/test"
	}
	return system
}

// displayName is how the sender signs: the carrier's name for it, else the Template's, else its own.
func (c *Carrier) displayName(what *content) string {
	spec := sendSpec{template: c.template, sender: what.sender, from: c.from}
	box, err := c.catalog.envelopeSender(&spec, what.template)
	if err != nil {
		return what.sender.Name // an unverified one, which goes nowhere
	}
	return box.Name
}
