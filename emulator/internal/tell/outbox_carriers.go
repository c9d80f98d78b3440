package tell

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file explains the Broadcasts and NewsletterIssues that did not send the email.

// carriersRead is how many carriers of each type are read, the newest ones.
const carriersRead = 20

// carriers lists the carriers that have not sent the email, and why.
func (r *report) carriers() error {
	var blocks []block
	for _, kind := range []string{world.CarrierBroadcast, world.CarrierNewsletterIssue} {
		if !r.asks(kind) {
			continue
		}
		page, err := r.tx.Carriers(world.Page{Limit: carriersRead}, world.CarrierFilter{Type: kind})
		if err != nil {
			return err
		}
		r.full = r.full || len(page.Items) == carriersRead
		for _, carrier := range page.Items {
			if r.q.CarrierID != "" && carrier.ID != r.filter.CarrierID {
				continue
			}
			lines, err := r.carrier(carrier, r.nameOf(carrier, page.Items))
			if err != nil {
				return err
			}
			if len(lines) == 0 {
				continue
			}
			found := block{lines: lines}
			if r.template != nil && carrier.TemplateID != r.template.ID {
				found.rank = 1
			}
			blocks = append(blocks, found)
		}
	}
	r.add(rankNear, "Broadcasts and NewsletterIssues", blocks)
	return nil
}

// nameOf names a carrier, with its id if it has no name of its own.
func (r *report) nameOf(carrier *world.Carrier, among []*world.Carrier) string {
	same := 0
	for _, other := range among {
		if other.Name == carrier.Name {
			same++
		}
	}
	name := fmt.Sprintf("%s %q", world.CarrierNouns[carrier.Type], carrier.Name)
	if carrier.Name == "" || same > 1 {
		name += " " + carrier.ID
	}
	return name
}

// carrier explains what one carrier has not sent. It returns nothing if the carrier has nothing to do with the query.
func (r *report) carrier(carrier *world.Carrier, name string) ([]string, error) {
	switch {
	case carrier.Scheduled():
		return []string{
			fmt.Sprintf("%s is scheduled for %s; the clock is at %s; Advance(%s)", name,
				world.Stamp(carrier.ScheduledAt), world.Stamp(r.tx.Now), short(r.ahead(carrier.ScheduledAt))),
			"try: " + r.advance(carrier.ScheduledAt),
		}, nil
	case carrier.Draft():
		return r.draft(carrier, name)
	case carrier.Audience == nil:
		what, at, err := r.lastOf(carrier)
		return []string{fmt.Sprintf("%s was sent to nobody; %s at %s", name, what, at)}, err
	}
	lines, err := r.unsentOf(carrier, name)
	if err != nil {
		return nil, err
	}
	left, err := r.leftOut(carrier, name)
	return append(lines, left...), err
}

// lastOf returns the last entry in the history of a carrier, and its time.
func (r *report) lastOf(carrier *world.Carrier) (what, at string, err error) {
	history, err := r.tx.CarrierHistory(carrier.Carrier)
	if err != nil || len(history) == 0 {
		return carrier.Status, world.Stamp(carrier.UpdatedAt), err
	}
	last := history[len(history)-1]
	return last.What, world.Stamp(last.At), nil
}

// draft explains a draft: what it waits for, or why it cannot be sent.
func (r *report) draft(carrier *world.Carrier, name string) ([]string, error) {
	what, at, err := r.lastOf(carrier)
	if err != nil {
		return nil, err
	}
	state := fmt.Sprintf("%s is a draft; %s at %s", name, what, at)
	if strings.HasPrefix(what, "created") {
		state += ", and nobody scheduled or confirmed it"
	}
	confirmation, err := r.tx.LastConfirmation(carrier.ID)
	if err != nil {
		return nil, err
	}
	if confirmation != nil {
		view, err := r.tx.ViewConfirmation(confirmation.ID)
		if err != nil {
			return nil, err
		}
		expiry := world.Stamp(view.ExpiresAt)
		switch view.State {
		case world.ConfirmationOpen:
			return []string{
				fmt.Sprintf("%s waits for a person until %s", name, expiry),
				fmt.Sprintf("try: emu.Human().Approve(%q)", confirmation.ID),
			}, nil
		case world.ConfirmationExpired:
			state = fmt.Sprintf("%s is a draft: its confirmation expired at %s", name, expiry)
		case world.ConfirmationRejected:
			state = fmt.Sprintf("%s is a draft: a person rejected its confirmation at %s", name, at)
		default:
			state = fmt.Sprintf("%s is a draft: a change voided its confirmation; %s at %s", name, what, at)
		}
	}

	preflight, err := r.tx.Preflight(carrier)
	if err != nil {
		return nil, err
	}
	if !preflight.Ready() {
		return []string{state, "it cannot be sent: " + strings.Join(preflight.Codes(), ", ")}, nil
	}
	return []string{state, fmt.Sprintf("try: made, err := client.%ss.CreateConfirmation(ctx, %q); "+
		"err = emu.Human().Approve(made.ConfirmationID)", world.CarrierNouns[carrier.Type], carrier.ID)}, nil
}

// leftOut explains why a carrier that has started sends nothing to the Profile asked for, or whom it left out.
func (r *report) leftOut(carrier *world.Carrier, name string) ([]string, error) {
	if r.q.To == "" {
		return r.skippedBy(carrier, name), nil
	}
	if r.profile == nil {
		return nil, nil
	}
	reason, member, err := r.tx.RecipientSkip(carrier.Carrier, r.profile.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case !member:
		return []string{fmt.Sprintf("%s: %s was not in its audience of %d when it started at %s",
			name, r.q.To, carrier.Audience.Total, world.Stamp(carrier.StartedAt))}, nil
	case reason == "":
		return nil, nil
	}
	lines := []string{fmt.Sprintf("%s left out %s: %s", name, r.q.To, reason)}
	why, err := r.whySkipped(reason, skip{r.q.To, r.profile.ID, carrier.SubscriptionGroupID, carrier.StartedAt})
	return append(lines, why...), err
}

// skippedBy counts whom a carrier left out, by reason.
func (r *report) skippedBy(carrier *world.Carrier, name string) []string {
	var reasons []string
	for _, reason := range slices.Sorted(maps.Keys(carrier.Audience.Skipped)) {
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, carrier.Audience.Skipped[reason]))
	}
	if len(reasons) == 0 {
		return nil
	}
	left := carrier.Audience.Total - carrier.Audience.Eligible
	return []string{fmt.Sprintf("%s left out %d of %d: %s",
		name, left, carrier.Audience.Total, strings.Join(reasons, ", "))}
}

// batchPace is when the next batch of a carrier that is being sent goes out, at the latest.
const batchPace = time.Second

// unsentOf explains a carrier that has started and has not sent everything.
func (r *report) unsentOf(carrier *world.Carrier, name string) ([]string, error) {
	results, err := r.tx.CarrierSends(carrier)
	if err != nil || carrier.Status != world.CarrierTriggered && results.Cancelled == 0 {
		return nil, err
	}
	if results.Cancelled > 0 {
		return []string{fmt.Sprintf("%s was cancelled at %s, before %d of its emails were sent",
			name, world.Stamp(carrier.CancelledAt), results.Cancelled)}, nil
	}
	return []string{
		fmt.Sprintf("%s is being sent: %d of %d emails are sent", name, results.Sent, results.Eligible),
		"try: " + r.advance(r.tx.Now.Add(batchPace)),
	}, nil
}

// otherCarrier explains that the id of the query belongs to a carrier of another type, "" if it does not.
func (r *report) otherCarrier() (string, error) {
	if r.q.CarrierID == "" || r.q.CarrierType == "" {
		return "", nil
	}
	found, err := carrierTypeOf(r.tx, r.filter.CarrierID)
	isTest := r.q.CarrierType == world.CarrierTest && world.CarrierNouns[found] != ""
	if err != nil || found == r.q.CarrierType && found != world.CarrierEmail || isTest {
		return "", err
	}
	text := fmt.Sprintf("%s is of the carrier type %s", r.filter.CarrierID, found)
	if found != world.CarrierEmail {
		return text, nil
	}
	send, err := r.tx.Send(r.filter.CarrierID)
	if err != nil || send.CarrierType == r.q.CarrierType {
		return "", err
	}
	return strings.TrimSpace(fmt.Sprintf("%s is an EmailSend of the carrier %s %s",
		send.ID, send.CarrierType, send.CarrierID)), nil
}
