package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/carrier"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The preflight: what keeps a carrier from leaving, and what its author should know. Package carrier has its checks.

// Preflight is what one found.
type Preflight struct {
	carrier.Findings
	Audience store.Audience
	Hash     string // of the parts

	parts   carrier.Parts // of what would go out now
	content *content
	samples []Sample
}

// Preflight looks at everything that goes out, and to whom, as it is now. It writes nothing.
func (tx *Tx) Preflight(c *Carrier) (*Preflight, error) {
	p := &Preflight{}
	var err error
	if p.content, err = tx.content(c); err != nil {
		return nil, err
	}
	if p.parts, err = c.contentParts(p.content); err != nil {
		return nil, err
	}
	if p.Hash, err = p.parts.Hash(); err != nil {
		return nil, err
	}
	var who store.Recipients
	if p.Audience, who, err = tx.audience(c); err != nil {
		return nil, err
	}
	if err := tx.renderSamples(c, p, who); err != nil {
		return nil, err
	}
	mailing := p.mailing(c)
	if mailing.Repeated, err = tx.SentAlike(c.Carrier, p.Hash, tx.Now.Add(-carrier.Recent)); err != nil {
		return nil, err
	}
	p.Findings = carrier.Check(mailing)
	return p, nil
}

// renderSamples renders the mail for the first recipients. Where there is none, a stand-in shows what does not depend on
// them.
func (tx *Tx) renderSamples(c *Carrier, p *Preflight, who store.Recipients) error {
	if p.content == nil {
		return nil
	}
	profiles := []store.Profile{{}}
	if p.Audience.Eligible > 0 {
		var err error
		if profiles, err = tx.FirstEligible(who, carrier.SampleSize); err != nil {
			return err
		}
	}
	for i := range profiles {
		s, err := tx.renderSample(c, p.content, &profiles[i])
		if err != nil {
			return err
		}
		p.samples = append(p.samples, s)
	}
	return nil
}

// mailing describes for the checks what would go out, and to whom.
func (p *Preflight) mailing(c *Carrier) *carrier.Mailing {
	m := &carrier.Mailing{
		SegmentMissing: c.segment == nil && (c.Type == store.CarrierBroadcast || c.SegmentID != ""),
		GroupMissing:   c.group == nil,
		Total:          p.Audience.Total,
		Eligible:       p.Audience.Eligible,
		PostalAddress:  c.catalog.org.PostalAddress,
		Tested:         c.TestedHash == p.Hash,
	}
	for reason, n := range p.Audience.Skipped {
		if strings.HasPrefix(reason, store.SkipSuppressed) {
			m.Suppressed += n
		}
	}

	from := c.sender(mail.Address{})
	if p.content != nil {
		from = p.content.sender
		m.Content = &carrier.Content{
			Template:      p.content.template,
			Archived:      c.template.Status == store.Archived,
			Transactional: c.template.Purpose == store.Transactional,
		}
		for _, s := range p.samples {
			m.Content.Samples = append(m.Content.Samples, carrier.Rendered{Output: s.Out, Err: s.err})
		}
	}
	if from != nil {
		domain := mail.Domain(from.Email)
		m.Sender = &carrier.Sender{Domain: domain, Verified: from.verified, DMARC: c.catalog.dmarc[domain]}
	}
	return m
}

// unblocked is the preflight of a carrier that is to leave; blockers refuse it.
func (tx *Tx) unblocked(c *Carrier) (*Preflight, error) {
	p, err := tx.Preflight(c)
	if err != nil || p.Ready() {
		return p, err
	}
	refusal := unacceptable(reasonPreflightFailed, "The preflight has blockers.")
	refusal.Details["blockers"] = p.Blockers
	return nil, refusal
}

// Preview is the audience of a carrier as it is now, its first recipients, and the mail as one Profile would get it.
type Preview struct {
	Audience   store.Audience
	Recipients []store.Profile
	Sample     *Sample // nil if nothing can be rendered
}

// PreviewCarrier shows the audience and one mail as of now: for the Profile with this id, or the first recipient.
func (tx *Tx) PreviewCarrier(c *Carrier, profileID string, limit int) (*Preview, error) {
	what, err := tx.content(c)
	if err != nil {
		return nil, err
	}
	shown := &Preview{}
	var who store.Recipients
	if shown.Audience, who, err = tx.audience(c); err != nil {
		return nil, err
	}
	var profile *store.Profile
	if shown.Audience.Eligible > 0 {
		if shown.Recipients, err = tx.FirstEligible(who, limit); err != nil {
			return nil, err
		}
		profile = &shown.Recipients[0]
	}
	if profileID != "" {
		if profile, err = tx.ProfileWith(profileID); err != nil {
			return nil, err
		}
	}
	if what == nil || profile == nil {
		return shown, nil
	}
	s, err := tx.renderSample(c, what, profile)
	if err == nil && s.err == nil {
		shown.Sample = &s
	}
	return shown, err
}
