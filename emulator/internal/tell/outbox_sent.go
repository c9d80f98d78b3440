package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file lists emails that were sent: instead of the one that was asked for, or too many of them.

const mailsListed = 8 // if there are too many

// tooMany lists emails that should not be there, with what tells them apart.
func (q Query) tooMany(tx *world.Tx, found []world.Mail, want string) (string, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return "", err
	}
	total, err := tx.CountOutbox(filter)
	if err != nil {
		return "", err
	}

	r := &report{tx: tx, q: q}
	noun := "messages"
	if total == 1 {
		noun = "message"
	}
	lines := []string{fmt.Sprintf("outbox: %d %s %s, want %s; the clock is at %s",
		total, noun, q, want, world.Stamp(tx.Now))}
	if total > mailsListed { // keep the newest; the list begins with the oldest
		found = found[len(found)-mailsListed:]
		lines = append(lines, fmt.Sprintf("  … %d older ones", total-mailsListed))
	}
	for i := range found {
		origin, err := r.origin(&found[i].Send)
		if err != nil {
			return "", err
		}
		lines = append(lines, "  "+r.mail(&found[i])+origin)
	}
	if want == "one" {
		if hint := whyTwice(found); hint != "" {
			lines = append(lines, hint)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// origin returns what made an email, to tell it from another one.
func (r *report) origin(send *world.EmailSend) (string, error) {
	text := "  EmailSend " + send.ID
	switch send.CarrierType {
	case world.CarrierEmail:
		if send.CallKey != "" {
			text += fmt.Sprintf("  key %q", send.CallKey)
		}
		return text, nil
	case world.CarrierJourney:
		run, err := r.tx.Run(send.CarrierID)
		if err != nil || run == nil {
			return text, err
		}
		key, err := r.tx.JourneyKey(run.JourneyID)
		return text + fmt.Sprintf("  node %s of %s", nodeOf(send), key), err
	}
	carrier, err := r.tx.Carrier("", send.CarrierID)
	if err != nil || carrier == nil {
		return text, err
	}
	return text + fmt.Sprintf("  %s %q", world.CarrierNouns[carrier.Type], carrier.Name), nil
}

// nodeOf returns the node of the Journey that sent an email. The key of the send is run:<run>:<node>:<visit>.
func nodeOf(send *world.EmailSend) string {
	rest := strings.TrimPrefix(send.Key, "run:"+send.CarrierID+":")
	return rest[:max(0, strings.LastIndexByte(rest, ':'))]
}

// whyTwice explains why the same email was sent several times to one address, "" if these are different emails.
func whyTwice(found []world.Mail) string {
	first := &found[0].Send
	keys, runs := map[string]bool{}, map[string]bool{}
	for i := range found {
		send := &found[i].Send
		same := strings.EqualFold(send.To, first.To) && send.TemplateID == first.TemplateID &&
			found[i].Subject == found[0].Subject && send.CarrierType == first.CarrierType
		if !same {
			return ""
		}
		keys[send.CallKey], runs[send.CarrierID] = true, true
	}
	switch {
	case first.CarrierType == world.CarrierEmail && len(keys) > 1 && !keys[""]:
		return fmt.Sprintf("sent %d times under %d keys: a repeated call sends once only with the same "+
			"segmentflow.WithIdempotencyKey", len(found), len(keys))
	case first.CarrierType == world.CarrierJourney && len(runs) > 1:
		return fmt.Sprintf("sent by %d runs: the Profile entered %d times; a Journey lets it enter once with a key in "+
			"its entry, or with reentry", len(runs), len(runs))
	case first.CarrierType == world.CarrierJourney:
		return "sent by one run that came to the node several times"
	}
	return ""
}

// sent lists what was sent instead. The email that misses the fewest conditions comes first, then the one with the most
// similar address, then the newest.
func (r *report) sent() error {
	mails, err := r.tx.Outbox(world.MailFilter{Limit: reportReads})
	if err != nil {
		return err
	}
	if len(mails) == 0 {
		r.head = append(r.head, "nothing was sent")
		return nil
	}
	total, err := r.tx.CountOutbox(world.MailFilter{})
	if err != nil {
		return err
	}

	type rank struct{ misses, distance int }
	ranks := map[string]rank{}
	for i := range mails {
		m := &mails[i]
		ranks[m.ID] = rank{misses(r.filter, &m.Send, m.Subject), r.distance(&m.Send)}
	}
	slices.SortStableFunc(mails, func(a, b world.Mail) int {
		return cmp.Or(
			cmp.Compare(ranks[a.ID].misses, ranks[b.ID].misses),
			cmp.Compare(ranks[a.ID].distance, ranks[b.ID].distance),
		)
	})

	blocks := make([]block, len(mails))
	for i := range mails {
		blocks[i].lines = []string{r.mail(&mails[i])}
		if why := r.whyOther(&mails[i]); why != "" {
			blocks[i].lines = append(blocks[i].lines, why)
		}
	}
	blocks[len(blocks)-1].unread = total - len(mails)

	part, nearest := rankNear, ranks[mails[0].ID]
	if nearest.misses == conditions(r.filter) && nearest.distance > nearDistance {
		part = rankFar
	}
	r.add(part, sentInstead, blocks)
	return nil
}

// The headings of what does not match: emails that were sent, and EmailSends.
const (
	sentInstead  = "sent instead, nearest first"
	sendsInstead = "EmailSends that there are, nearest first"
)

// nearDistance is the distance of addresses that are hardly related.
const nearDistance = 6

// distance returns how far the recipients of a send are from the address that was asked for.
func (r *report) distance(send *world.EmailSend) int {
	if r.profile != nil && send.ProfileID == r.profile.ID || r.isCopy(send) {
		return 0
	}
	return editDistance(r.filter.To, strings.ToLower(send.To))
}

// isCopy reports whether the address that was asked for is only in cc or bcc.
func (r *report) isCopy(send *world.EmailSend) bool {
	return r.q.To != "" && slices.ContainsFunc(slices.Concat(send.CC, send.BCC), func(box world.Mailbox) bool {
		return strings.EqualFold(box.Email, r.q.To)
	})
}

// whyOther explains why an email does not match although it is near to what was asked for.
func (r *report) whyOther(m *world.Mail) string {
	send := &m.Send
	switch {
	case r.q.Subject != "" && !strings.Contains(m.Subject, r.q.Subject) &&
		strings.Contains(strings.ToLower(m.Subject), strings.ToLower(r.q.Subject)):
		return "its subject has other capital letters, and Subject distinguishes them"
	case r.q.To == "" || strings.EqualFold(send.To, r.q.To):
		return ""
	case r.isCopy(send):
		return r.q.To + " got a copy of it; To looks at neither cc nor bcc"
	case r.profile != nil && send.ProfileID == r.profile.ID:
		return fmt.Sprintf("it is an email to the Profile %s; to.email of its call redirected it", r.q.To)
	}
	return ""
}

// misses counts the conditions that an email does not meet.
func misses(filter world.MailFilter, send *world.EmailSend, subject string) (n int) {
	carrierID := cmp.Or(send.CarrierID, send.ID)
	for _, failed := range []bool{
		filter.To != "" && filter.To != strings.ToLower(send.To),
		filter.TemplateID != "" && filter.TemplateID != send.TemplateID,
		!strings.Contains(subject, filter.Subject),
		filter.CarrierType != "" && filter.CarrierType != send.CarrierType,
		filter.CarrierID != "" && filter.CarrierID != carrierID,
	} {
		if failed {
			n++
		}
	}
	return n
}

// conditions counts the conditions of a filter.
func conditions(filter world.MailFilter) (n int) {
	for _, value := range []string{
		filter.To, filter.TemplateID, filter.Subject, filter.CarrierType, filter.CarrierID,
	} {
		if value != "" {
			n++
		}
	}
	return n
}

// mail returns a line about an email. Its subject is that of the EmailSend, which leaves out sensitive values.
func (r *report) mail(m *world.Mail) string {
	envelope := []string{"to " + m.Send.To}
	for _, box := range m.Send.CC {
		envelope = append(envelope, "cc "+box.Email)
	}
	for _, box := range m.Send.BCC {
		envelope = append(envelope, "bcc "+box.Email)
	}
	line := fmt.Sprintf("%s  %s  %q  Template %s", world.Stamp(m.SentAt),
		cond.Shorten(strings.Join(envelope, ", "), 200), shortSubject(m.Send.Subject), r.templateKey(m.Send.TemplateID))
	if m.Send.CarrierType != world.CarrierEmail {
		line += fmt.Sprintf("  %s %s", m.Send.CarrierType, m.Send.CarrierID)
	}
	return line
}

// templateKey returns the key of a Template, or its id if the key cannot be read.
func (r *report) templateKey(id string) string {
	key, _ := r.tx.TemplateKey(id)
	return key
}
