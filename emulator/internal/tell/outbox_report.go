package tell

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file writes the text of a failed query over the outbox: why there is no such email, and what to do.

const (
	reportLines = 25  // about how many lines a text has
	partBlocks  = 4   // of a part, at most
	reportReads = 200 // rows of each kind, the newest ones
)

// report collects why no email matches a query.
type report struct {
	tx       *world.Tx
	q        Query
	filter   world.MailFilter
	template *world.Template // that the query names, or nil
	profile  *world.Profile  // of the address, or nil
	journey  string          // the key of the Journey that is asked for, "" for none
	refused  []Refusal       // newest first
	journeys []journeyOf     // all of the Organization, by key
	versions map[string]*journey.Definition

	named bool // names has explained something
	full  bool // a read returned as many rows as it may, so there may be more
	head  []string
	parts []part
	tail  string
}

// part is one kind of reason. The part with the lowest rank is nearest to what was asked for.
type part struct {
	heading string
	rank    int
	blocks  []block
}

// block is one reason: a line, and more about it. The block with the lowest rank is nearest to what was asked for. A
// block stands for count things of the same kind. After it come unread more things, which were not read.
type block struct {
	rank, count, unread int
	lines               []string
}

// The ranks of parts.
const (
	rankAsked = iota // what was asked for, but it was not sent
	rankNear
	rankFar // the rest
)

// Only returns the email if there is exactly one. Otherwise it returns a failure that explains why. The function
// refused returns the calls that were refused, newest first.
func (q Query) Only(tx *world.Tx, refused func() []Refusal) (only *world.Mail, failure string, err error) {
	found, err := q.Emails(tx, mailsListed+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) == 1 {
		return &found[0], "", nil
	}
	if len(found) > 1 {
		failure, err = q.tooMany(tx, found, "one")
	} else {
		failure, err = q.noMatch(tx, refused())
	}
	return nil, failure, err
}

// None returns a failure that lists the emails, or "" if there are none.
func (q Query) None(tx *world.Tx) (failure string, err error) {
	found, err := q.Emails(tx, mailsListed+1)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return q.tooMany(tx, found, "none")
}

// noMatch explains why no email matches.
func (q Query) noMatch(tx *world.Tx, refused []Refusal) (string, error) {
	r := newReport(tx, q, refused)
	return r.write(r.find, r.names, r.sent, r.waiting, r.unsent, r.carriers, r.ended, r.completed, r.events, r.calls,
		r.parked, r.others, r.sources)
}

func newReport(tx *world.Tx, q Query, refused []Refusal) *report {
	return &report{tx: tx, q: q, refused: refused, versions: map[string]*journey.Definition{}}
}

// write collects the parts of the report and returns its text.
func (r *report) write(parts ...func() error) (string, error) {
	for _, read := range parts {
		if err := read(); err != nil {
			return "", err
		}
	}
	return r.text(), nil
}

// find finds what the query names.
func (r *report) find() (err error) {
	if r.filter, err = r.q.Filter(r.tx); err != nil {
		return err
	}
	if r.template, err = templateNamed(r.tx, r.q.Template); err != nil {
		return err
	}
	if r.q.To != "" {
		if r.profile, err = r.tx.ProfileByEmail(r.q.To); err != nil {
			return err
		}
	}
	if r.head == nil {
		r.head = []string{fmt.Sprintf("outbox: no message %s%s", r.q, clockOf(r.tx))}
	}
	return r.findJourneys()
}

// profileID returns the id of the Profile asked for, "" if the query names none or it does not exist.
func (r *report) profileID() string {
	if r.profile == nil {
		return ""
	}
	return r.profile.ID
}

// hasActivity reports whether there can be runs and events: an address without a Profile has none.
func (r *report) hasActivity() bool { return r.q.To == "" || r.profile != nil }

// asks reports whether emails of this type of carrier can match.
func (r *report) asks(carrier string) bool {
	return r.q.CarrierType == "" || r.q.CarrierType == carrier
}

// sees reports whether a row of a run is about what was asked for.
func (r *report) sees(runID string) bool {
	return r.q.CarrierType != world.CarrierJourney || r.q.CarrierID == "" || r.filter.CarrierID == runID
}

// names explains the address and the Template of the query.
func (r *report) names() error {
	if r.q.To != "" && r.profile == nil {
		line, err := r.unknownAddress()
		if err != nil {
			return err
		}
		r.head = append(r.head, "  "+line)
	}
	other, err := r.otherCarrier()
	if err != nil {
		return err
	}
	if other != "" {
		r.head = append(r.head, "  "+other)
	}
	if r.template != nil && r.template.Status == world.Archived {
		r.head = append(r.head,
			fmt.Sprintf("  Template %s is Archived: nothing is sent from it", r.template.Key),
			fmt.Sprintf("    try: client.Templates.Unarchive(ctx, %q)", r.template.ID))
	}
	r.named = len(r.head) > 1
	return nil
}

// emailsSearched is among how many Profiles similar addresses are searched.
const emailsSearched = 2000

// unknownAddress explains an address without a Profile.
func (r *report) unknownAddress() (string, error) {
	line := "there is no Profile with the email " + r.q.To
	p, err := r.tx.ProfileByExternalID(r.q.To)
	if p == nil && err == nil {
		p, err = r.tx.Profile(r.q.To)
	}
	if err != nil {
		return "", err
	}
	if p != nil {
		return fmt.Sprintf("%s; it is an id of the Profile with the email %s", line, p.Email), nil
	}
	known, err := r.tx.Emails(emailsSearched)
	if err != nil {
		return "", err
	}
	near := similar(r.q.To, known)
	local, _, _ := strings.Cut(r.q.To, "@")
	for _, email := range known {
		if strings.HasPrefix(email, local+"@") && !slices.Contains(near, email) {
			near = append(near, email)
		}
	}
	if len(near) > 0 {
		line += "; a similar one is " + firstNames(near)
		if len(near) > 1 {
			line = strings.Replace(line, "a similar one is", "similar ones are", 1)
		}
	}
	return line, nil
}

// add adds a part with a rank, unless it is empty. A part that has nothing to do with the Template asked for gets the
// rank rankFar.
func (r *report) add(rank int, heading string, blocks []block) {
	if len(blocks) == 0 {
		return
	}
	slices.SortStableFunc(blocks, func(a, b block) int { return a.rank - b.rank })
	if rank == rankNear && blocks[0].rank > 0 {
		rank = rankFar
	}
	r.parts = append(r.parts, part{heading, rank, blocks})
}

// text returns the text of the report. It says so if not everything was read.
func (r *report) text() string {
	text := r.partsText()
	if r.full {
		text += fmt.Sprintf("\nnote: at most %d runs, events and unsent emails of a kind, and %d carriers of a type, "+
			"were read; there may be more", reportReads, carriersRead)
	}
	if r.tail != "" {
		text += "\n" + r.tail
	}
	return text
}

// read notes how many rows a read returned.
func (r *report) read(rows int) { r.full = r.full || rows >= reportReads }

// partsText returns the head and the parts, nearest first. It shows as many blocks of each part as fit.
func (r *report) partsText() string {
	slices.SortStableFunc(r.parts, func(a, b part) int { return a.rank - b.rank })
	var lines []string
	for blocks := partBlocks; blocks > 0; blocks-- {
		lines = slices.Clone(r.head)
		for _, each := range r.parts {
			lines = append(lines, each.lines(blocks)...)
		}
		if len(lines) <= reportLines {
			return strings.Join(lines, "\n")
		}
	}

	lines = slices.Clone(r.head)
	var left []string
	for _, each := range r.parts {
		shown := each.lines(1)
		if len(lines)+len(shown) < reportLines {
			lines = append(lines, shown...)
			continue
		}
		left = append(left, fmt.Sprintf("%s (%d)", each.heading, count(each.blocks)))
	}
	if len(left) > 0 {
		lines = append(lines, "also: "+strings.Join(left, ", "))
	}
	return strings.Join(lines, "\n")
}

// lines returns the lines of a part with its first blocks. The rest is counted.
func (p part) lines(blocks int) []string {
	lines := []string{p.heading + ":"}
	if len(p.blocks) == 0 {
		return lines
	}
	blocks = min(blocks, len(p.blocks))
	for _, each := range p.blocks[:blocks] {
		for i, line := range each.lines {
			indent := "  "
			if i > 0 {
				indent = "    "
			}
			lines = append(lines, indent+line)
		}
	}
	if left := count(p.blocks[blocks:]); left > 0 {
		lines = append(lines, fmt.Sprintf("  … and %d more", left))
	}
	return lines
}

// count returns how many things the blocks stand for.
func count(blocks []block) (n int) {
	for _, each := range blocks {
		n += max(1, each.count) + each.unread
	}
	return n
}

// email returns the email of a Profile, or a description of a deleted one.
func (r *report) email(profileID string) (string, error) {
	if profileID == r.profileID() {
		return r.profile.Email, nil
	}
	return emailOf(r.tx, profileID)
}

// of returns " of <email>" if the query asks for nobody. Otherwise everything is about the same person.
func (r *report) of(profileID string) (string, error) {
	if r.q.To != "" {
		return "", nil
	}
	email, err := r.email(profileID)
	return " of " + email, err
}

// advance returns the call that moves the clock to a point in time, "" if it has passed.
func (r *report) advance(until time.Time) string {
	if !until.After(r.tx.Now) {
		return ""
	}
	return "emu.Advance(" + goDuration(r.ahead(until)) + ")"
}

// ahead returns how far to move the clock to reach a point in time. Parts of a second are rounded up, because a clock
// that follows the machine's time has moved on since the test looked.
func (r *report) ahead(until time.Time) time.Duration {
	d := until.Sub(r.tx.Now)
	if rest := d % time.Second; d > time.Second && rest > 0 {
		d += time.Second - rest
	}
	return d
}

// clockOf returns the end of a sentence that names the time. There is none without a transaction.
func clockOf(tx *world.Tx) string {
	if tx == nil {
		return ""
	}
	return "; the clock is at " + world.Stamp(tx.Now)
}

// goDuration formats a duration as Go source.
func goDuration(d time.Duration) string {
	var terms []string
	for _, unit := range []struct {
		size time.Duration
		name string
	}{
		{time.Hour, "time.Hour"},
		{time.Minute, "time.Minute"},
		{time.Second, "time.Second"},
		{time.Millisecond, "time.Millisecond"},
	} {
		if n := d / unit.size; n > 0 {
			terms = append(terms, fmt.Sprintf("%d*%s", n, unit.name))
			d -= n * unit.size
		}
	}
	if len(terms) == 1 {
		return strings.Replace(terms[0], "*", " * ", 1)
	}
	return strings.Join(terms, " + ")
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
