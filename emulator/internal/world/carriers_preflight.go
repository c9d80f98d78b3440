package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The preflight: why a carrier cannot be sent, and what its author should know. Package carriers has its checks.

// Preflight is the result of a preflight.
type Preflight struct {
	carriers.Findings
	Audience store.Audience
	Hash     string // of the parts
	Sender   confirmationSender
	ReplyTo  []string // where replies go, empty if they go to the sender
	Tested   bool     // this content was sent as a test

	parts   carriers.Parts // of what would be sent now
	content *content
	samples []Sample
}

// Preflight checks everything that would be sent, and the audience, as they are now. It writes nothing.
func (tx *Tx) Preflight(carrier *Carrier) (*Preflight, error) {
	preflight := &Preflight{}
	var err error
	if preflight.content, err = tx.content(carrier); err != nil {
		return nil, err
	}
	if preflight.parts, err = carrier.contentParts(preflight.content); err != nil {
		return nil, err
	}
	if preflight.Hash, err = preflight.parts.Hash(); err != nil {
		return nil, err
	}

	var who store.Recipients
	if preflight.Audience, who, err = tx.audience(carrier); err != nil {
		return nil, err
	}
	if err := tx.renderSamples(carrier, preflight, who); err != nil {
		return nil, err
	}

	if preflight.content != nil {
		preflight.Sender = carrier.confirmationSender(preflight.content)
		box, _, err := carrier.replyAddresses(preflight.content.template)
		if err != nil {
			return nil, err
		}
		if preflight.ReplyTo = carrier.ReplyTo; box != nil && len(carrier.ReplyTo) < 2 {
			preflight.ReplyTo = []string{mailAddress(*box).String()}
		}
	}

	preflight.Tested = carrier.TestedHash == preflight.Hash
	mailing := preflight.mailing(carrier)
	since := tx.Now.Add(-carriers.Recent)
	if mailing.Repeated, err = tx.SentSameContent(carrier.Carrier, preflight.Hash, since); err != nil {
		return nil, err
	}
	preflight.Findings = carriers.Check(mailing)
	return preflight, nil
}

// renderSamples renders the emails of the first recipients. If there are no recipients, it renders one for an empty
// Profile, which shows what does not depend on them.
func (tx *Tx) renderSamples(carrier *Carrier, preflight *Preflight, who store.Recipients) error {
	if preflight.content == nil {
		return nil
	}
	profiles := []store.Profile{{}}
	if preflight.Audience.Eligible > 0 {
		var err error
		if profiles, err = tx.FirstEligible(who, carriers.SampleSize); err != nil {
			return err
		}
	}
	for i := range profiles {
		sample, err := tx.renderSample(carrier, preflight.content, &profiles[i])
		if err != nil {
			return err
		}
		preflight.samples = append(preflight.samples, sample)
	}
	return nil
}

// mailing describes what would be sent, and the audience, for the checks.
func (preflight *Preflight) mailing(carrier *Carrier) *carriers.Mailing {
	mailing := &carriers.Mailing{
		SegmentMissing: carrier.segment == nil && (carrier.Type == store.CarrierBroadcast || carrier.SegmentID != ""),
		GroupMissing:   carrier.group == nil,
		Total:          preflight.Audience.Total,
		Eligible:       preflight.Audience.Eligible,
		PostalAddress:  carrier.catalog.org.PostalAddress,
		Tested:         preflight.Tested,
	}
	for reason, n := range preflight.Audience.Skipped {
		if strings.HasPrefix(reason, store.SkipSuppressed) {
			mailing.Suppressed += n
		}
	}

	from := carrier.sender(mail.Address{})
	if preflight.content != nil {
		from = preflight.content.sender
		mailing.Content = &carriers.Content{
			Template:      preflight.content.template,
			Archived:      carrier.template.Status == store.Archived,
			Transactional: carrier.template.Purpose == store.Transactional,
		}
		for _, sample := range preflight.samples {
			rendered := carriers.Rendered{Output: sample.Out, Err: sample.err}
			mailing.Content.Samples = append(mailing.Content.Samples, rendered)
		}
	}
	if from != nil {
		domain := mail.Domain(from.Email)
		mailing.Sender = &carriers.Sender{Domain: domain, Verified: from.verified, DMARC: carrier.catalog.dmarc(domain)}
	}
	return mailing
}

// First returns the first recipients, by id, at most the size of the preflight's sample.
func (preflight *Preflight) First(limit int) []*store.Profile {
	found := []*store.Profile{}
	for i := range preflight.samples[:min(limit, preflight.Audience.Eligible, len(preflight.samples))] {
		found = append(found, preflight.samples[i].Profile)
	}
	return found
}

// readyPreflight returns the preflight of a carrier that is about to be sent, and refuses one with blockers.
func (tx *Tx) readyPreflight(carrier *Carrier) (*Preflight, error) {
	preflight, err := tx.Preflight(carrier)
	if err != nil || preflight.Ready() {
		return preflight, err
	}
	refusal := unacceptable(reasonPreflightFailed, "The preflight has blockers.")
	refusal.Details["blockers"] = preflight.Blockers
	return nil, refusal
}

// Preview is the audience of a carrier as it is now, its first recipients, and the email as one Profile would get it.
type Preview struct {
	Audience   store.Audience
	Recipients []store.Profile
	Sample     *Sample // nil if nothing can be rendered
}

// PreviewCarrier returns the audience and one email as of now: the email of the Profile with this id, or of the first
// recipient if the id is "".
func (tx *Tx) PreviewCarrier(carrier *Carrier, profileID string, limit int) (*Preview, error) {
	email, err := tx.content(carrier)
	if err != nil {
		return nil, err
	}
	shown := &Preview{}
	var who store.Recipients
	if shown.Audience, who, err = tx.audience(carrier); err != nil {
		return nil, err
	}

	var p *store.Profile
	if shown.Audience.Eligible > 0 {
		if shown.Recipients, err = tx.FirstEligible(who, limit); err != nil {
			return nil, err
		}
		p = &shown.Recipients[0]
	}
	if profileID != "" {
		if p, err = tx.ProfileWith(profileID); err != nil {
			return nil, err
		}
	}

	if email == nil || p == nil {
		return shown, nil
	}
	sample, err := tx.renderSample(carrier, email, p)
	if err == nil && sample.err == nil {
		shown.Sample = &sample
	}
	return shown, err
}

// NotInAudience is why a Profile gets no email that SampleFor could return.
const NotInAudience = "not_in_audience"

// SampleFor returns the email as one recipient would get it now. If the Profile would get none, skip is NotInAudience
// or a skip reason. If the email cannot be rendered for it, both are empty.
func (tx *Tx) SampleFor(carrier *Carrier, p *store.Profile) (sample *Sample, skip string, err error) {
	who, ok, err := tx.recipients(carrier)
	if err != nil || !ok {
		return nil, NotInAudience, err
	}
	skip, member, err := tx.AudienceSkip(who, p.ID)
	if err == nil && !member {
		skip = NotInAudience
	}
	if err != nil || skip != "" {
		return nil, skip, err
	}
	email, err := tx.content(carrier)
	if err != nil || email == nil {
		return nil, "", err
	}
	rendered, err := tx.renderSample(carrier, email, p)
	if err != nil || rendered.err != nil {
		return nil, "", err
	}
	return &rendered, "", nil
}
