package carriers

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// Decided here: the checks that depend on the recipients use the emails of the first SampleSize of them by id. Ids are
// drawn at random, so these are a fair sample.

// SampleSize is how many recipients' emails a preflight renders.
const SampleSize = 500

// Recent is how long ago an identical email to an identical audience causes a warning.
const Recent = 24 * time.Hour

// The limits of one email. Mail programs cut off what is longer.
const (
	MaxSubject = 150        // characters
	MaxHTML    = 102 * 1024 // bytes
)

const (
	maxSuppressed = 0.2 // of the audience
	maxDeadLinks  = 20  // in the details of the warning
)

// Mailing describes what would be sent now, and to whom, for the checks of a preflight.
type Mailing struct {
	SegmentMissing, GroupMissing bool
	Total, Eligible, Suppressed  int // Profiles of the audience

	Content *Content // nil if there is no Template
	Sender  *Sender  // nil if there is none

	PostalAddress string // the Organization's
	Tested        bool   // this content was sent as a test
	Repeated      bool   // this content went to this audience within Recent
}

// Content is the Template of a Mailing.
type Content struct {
	Template                *render.Template
	Archived, Transactional bool
	Samples                 []Rendered // at least one; if there are no recipients, the email to an empty Profile
}

// HasUnsubscribeLink reports whether the email shows a link with which a reader can unsubscribe.
func HasUnsubscribeLink(t *render.Template) bool {
	return t.Shows("/system/unsubscribeUrl") || t.Shows("/system/preferencesUrl")
}

// Rendered is the email as one recipient would get it. Err is why it cannot be rendered.
type Rendered struct {
	render.Output
	Err error
}

// Sender is the sender of a Mailing.
type Sender struct {
	Domain          string
	Verified, DMARC bool
}

// Finding is a blocker or a warning. Fix says what to do about it.
type Finding struct {
	Code, Message, Fix string
	Details            map[string]any
}

// Findings are the blockers and the warnings of a preflight.
type Findings struct{ Blockers, Warnings []Finding }

// Ready reports whether there are no blockers.
func (f *Findings) Ready() bool { return len(f.Blockers) == 0 }

// Codes returns the codes of the blockers.
func (f *Findings) Codes() []string {
	codes := make([]string, len(f.Blockers))
	for i, blocker := range f.Blockers {
		codes[i] = blocker.Code
	}
	return codes
}

func (f *Findings) block(why Reason, details map[string]any) {
	f.Blockers = append(f.Blockers, Finding{why.Code, why.Text, why.Fix, details})
}

func (f *Findings) warn(why Reason, details map[string]any) {
	f.Warnings = append(f.Warnings, Finding{why.Code, why.Text, why.Fix, details})
}

// Check makes the checks of a preflight.
func Check(m *Mailing) Findings {
	f := Findings{Blockers: []Finding{}, Warnings: []Finding{}}
	f.checkAudience(m)
	f.checkContent(m)
	f.checkSender(m)
	f.checkSamples(m)

	if !m.Tested {
		f.warn(testNotSent, nil)
	}
	if m.Repeated {
		f.warn(identicalRecentSend, nil)
	}
	return f
}

func (f *Findings) checkAudience(m *Mailing) {
	switch {
	case m.SegmentMissing:
		f.block(segmentMissing, nil)
	case m.Eligible == 0 && m.Suppressed > 0 && m.Suppressed == m.Total:
		f.block(allRecipientsSuppressed, map[string]any{"suppressed": m.Suppressed})
	case m.Eligible == 0:
		f.block(noRecipients, map[string]any{"audience": m.Total})
	}

	if share := float64(m.Suppressed) / float64(max(m.Total, 1)); share > maxSuppressed {
		f.warn(largeSuppressedShare, map[string]any{"share": share})
	}
	if m.GroupMissing {
		f.block(SubscriptionGroupMissing, nil)
	}
}

func (f *Findings) checkContent(m *Mailing) {
	if m.Content == nil {
		f.block(TemplateMissing, nil)
		return
	}
	switch {
	case m.Content.Archived:
		f.block(TemplateArchived, nil)
	case m.Content.Transactional:
		f.block(purposeTransactional, nil)
	}

	subject, body := m.Content.Template.Complete()
	if !subject {
		f.block(subjectEmpty, nil)
	}
	if !body {
		f.block(bodyEmpty, nil)
	}
	if !HasUnsubscribeLink(m.Content.Template) {
		f.block(unsubscribeLinkMissing, nil)
	}
	if dead := m.Content.Template.DeadLinks(); len(dead) > 0 {
		f.warn(linkDead, map[string]any{"count": len(dead), "links": dead[:min(len(dead), maxDeadLinks)]})
	}
}

func (f *Findings) checkSender(m *Mailing) {
	if m.Sender == nil {
		f.block(SenderMissing, nil)
		return
	}
	if !m.Sender.Verified {
		f.block(domainUnverified, map[string]any{"domain": m.Sender.Domain})
	}
	if !m.Sender.DMARC {
		f.warn(dmarcMissing, map[string]any{"domain": m.Sender.Domain})
	}
}

// checkSamples checks the emails as recipients would get them.
func (f *Findings) checkSamples(m *Mailing) {
	if m.Content == nil {
		return
	}
	unusable, longest, largest := 0, 0, 0
	for _, sample := range m.Content.Samples {
		if sample.Err != nil || strings.TrimSpace(sample.Subject) == "" {
			unusable++
			continue
		}
		longest = max(longest, utf8.RuneCountInString(sample.Subject))
		largest = max(largest, len(sample.HTML))
	}

	subject, body := m.Content.Template.Complete()
	if unusable == len(m.Content.Samples) && m.Eligible > 0 && subject && body {
		f.block(renderFailed, map[string]any{"recipients": unusable})
	}
	if shares := missingShares(m.Content.Samples); len(shares) > 0 && m.Eligible > 0 {
		f.warn(bindingsMissing, map[string]any{"sampled": len(m.Content.Samples), "missing": shares})
	}
	if longest > MaxSubject {
		f.warn(subjectLong, map[string]any{"characters": longest, "limit": MaxSubject})
	}
	if largest > MaxHTML {
		f.warn(htmlSize, map[string]any{"bytes": largest, "limit": MaxHTML})
	}
	if first := m.Content.Samples[0]; !shows(first.HTML+first.Text, m.PostalAddress) {
		f.warn(postalAddressMissing, nil)
	}
}

// missingShares returns the bindings that found nothing, each with its share of the emails.
func missingShares(samples []Rendered) []map[string]any {
	counts := map[render.Missing]int{}
	for _, sample := range samples {
		for _, missing := range sample.Missing {
			counts[missing]++
		}
	}
	places := slices.SortedFunc(maps.Keys(counts), func(a, b render.Missing) int {
		return slices.Compare([]string{a.Path, a.Element, a.Prop}, []string{b.Path, b.Element, b.Prop})
	})
	shares := make([]map[string]any, len(places))
	for i, place := range places {
		shares[i] = map[string]any{
			"path":    place.Path,
			"element": place.Element,
			"prop":    place.Prop,
			"share":   float64(counts[place]) / float64(len(samples)),
		}
	}
	return shares
}

// shows reports whether a text contains a postal address, whatever its line breaks and punctuation. No text contains
// an empty address.
func shows(text, address string) bool {
	return address != "" && strings.Contains(letters(text), letters(address))
}

// letters returns the letters and digits of a text in lower case. These are the same in all layouts of an address.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
