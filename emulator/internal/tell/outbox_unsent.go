package tell

import (
	"fmt"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file explains EmailSends that were not sent, and why somebody gets no email.

// unsent lists the EmailSends that were not sent.
func (r *report) unsent() error {
	sends, err := r.tx.Unsent(r.q.To, r.profileID(), reportReads)
	if err != nil {
		return err
	}
	r.read(len(sends))
	var asked, others []block
	for i := range sends {
		send := &sends[i]
		found, err := r.unsentSend(send)
		if err != nil {
			return err
		}
		// Its subject is "" if the Template did not render, so a missing subject may be the one asked for.
		missed := misses(r.filter, send, r.subjectOf(send))
		if missed == 0 {
			asked = append(asked, found)
			continue
		}
		found.rank = missed - 1
		others = append(others, found)
	}
	r.add(rankAsked, "not sent", asked)
	if len(others) == 0 {
		return nil
	}
	heading := "not sent"
	if len(asked) > 0 {
		heading = "not sent either"
	}
	r.add(rankNear, heading, others)
	return nil
}

// subjectOf returns the subject of a send that was not sent. If it has none, it may be the one that was asked for.
func (r *report) subjectOf(send *world.EmailSend) string {
	if send.Subject == "" {
		return r.q.Subject
	}
	return send.Subject
}

// unsentSend explains one EmailSend that was not sent.
func (r *report) unsentSend(send *world.EmailSend) (block, error) {
	line := fmt.Sprintf("EmailSend %s to %s, Template %s: %s",
		send.ID, send.To, r.templateKey(send.TemplateID), withReason(send.Status, send.FailureMessage))
	found := block{lines: []string{line}}
	var more []string
	var err error
	switch {
	case send.Why != "":
		more = []string{send.Why}
	case send.Status == world.SendSkipped:
		more, err = r.whySkipped(send.FailureMessage,
			skip{send.To, send.ProfileID, send.SubscriptionGroupID, send.UpdatedAt})
	default:
		more, err = r.relayed(send)
	}
	found.lines = append(found.lines, more...)
	return found, err
}

// relayed explains what the SMTP server said about an email, and what to wait for.
func (r *report) relayed(send *world.EmailSend) (lines []string, err error) {
	handover, err := r.tx.Handover(send)
	if err != nil || handover == nil {
		return nil, err
	}
	if n := len(handover.Tries); n > 0 {
		lines = append(lines, "the SMTP server said "+handover.Tries[n-1].Reply)
	}
	if call := r.advance(handover.Next); call != "" {
		return append(lines, "the next try is at "+world.Stamp(handover.Next), "try: "+call), nil
	}
	if send.Status == world.SendProcessing {
		lines = append(lines, "it is being handed to the SMTP server", "try: emu.Idle(ctx), which waits for it")
	}
	return lines, nil
}

// skip is an email that somebody did not get, and when.
type skip struct {
	to, profileID, groupID string
	at                     time.Time
}

// whySkipped explains a skip reason: which choice or fact it comes from, and when that was.
func (r *report) whySkipped(reason string, who skip) ([]string, error) {
	switch {
	case reason == world.SkipProfileDeleted:
		return []string{"its Profile was deleted"}, nil
	case strings.HasPrefix(reason, world.SkipSuppressed):
		return r.whySuppressed(who.to)
	}
	group, err := r.tx.GroupNamed(who.groupID)
	if err != nil || group == nil {
		return nil, err
	}
	if reason == world.SkipNotOptedIn {
		return []string{fmt.Sprintf("%s never opted in to group %s (%s)", who.to, group.Key, group.Policy),
			fmt.Sprintf("try: client.Profiles.SetSubscription(ctx, %q, %q, "+
				"&segmentflow.SetSubscriptionParams{Status: segmentflow.SubscriptionStatusSubscribed})",
				who.profileID, group.ID)}, nil
	}
	changes, err := r.tx.SubscriptionChanges(who.profileID, 0, 0)
	for _, change := range changes {
		if change.GroupID == group.ID && change.Status == world.Unsubscribed && !change.At.After(who.at) {
			return []string{fmt.Sprintf("%s unsubscribed from group %s at %s, source %s",
				who.to, group.Key, world.Stamp(change.At), change.Source)}, err
		}
	}
	return nil, err
}

// whySuppressed explains why an address gets no email.
func (r *report) whySuppressed(email string) ([]string, error) {
	address, err := r.tx.Address(strings.ToLower(email))
	if err != nil {
		return nil, err
	}
	if address == nil || address.Suppressed == "" {
		return []string{email + " is an address that is always suppressed"}, nil
	}
	cause := "it was set by hand or by a seed"
	switch {
	case address.Suppressed == world.SuppressedComplaint:
		cause = "its owner complained"
	case address.Suppressed == world.SuppressedBounce && address.Bounce == world.BounceSoft:
		cause = "five soft bounces in a row, the last with code " + address.Code
	case address.Suppressed == world.SuppressedBounce && address.Bounce != "":
		cause = fmt.Sprintf("a %s bounce with code %s", address.Bounce, address.Code)
	}
	return []string{fmt.Sprintf("%s is suppressed since %s: %s", email, world.Stamp(address.SuppressedAt), cause)}, nil
}
