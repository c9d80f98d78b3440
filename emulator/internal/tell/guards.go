package tell

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file writes what guards report.

// Noticed is something that a guard has found. Subject is what it was found in, What is what was found, and Advice is
// what to do about it, a line each. What a guard finds in several subjects, it reports once.
type Noticed struct {
	Subject, What string
	Advice        []string
}

// Notice describes a refusal.
func (refusal *Refusal) Notice() Noticed {
	name := cmp.Or(refusal.Operation, refusal.Method+" "+refusal.Path)
	why := withReason(refusal.Code, refusal.Reason)
	if len(refusal.Issues) > 0 {
		why += ": " + strings.Join(refusal.Issues, ", ")
	}
	expect := fmt.Sprintf("try: emu.Expect(%q) before the call, if the test wants this answer", refusal.Code)
	found := Noticed{What: fmt.Sprintf("%s %d %s", name, refusal.Status, why), Advice: []string{expect}}
	if refusal.Item {
		found.What = fmt.Sprintf("%s rejected an item: %s", name, why)
		found.Subject = fmt.Sprintf("item %d (key %q)", refusal.Index, refusal.Key)
	}
	help := cmp.Or(advice[refusal.Reason], advice[refusal.Code+" "+refusal.Reason], advice[refusal.Code])
	if help != "" {
		found.Advice = []string{"try: " + help, expect}
	}
	return found
}

// MissingIn describes the missing bindings of an email that was sent.
func MissingIn(tx *world.Tx, sent *world.SentMail) ([]Noticed, error) {
	var missing []render.Missing
	if err := json.Unmarshal(sent.Missing, &missing); err != nil {
		return nil, fmt.Errorf("message %s: missing: %w", sent.MessageID, err)
	}
	template, err := tx.TemplateKey(sent.TemplateID)
	if err != nil {
		return nil, err
	}
	found := make([]Noticed, len(missing))
	for i, binding := range missing {
		place := "its " + binding.Prop
		if binding.Element != "" {
			place = fmt.Sprintf("the element %s, prop %s", binding.Element, binding.Prop)
		}
		found[i] = Noticed{
			Subject: describeSent(sent),
			What: fmt.Sprintf("Template %s: %s had nothing to print in %s", template,
				cmp.Or(binding.Path, "a binding"), place),
			Advice: []string{"try: " + fill(binding.Path, sent.CarrierType)},
		}
	}
	return found, nil
}

// describeSent names an email that was sent.
func describeSent(sent *world.SentMail) string {
	text := fmt.Sprintf("message %s to %s", sent.MessageID, cmp.Or(sent.To, "a deleted Profile"))
	if sent.CarrierType != world.CarrierEmail {
		text += fmt.Sprintf(" of %s %s", sent.CarrierType, sent.CarrierID)
	}
	return text
}

// fill returns where the value of a binding comes from.
func fill(path, carrier string) string {
	root, member, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	call := ""
	switch {
	case root == "data" && carrier == world.CarrierJourney:
		return fmt.Sprintf("%q in Variables in the call of Journeys.Trigger, or /event/%s in the Template if an event "+
			"starts the Journey", member, member)
	case root == "data":
		call = "Data in the call of Emails.Send"
	case root == "event":
		call = "Data in the call of Events.Track"
	case root == "profile":
		call = "Properties of the Profile"
	}
	if call == "" || member == "" {
		return fmt.Sprintf("a $cond in the Template for emails without %s", cmp.Or(path, "a value"))
	}
	return fmt.Sprintf("%q in %s, or a $cond in the Template for emails without it", member, call)
}

// WithoutConsent describes an email that was sent without consent.
func WithoutConsent(tx *world.Tx, sent *world.SentMail) (Noticed, error) {
	template, err := tx.TemplateNamed(sent.TemplateID)
	if err != nil {
		return Noticed{}, err
	}
	group, err := tx.GroupNamed(sent.SubscriptionGroupID)
	if err != nil {
		return Noticed{}, err
	}
	found := Noticed{Subject: describeSent(sent)}
	if group == nil {
		found.What = fmt.Sprintf("Template %s is %s, and the email has no SubscriptionGroup",
			template.Key, template.Purpose)
		found.Advice = []string{"try: " + groupSetting(sent.CarrierType)}
		return found, nil
	}
	found.What = fmt.Sprintf("Template %s is %s, and %s never opted in to the SubscriptionGroup %s, which is %s",
		template.Key, template.Purpose, sent.To, group.Key, group.Policy)
	found.Advice = []string{
		fmt.Sprintf("try: client.Profiles.SetSubscription(ctx, %q, %q, …) before the email, "+
			"with the person's consent",
			sent.ProfileID, group.ID),
	}
	return found, nil
}

// groupSetting says where the SubscriptionGroup of a carrier is set.
func groupSetting(carrier string) string {
	if carrier == world.CarrierJourney {
		return "subscriptionGroup at the email node of the Journey, or the purpose Transactional for the Template"
	}
	return "SubscriptionGroupID where the email is sent, or the purpose Transactional for the Template"
}

// Waiting describes the runs that wait, the confirmations that nobody has answered and the schedules that are open, in
// all Organizations.
func Waiting(tx *world.Tx) (found []Noticed, err error) {
	defer func(org string) { tx.Org = org }(tx.Org)
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		tx.Org = org
		r := &report{tx: tx, versions: map[string]*journey.Definition{}}
		for _, read := range []func() error{r.findJourneys, r.waiting, r.unanswered, r.scheduled} {
			if err := read(); err != nil {
				return nil, err
			}
		}
		for _, part := range r.parts {
			for _, each := range part.blocks {
				found = append(found, Noticed{What: each.lines[0], Advice: each.lines[1:]})
			}
		}
		if r.full {
			more := fmt.Sprintf("there may be more: at most %d runs were read", reportReads)
			found = append(found, Noticed{What: more})
		}
	}
	return found, nil
}

// unanswered lists the confirmations that a person can still answer.
func (r *report) unanswered() error {
	open, err := r.tx.Unanswered()
	if err != nil {
		return err
	}
	var blocks []block
	for _, view := range open {
		noun := world.CarrierNouns[view.Carrier.Type]
		blocks = append(blocks, block{lines: []string{
			fmt.Sprintf("confirmation %s of %s %q waits for a person until %s; the clock is at %s",
				view.ID, noun, view.Carrier.Name, world.Stamp(view.ExpiresAt), world.Stamp(r.tx.Now)),
			fmt.Sprintf("try: emu.Human().Approve(%q) or emu.Human().Reject(%q)", view.ID, view.ID),
		}})
	}
	r.add(rankNear, "", blocks)
	return nil
}

// scheduled lists the carriers that wait for their time.
func (r *report) scheduled() error {
	waiting, err := r.tx.ScheduledCarriers()
	if err != nil {
		return err
	}
	var blocks []block
	for _, each := range waiting {
		if each.Org != r.tx.Org {
			continue
		}
		carrier, err := r.tx.CarrierWith("", each.ID)
		if err != nil {
			return err
		}
		lines, err := r.carrier(carrier, fmt.Sprintf("%s %q", world.CarrierNouns[carrier.Type], carrier.Name))
		if err != nil {
			return err
		}
		lines[1] += fmt.Sprintf(", or client.%ss.Cancel(ctx, %q)", world.CarrierNouns[carrier.Type], carrier.ID)
		blocks = append(blocks, block{lines: lines})
	}
	r.add(rankNear, "", blocks)
	return nil
}

// CheckCode returns an error that names the nearest codes if the API has no such error code.
func CheckCode(code string, known []string) error {
	if code == "" {
		return unknown("error code", code, nearest(code, known))
	}
	return checkCode(code, known)
}
