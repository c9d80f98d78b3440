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

// What a failed question to the outbox says: why there is not what was asked for, in few lines.

const (
	reportLines   = 8   // of each kind
	reportNear    = 200 // the newest mails among which the nearest are looked for
	reportSubject = 80  // characters
)

// complain explains why there is not exactly one mail.
func (q Question) complain(tx *world.Tx, found []world.Mail) (string, error) {
	if len(found) > 1 {
		return q.complainOfMany(tx, found, "one")
	}
	r := &report{tx: tx, to: q.To}
	if err := r.prepare(); err != nil {
		return "", err
	}
	r.say("outbox: no message %s; the clock is at %s", q, world.Stamp(tx.Now))
	if err := q.nameable(tx); err != nil {
		r.say("  %v", err)
	}
	if q.To != "" && r.profile == "" {
		r.say("  there is no Profile with the email %s", q.To)
	}
	if err := q.near(r); err != nil {
		return "", err
	}
	for _, part := range []func() error{r.waiting, r.unsent, r.ended, r.skipped} {
		if err := part(); err != nil {
			return "", err
		}
	}
	return r.String(), nil
}

// complainOfMany lists mail that is there and should not be.
func (q Question) complainOfMany(tx *world.Tx, found []world.Mail, want string) (string, error) {
	f, err := q.Filter(tx)
	if err != nil {
		return "", err
	}
	n, err := tx.CountOutbox(f)
	if err != nil {
		return "", err
	}
	r := &report{tx: tx, to: q.To}
	if err := r.prepare(); err != nil {
		return "", err
	}
	noun := "messages"
	if n == 1 {
		noun = "message"
	}
	lines := make([]string, len(found))
	for i := range found {
		lines[i] = r.mail(&found[i])
	}
	if n > reportLines { // found begins with the oldest of the newest
		lines = append([]string{"…"}, lines[len(lines)-reportLines:]...)
	}
	r.say("outbox: %d %s %s, want %s; the clock is at %s", n, noun, q, want, world.Stamp(tx.Now))
	for _, line := range lines {
		r.say("  %s", line)
	}
	return r.String(), nil
}

// near lists what was sent instead. The mail that fails the fewest conditions is the nearest, then the one whose address
// is spelt most alike, then the newest.
func (q Question) near(r *report) error {
	sent, err := r.tx.Outbox(world.MailFilter{Limit: reportNear})
	if err != nil {
		return err
	}
	f, err := q.Filter(r.tx)
	if err != nil {
		return err
	}
	type candidate struct{ misses, distance int }
	rank := map[string]candidate{}
	for i := range sent {
		rank[sent[i].ID] = candidate{misses(f, &sent[i]), spelling(f.To, strings.ToLower(sent[i].Send.To))}
	}
	slices.SortStableFunc(sent, func(a, b world.Mail) int {
		return cmp.Or(cmp.Compare(rank[a.ID].misses, rank[b.ID].misses), cmp.Compare(rank[a.ID].distance, rank[b.ID].distance))
	})
	lines := make([]string, len(sent))
	for i := range sent {
		lines[i] = r.mail(&sent[i])
	}
	if len(lines) == 0 {
		r.say("nothing was sent")
		return nil
	}
	r.list("sent instead, nearest first", lines)
	return nil
}

// misses counts the conditions that a mail does not meet.
func misses(f world.MailFilter, m *world.Mail) (n int) {
	carrier := cmp.Or(m.Send.CarrierID, m.SendID)
	for _, failed := range []bool{
		f.To != "" && f.To != strings.ToLower(m.Send.To),
		f.TemplateID != "" && f.TemplateID != m.Send.TemplateID,
		!strings.Contains(m.Subject, f.Subject),
		f.CarrierType != "" && f.CarrierType != m.Send.CarrierType,
		f.CarrierID != "" && f.CarrierID != carrier,
	} {
		if failed {
			n++
		}
	}
	return n
}

// spelling is how many letters must be put in, taken out or changed to make one address of the other; 0 when none is
// asked for.
func spelling(want, got string) int {
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

// report collects lines about what concerns one address, or everybody when that is "".
type report struct {
	strings.Builder
	tx      *world.Tx
	to      string
	profile string // of that address, "" for none
}

func (r *report) prepare() (err error) {
	if r.to == "" {
		return nil
	}
	p, err := r.tx.ProfileByEmail(r.to)
	if p != nil {
		r.profile = p.ID
	}
	return err
}

func (r *report) say(format string, args ...any) {
	if r.Len() > 0 {
		r.WriteByte('\n')
	}
	fmt.Fprintf(r, format, args...)
}

// list writes a heading and the first lines of what belongs to it, nothing at all when there is none.
func (r *report) list(heading string, lines []string) {
	if len(lines) == 0 {
		return
	}
	r.say("%s:", heading)
	for _, line := range lines[:min(len(lines), reportLines)] {
		r.say("  %s", line)
	}
	if len(lines) > reportLines {
		r.say("  … and more")
	}
}

func (r *report) mail(m *world.Mail) string {
	envelope := []string{"to " + m.Send.To}
	for _, c := range m.Send.CC {
		envelope = append(envelope, "cc "+c.Email)
	}
	for _, c := range m.Send.BCC {
		envelope = append(envelope, "bcc "+c.Email)
	}
	subject := []rune(m.Subject)
	if len(subject) > reportSubject {
		subject = append(subject[:reportSubject], '…')
	}
	line := fmt.Sprintf("%s  %s  %q  Template %s", world.Stamp(m.SentAt), cond.Shorten(strings.Join(envelope, ", "), 200), string(subject), r.template(m.Send.TemplateID))
	if m.Send.CarrierType != world.CarrierEmail {
		line += fmt.Sprintf("  %s %s", m.Send.CarrierType, m.Send.CarrierID)
	}
	return line
}

// template is a Template's key. One that cannot be read stands for itself by its id.
func (r *report) template(id string) string {
	key, _ := r.tx.TemplateKey(id)
	return key
}

func (r *report) journey(id string) (string, error) { return r.tx.JourneyKey(id) }

// concerns says whether there is somebody to look for: an address without a Profile has no runs and no events.
func (r *report) concerns() bool { return r.to == "" || r.profile != "" }

// waiting lists the runs that go on later.
func (r *report) waiting() error {
	if !r.concerns() {
		return nil
	}
	runs, err := r.tx.WaitingRuns(r.profile, reportLines+1)
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
			lines[i] += fmt.Sprintf("is held at node %s since %s: the Journey is paused", run.Node, world.Stamp(run.Held))
		case run.Waiting.IsZero():
			lines[i] += fmt.Sprintf("is %s at node %s", run.Status, run.Node)
		default:
			lines[i] += fmt.Sprintf("waits at node %s until %s; the clock is at %s; Advance(%s)", run.Node, world.Stamp(run.Waiting),
				world.Stamp(r.tx.Now), short(run.Waiting.Sub(r.tx.Now)))
		}
	}
	r.list("still waiting", lines)
	return nil
}

// short leaves out the zeros at the end of a duration: 72h instead of 72h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// unsent lists the EmailSends whose mail did not leave.
func (r *report) unsent() error {
	sends, err := r.tx.Unsent(r.to, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(sends))
	for i, s := range sends {
		lines[i] = fmt.Sprintf("EmailSend %s to %s, Template %s: %s", s.ID, s.To, r.template(s.TemplateID), s.Status)
		if s.FailureMessage != "" {
			lines[i] += ", " + s.FailureMessage
		}
	}
	r.list("not sent", lines)
	return nil
}

// ended lists the runs that ended before their end.
func (r *report) ended() error {
	if !r.concerns() {
		return nil
	}
	runs, err := r.tx.EndedRuns(r.profile, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(runs))
	for i, run := range runs {
		key, err := r.journey(run.JourneyID)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("run %s of journey %s %s at node %s: %s", run.ID, key, run.Status, run.Node, run.Reason+run.Error)
	}
	r.list("runs that ended early", lines)
	return nil
}

// skipped lists the events that a Journey let pass.
func (r *report) skipped() error {
	if !r.concerns() {
		return nil
	}
	outcomes, err := r.tx.SkippedOutcomes(r.profile, reportLines+1)
	if err != nil {
		return err
	}
	lines := make([]string, len(outcomes))
	for i, o := range outcomes {
		key, err := r.journey(o.JourneyID)
		if err != nil {
			return err
		}
		lines[i] = fmt.Sprintf("journey %s skipped event %s %s: %s", key, o.Event, o.EventID, o.Reason)
	}
	r.list("events that started no run", lines)
	return nil
}
