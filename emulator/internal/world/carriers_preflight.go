package world

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The preflight: what keeps a carrier from leaving, and what its author should know. Decided here: what depends on the
// recipients is looked at in the mails of the first 500 of them by id. Ids are drawn at random, so that they are a fair
// sample.

const (
	sampleSize     = 500
	maxSubject     = 150        // characters
	maxHTML        = 102 * 1024 // bytes; where large mailbox providers cut a mail off
	maxSuppressed  = 0.2        // of the audience
	identicalSends = 24 * time.Hour
)

// PreflightFinding is a blocker or a warning.
type PreflightFinding struct {
	Code, Message string
	Details       map[string]any
}

// Preflight is what one found.
type Preflight struct {
	parts              boundParts // of what would go out now
	Hash               string     // of the parts
	Blockers, Warnings []PreflightFinding
	Audience           store.Audience
	content            *content
	samples            []Sample
}

// Ready reports whether there are no blockers.
func (p *Preflight) Ready() bool { return len(p.Blockers) == 0 }

// codes returns those of the blockers.
func (p *Preflight) codes() []string {
	codes := make([]string, len(p.Blockers))
	for i, b := range p.Blockers {
		codes[i] = b.Code
	}
	return codes
}

func (p *Preflight) block(code string, details map[string]any) {
	p.Blockers = append(p.Blockers, PreflightFinding{code, preflightTexts[code], details})
}

func (p *Preflight) warn(code string, details map[string]any) {
	p.Warnings = append(p.Warnings, PreflightFinding{code, preflightTexts[code], details})
}

// Preflight looks at everything that goes out, and to whom, as it is now. It writes nothing.
func (tx *Tx) Preflight(c *Carrier) (*Preflight, error) {
	p := &Preflight{Blockers: []PreflightFinding{}, Warnings: []PreflightFinding{}}
	var err error
	if p.content, err = tx.content(c); err != nil {
		return nil, err
	}
	if p.parts, err = c.contentParts(p.content); err != nil {
		return nil, err
	}
	if p.Hash, err = p.parts.contentHash(); err != nil {
		return nil, err
	}
	var who store.Recipients
	if p.Audience, who, err = tx.audience(c); err != nil {
		return nil, err
	}
	if err := tx.renderSamples(c, p, who); err != nil {
		return nil, err
	}
	p.checkAudience(c)
	p.checkContent(c)
	p.checkSender(c)
	p.checkMails(c)
	return p, tx.checkHistory(c, p)
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
		if profiles, err = tx.FirstEligible(who, sampleSize); err != nil {
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

func (p *Preflight) checkAudience(c *Carrier) {
	suppressed := 0
	for reason, n := range p.Audience.Skipped {
		if strings.HasPrefix(reason, store.SkipSuppressed) {
			suppressed += n
		}
	}
	missing := c.segment == nil && (c.Type == store.CarrierBroadcast || c.SegmentID != "")
	switch {
	case missing:
		p.block(reasonSegmentMissing, nil)
	case p.Audience.Eligible == 0 && suppressed > 0 && suppressed == p.Audience.Total:
		p.block(reasonAllRecipientsSuppressed, map[string]any{"suppressed": suppressed})
	case p.Audience.Eligible == 0:
		p.block(reasonNoRecipients, map[string]any{"audience": p.Audience.Total})
	}
	if share := float64(suppressed) / float64(max(p.Audience.Total, 1)); share > maxSuppressed {
		p.warn(reasonLargeSuppressedShare, map[string]any{"share": share})
	}
	if c.group == nil {
		p.block(reasonSubscriptionGroupMissing, nil)
	}
}

func (p *Preflight) checkContent(c *Carrier) {
	if p.content == nil {
		p.block(reasonTemplateMissing, nil)
		return
	}
	switch {
	case c.template.Status == store.Archived:
		p.block(reasonTemplateArchived, nil)
	case c.template.Purpose == store.Transactional:
		p.block(reasonPurposeTransactional, nil)
	}
	subject, body := p.content.template.Complete()
	if !subject {
		p.block(reasonSubjectEmpty, nil)
	}
	if !body {
		p.block(reasonBodyEmpty, nil)
	}
	if !p.content.hasWayOut() {
		p.block(reasonUnsubscribeLinkMissing, nil)
	}
}

func (p *Preflight) checkSender(c *Carrier) {
	var from *sender
	if p.content != nil {
		from = p.content.sender
	} else {
		from = c.sender(mail.Address{})
	}
	switch {
	case from == nil:
		p.block(reasonSenderMissing, nil)
	case !from.verified:
		p.block(reasonDomainUnverified, map[string]any{"domain": mail.Domain(from.Email)})
	}
	if from != nil && !c.catalog.dmarc[mail.Domain(from.Email)] {
		p.warn(reasonDMARCMissing, map[string]any{"domain": mail.Domain(from.Email)})
	}
}

// checkMails looks at the mails as recipients would get them.
func (p *Preflight) checkMails(c *Carrier) {
	if p.content == nil {
		return
	}
	unusable, longest, largest, addressed := 0, 0, 0, c.catalog.org.PostalAddress != ""
	for _, s := range p.samples {
		if s.err != nil || strings.TrimSpace(s.Out.Subject) == "" {
			unusable++
			continue
		}
		longest = max(longest, utf8.RuneCountInString(s.Out.Subject))
		largest = max(largest, len(s.Out.HTML))
	}
	subject, body := p.content.template.Complete()
	if unusable == len(p.samples) && p.Audience.Eligible > 0 && subject && body {
		p.block(reasonRenderFailed, map[string]any{"recipients": unusable})
	}
	if shares := missingShares(p.samples); len(shares) > 0 && p.Audience.Eligible > 0 {
		p.warn(reasonBindingsMissing, map[string]any{"sampled": len(p.samples), "missing": shares})
	}
	if longest > maxSubject {
		p.warn(reasonSubjectLong, map[string]any{"characters": longest, "limit": maxSubject})
	}
	if largest > maxHTML {
		p.warn(reasonHTMLSize, map[string]any{"bytes": largest, "limit": maxHTML})
	}
	first := p.samples[0].Out
	if addressed = addressed && strings.Contains(letters(first.HTML+first.Text), letters(c.catalog.org.PostalAddress)); !addressed {
		p.warn(reasonPostalAddressMissing, nil)
	}
}

// letters leaves of a text what two ways of setting an address have in common.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// checkHistory looks at what was sent before.
func (tx *Tx) checkHistory(c *Carrier, p *Preflight) error {
	if c.TestedHash != p.Hash {
		p.warn(reasonTestNotSent, nil)
	}
	alike, err := tx.SentSameContent(c.Carrier, p.Hash, tx.Now.Add(-identicalSends))
	if alike {
		p.warn(reasonIdenticalRecentSend, nil)
	}
	return err
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
