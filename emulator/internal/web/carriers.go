package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has what the pages of confirmations, Broadcasts and NewsletterIssues have in common: what a carrier would
// send now, and to whom.

// carrierKind is a type of carrier: its name, the path of its pages, and the SDK's service.
type carrierKind struct{ Type, Noun, Path, Service string }

func kindOf(carrierType string) carrierKind {
	noun := world.CarrierNouns[carrierType]
	if carrierType == world.CarrierNewsletterIssue {
		return carrierKind{carrierType, noun, "/dashboard/issues", "NewsletterIssues"}
	}
	return carrierKind{carrierType, noun, "/dashboard/broadcasts", "Broadcasts"}
}

// titleOf returns the carrier's name. One without a name that can be read has that of its kind.
func titleOf(carrier *world.Carrier) string {
	switch noun := world.CarrierNouns[carrier.Type]; {
	case strings.ContainsFunc(carrier.Name, unicode.IsGraphic) && strings.TrimSpace(carrier.Name) != "":
		return carrier.Name
	case carrier.Number > 0:
		return noun + " " + strconv.Itoa(carrier.Number)
	default:
		return noun + " without a name"
	}
}

// mailing is what a carrier would send now, and to whom. Frame is the path of the email's HTML.
type mailing struct {
	*world.Preflight
	Carrier    *world.Carrier
	Skipped    []skip
	Warns      []warning
	Recipients []*world.Profile // the first ones
	For        string           // the recipient that the reader has chosen
	Refused    string           // why the email to the chosen one is not shown, "" if it is
	Sample     *world.Sample    // nil if nothing can be rendered
	Missing    []string         // the bindings that have nothing to print in the sample
	Frame      string
	ImagesPath string // see unloaded
}

const firstRecipients = 10

// LeftOut returns how many Profiles of the audience are skipped.
func (m *mailing) LeftOut() int { return m.Audience.Total - m.Audience.Eligible }

// More returns how many recipients are not named.
func (m *mailing) More() int { return m.Audience.Eligible - len(m.Recipients) }

// skip is how many Profiles of the audience do not get the email for one reason, which is one of the API's skip
// reasons.
type skip struct {
	Reason string
	Count  int
}

func skips(counts map[string]int) (all []skip) {
	for _, reason := range slices.Sorted(maps.Keys(counts)) {
		all = append(all, skip{reason, counts[reason]})
	}
	return all
}

// warning is a warning of the preflight. A binding without a value has one for each path.
type warning struct {
	world.PreflightFinding
	Path, Places string // of a binding
	Share        string // of the recipients, in words; "" for other warnings
}

// Name identifies the warning: the code, and the path of a binding.
func (w *warning) Name() string { return strings.TrimSpace(w.Code + " " + gateway.Clip(w.Path, 100)) }

// Ack is the value of the form field with which a person acknowledges the warning. The digest takes any path through
// any browser unchanged.
func (w *warning) Ack() string {
	if w.Path == "" {
		return w.Code
	}
	digest := sha256.Sum256([]byte(w.Path))
	return w.Code + ":" + hex.EncodeToString(digest[:8])
}

// warningsOf returns the warnings of a preflight.
func warningsOf(preflight *world.Preflight) (all []warning) {
	for _, found := range preflight.Warnings {
		places, _ := found.Details["missing"].([]map[string]any)
		if len(places) == 0 {
			all = append(all, warning{PreflightFinding: found, Share: shareOf(found.Details["share"], "audience")})
			continue
		}
		whole := "recipients"
		if sampled, _ := found.Details["sampled"].(int); sampled < preflight.Audience.Eligible {
			whole = "first " + format.Count(sampled) + " recipients"
		}
		all = append(all, bindings(found, places, whole)...)
	}
	return all
}

// bindings returns a warning for each path of the places, which are sorted by their paths.
func bindings(found world.PreflightFinding, places []map[string]any, whole string) (all []warning) {
	for _, place := range places {
		path, _ := place["path"].(string)
		where := strings.TrimSpace(fmt.Sprintf("%v %v", place["element"], place["prop"]))
		if last := len(all) - 1; last >= 0 && all[last].Path == path {
			all[last].Places += ", " + where
			continue
		}
		all = append(all, warning{found, path, where, shareOf(place["share"], whole)})
	}
	return all
}

// shareOf returns a share in words, "" if there is none. It rounds neither to nobody nor to everybody.
func shareOf(share any, whole string) string {
	part, ok := share.(float64)
	if !ok {
		return ""
	}
	percent := strconv.FormatFloat(part*100, 'f', 0, 64) + " %"
	switch {
	case part > 0 && part < 0.01:
		percent = "less than 1 %"
	case part > 0.99 && part < 1:
		percent = "more than 99 %"
	}
	return percent + " of the " + whole
}

// mailingOf returns what a carrier would send now. It runs the preflight once. base is the path of the page that shows
// it, and of the frame below. The query names the recipient of the sample.
func mailingOf(v *visit, tx *world.Tx, carrier *world.Carrier, base string) (*mailing, error) {
	chosen := v.r.URL.Query().Get("for")
	preflight, err := tx.Preflight(carrier)
	if err != nil {
		return nil, err
	}
	m := &mailing{
		Preflight:  preflight,
		Carrier:    carrier,
		Skipped:    skips(preflight.Audience.Skipped),
		Warns:      warningsOf(preflight),
		Recipients: preflight.First(firstRecipients),
		For:        chosen,
	}
	if chosen != "" {
		if m.Sample, m.Refused, err = chosenSample(tx, carrier, chosen); err != nil {
			return nil, err
		}
	}
	if m.Sample == nil && len(m.Recipients) > 0 {
		if m.Sample, _, err = tx.SampleFor(carrier, m.Recipients[0]); err != nil {
			return nil, err
		}
	}
	if m.Sample == nil {
		return m, nil
	}

	if m.Sample.Out.HTML != "" {
		m.Frame = base + "/content?for=" + m.Sample.Profile.ID
		m.ImagesPath = unloaded(v, m.Sample.Out.HTML)
		if v.r.URL.Query().Has("images") {
			m.Frame += "&images=1"
		}
	}
	for _, missing := range m.Sample.Out.Missing {
		m.Missing = append(m.Missing, missing.Path+" in "+strings.TrimSpace(missing.Element+" "+missing.Prop))
	}
	return m, nil
}

// chosenSample returns the email as the recipient that a reader names would get it, or why that one gets none.
func chosenSample(tx *world.Tx, carrier *world.Carrier, who string) (*world.Sample, string, error) {
	p, err := profileNamed(tx, who)
	if err != nil {
		return nil, "", err
	}
	who = gateway.Clip(who, 100)
	if p == nil {
		return nil, fmt.Sprintf("No Profile has the email, id or externalId “%s”.", who), nil
	}
	sample, skip, err := tx.SampleFor(carrier, p)
	switch {
	case err != nil || sample != nil:
		return sample, "", err
	case skip == world.NotInAudience:
		return nil, fmt.Sprintf("“%s” is not in the audience.", who), nil
	case skip != "":
		return nil, fmt.Sprintf("“%s” is in the audience, but gets nothing: %s.", who, why(skip)), nil
	}
	return nil, fmt.Sprintf("The email to “%s” cannot be rendered.", who), nil
}

// profileNamed returns the Profile with this email, id or externalId, or nil if there is none.
func profileNamed(tx *world.Tx, who string) (*world.Profile, error) {
	who = strings.TrimSpace(who)
	if who == "" {
		return nil, nil
	}
	for _, find := range []func() (*world.Profile, error){
		func() (*world.Profile, error) { return tx.ProfileByEmail(strings.ToLower(who)) },
		func() (*world.Profile, error) { return tx.Profile(strings.ToLower(who)) },
		func() (*world.Profile, error) { return tx.ProfileByExternalID(who) },
	} {
		if p, err := find(); p != nil || err != nil {
			return p, err
		}
	}
	return nil, nil
}

// content serves the email of a carrier for the frame: to the chosen recipient, else to the first one. The email of a
// carrier that was sent is that of its first EmailSend.
func content(v *visit, find func(tx *world.Tx) (*world.Carrier, error)) error {
	html, sent := "", ""
	err := v.act(func(tx *world.Tx) error {
		carrier, err := find(tx)
		if err != nil {
			return err
		}
		if carrier.Audience != nil {
			sent, err = firstSent(tx, carrier)
			return err
		}
		p, err := profileNamed(tx, v.r.URL.Query().Get("for"))
		if err != nil {
			return err
		}
		if p == nil {
			preview, err := tx.PreviewCarrier(carrier, "", 1)
			if err == nil && preview.Sample != nil {
				html = preview.Sample.Out.HTML
			}
			return err
		}
		sample, _, err := tx.SampleFor(carrier, p)
		if err == nil && sample != nil {
			html = sample.Out.HTML
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case sent != "":
		http.Redirect(v.w, v.r, sent+"/html", http.StatusSeeOther)
		return nil
	case html == "":
		return v.missing()
	}
	v.frame(html)
	return nil
}

// firstSent returns the path of the first email of a carrier that was sent, "" if there is none.
func firstSent(tx *world.Tx, carrier *world.Carrier) (string, error) {
	first, err := tx.FirstSent(carrier.Carrier)
	if err != nil || first == nil {
		return "", err
	}
	return "/dashboard/mail/" + first.ID, nil
}
