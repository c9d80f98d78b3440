package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file writes the text of a failed query over the outbox: in few lines, why there is no such email.

const (
	reportLines   = 8   // of each kind
	reportNear    = 200 // the newest emails, among which the nearest are searched
	reportSubject = 80  // characters
)

// noMatch explains why no email matches.
func (q Query) noMatch(tx *world.Tx) (string, error) {
	r := &report{tx: tx, to: q.To}
	if err := r.findProfile(); err != nil {
		return "", err
	}
	r.line("outbox: no message %s; the clock is at %s", q, world.Stamp(tx.Now))
	if err := q.checkNames(tx); err != nil {
		r.line("  %v", err)
	}
	if q.To != "" && r.profileID == "" {
		r.line("  there is no Profile with the email %s", q.To)
	}

	if err := q.nearest(r); err != nil {
		return "", err
	}
	for _, part := range []func() error{r.waiting, r.unsent, r.ended, r.skipped} {
		if err := part(); err != nil {
			return "", err
		}
	}
	return r.String(), nil
}

// tooMany lists emails that should not be there.
func (q Query) tooMany(tx *world.Tx, found []world.Mail, want string) (string, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return "", err
	}
	count, err := tx.CountOutbox(filter)
	if err != nil {
		return "", err
	}

	r := &report{tx: tx, to: q.To}
	if err := r.findProfile(); err != nil {
		return "", err
	}
	noun := "messages"
	if count == 1 {
		noun = "message"
	}
	lines := make([]string, len(found))
	for i := range found {
		lines[i] = r.mail(&found[i])
	}
	if count > reportLines { // keep the newest; the list begins with the oldest
		lines = append([]string{"…"}, lines[len(lines)-reportLines:]...)
	}

	r.line("outbox: %d %s %s, want %s; the clock is at %s", count, noun, q, want, world.Stamp(tx.Now))
	for _, line := range lines {
		r.line("  %s", line)
	}
	return r.String(), nil
}

// nearest lists what was sent instead. The email that misses the fewest conditions comes first, then the one with the
// most similar address, then the newest.
func (q Query) nearest(r *report) error {
	sent, err := r.tx.Outbox(world.MailFilter{Limit: reportNear})
	if err != nil {
		return err
	}
	filter, err := q.Filter(r.tx)
	if err != nil {
		return err
	}

	type rank struct{ misses, distance int }
	ranks := map[string]rank{}
	for i := range sent {
		distance := editDistance(filter.To, strings.ToLower(sent[i].Send.To))
		ranks[sent[i].ID] = rank{misses(filter, &sent[i]), distance}
	}
	slices.SortStableFunc(sent, func(a, b world.Mail) int {
		return cmp.Or(
			cmp.Compare(ranks[a.ID].misses, ranks[b.ID].misses),
			cmp.Compare(ranks[a.ID].distance, ranks[b.ID].distance),
		)
	})

	lines := make([]string, len(sent))
	for i := range sent {
		lines[i] = r.mail(&sent[i])
	}
	if len(lines) == 0 {
		r.line("nothing was sent")
		return nil
	}
	r.list("sent instead, nearest first", lines)
	return nil
}

// misses counts the conditions that an email does not meet.
func misses(filter world.MailFilter, m *world.Mail) (count int) {
	carrierID := cmp.Or(m.Send.CarrierID, m.SendID)
	for _, failed := range []bool{
		filter.To != "" && filter.To != strings.ToLower(m.Send.To),
		filter.TemplateID != "" && filter.TemplateID != m.Send.TemplateID,
		!strings.Contains(m.Subject, filter.Subject),
		filter.CarrierType != "" && filter.CarrierType != m.Send.CarrierType,
		filter.CarrierID != "" && filter.CarrierID != carrierID,
	} {
		if failed {
			count++
		}
	}
	return count
}

// editDistance returns how many letters must be inserted, deleted or replaced to turn one address into the other. If no
// address is wanted, it returns 0.
func editDistance(want, got string) int {
	if want == "" {
		return 0
	}
	row := make([]int, len(got)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(want) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(got) {
			change := diagonal
			if want[i] != got[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(got)]
}

// report collects lines about one address, or about all addresses if to is "".
type report struct {
	strings.Builder
	tx        *world.Tx
	to        string
	profileID string // of the address, "" if there is none
}

// findProfile finds the Profile of the address.
func (r *report) findProfile() (err error) {
	if r.to == "" {
		return nil
	}
	p, err := r.tx.ProfileByEmail(r.to)
	if p != nil {
		r.profileID = p.ID
	}
	return err
}

// line adds a line.
func (r *report) line(format string, args ...any) {
	if r.Len() > 0 {
		r.WriteByte('\n')
	}
	fmt.Fprintf(r, format, args...)
}

// list adds a heading and the first of the lines. If there are none, it adds nothing.
func (r *report) list(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	r.line("%s:", heading)
	for _, line := range lines[:min(len(lines), reportLines)] {
		r.line("  %s", line)
	}
	if len(lines) > reportLines {
		r.line("  … and more")
	}
}

// mail returns a line about an email.
func (r *report) mail(m *world.Mail) string {
	envelope := []string{"to " + m.Send.To}
	for _, box := range m.Send.CC {
		envelope = append(envelope, "cc "+box.Email)
	}
	for _, box := range m.Send.BCC {
		envelope = append(envelope, "bcc "+box.Email)
	}
	recipients := cond.Shorten(strings.Join(envelope, ", "), 200)

	subject := []rune(m.Subject)
	if len(subject) > reportSubject {
		subject = append(subject[:reportSubject], '…')
	}
	line := fmt.Sprintf("%s  %s  %q  Template %s",
		world.Stamp(m.SentAt), recipients, string(subject), r.template(m.Send.TemplateID))
	if m.Send.CarrierType != world.CarrierEmail {
		line += fmt.Sprintf("  %s %s", m.Send.CarrierType, m.Send.CarrierID)
	}
	return line
}

// template returns the key of a Template, or its id if the key cannot be read.
func (r *report) template(id string) string {
	key, _ := r.tx.TemplateKey(id)
	return key
}

func (r *report) journey(id string) (string, error) { return r.tx.JourneyKey(id) }

// hasActivity reports whether there can be runs and events: an address without a Profile has none.
func (r *report) hasActivity() bool { return r.to == "" || r.profileID != "" }

// waiting lists the runs that wait.
func (r *report) waiting() error {
	if !r.hasActivity() {
		return nil
	}
	runs, err := r.tx.WaitingRuns(r.profileID, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(runs))
	for i := range runs {
		run := &runs[i]
		key, err := r.journey(run.JourneyID)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("run %s of journey %s ", run.ID, key)
		switch {
		case !run.Held.IsZero():
			lines[i] += fmt.Sprintf("is held at node %s since %s: the Journey is paused",
				run.Node, world.Stamp(run.Held))
		case run.Waiting.IsZero():
			lines[i] += fmt.Sprintf("is %s at node %s", run.Status, run.Node)
		default:
			lines[i] += fmt.Sprintf("waits at node %s until %s; the clock is at %s; Advance(%s)",
				run.Node, world.Stamp(run.Waiting), world.Stamp(r.tx.Now), short(run.Waiting.Sub(r.tx.Now)))
		}
	}
	r.list("still waiting", lines)
	return nil
}

// short formats a duration without zeros at the end: 72h instead of 72h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// unsent lists the EmailSends that were not sent.
func (r *report) unsent() error {
	sends, err := r.tx.Unsent(r.to, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(sends))
	for i, send := range sends {
		lines[i] = fmt.Sprintf("EmailSend %s to %s, Template %s: %s",
			send.ID, send.To, r.template(send.TemplateID), send.Status)
		if send.FailureMessage != "" {
			lines[i] += ", " + send.FailureMessage
		}
		handover, err := r.tx.Handover(&sends[i])
		if err != nil {
			return err
		}
		if handover != nil && len(handover.Tries) > 0 {
			lines[i] += "; the SMTP server said " + handover.Tries[len(handover.Tries)-1].Reply
		}
		if handover != nil && !handover.Next.IsZero() {
			lines[i] += fmt.Sprintf("; the next try is due at %s; Advance(%s)",
				world.Stamp(handover.Next), short(handover.Next.Sub(r.tx.Now)))
		}
	}
	r.list("not sent", lines)
	return nil
}

// ended lists the runs that ended before they completed.
func (r *report) ended() error {
	if !r.hasActivity() {
		return nil
	}
	runs, err := r.tx.EndedRuns(r.profileID, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(runs))
	for i, run := range runs {
		key, err := r.journey(run.JourneyID)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("run %s of journey %s %s at node %s: %s",
			run.ID, key, run.Status, run.Node, run.Reason+run.Error)
	}
	r.list("runs that ended early", lines)
	return nil
}

// skipped lists the events that Journeys skipped.
func (r *report) skipped() error {
	if !r.hasActivity() {
		return nil
	}
	outcomes, err := r.tx.SkippedOutcomes(r.profileID, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(outcomes))
	for i, outcome := range outcomes {
		key, err := r.journey(outcome.JourneyID)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("journey %s skipped event %s %s: %s",
			key, outcome.Event, outcome.EventID, outcome.Reason)
	}
	r.list("events that started no run", lines)
	return nil
}
