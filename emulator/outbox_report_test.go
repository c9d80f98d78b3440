package emulator_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// reportsFile has the text of each case of the tests below. With -update, TestReports writes it.
const reportsFile = "testdata/reports.txt"

// extras are Journeys and Templates in addition to those of Acme Outdoor.
const extras = `
templates:
  - {key: news, purpose: Transactional, definition: {subject: "News about ${/data/topic}", text: hello}}
  - {key: old, purpose: Transactional, definition: {subject: Old, text: hello}}
  - {key: bare, purpose: Transactional, definition: {subject: "${/data/title}", text: hello}}
segments:
  - {key: everyone, name: Everyone, definition: {$state: /profile/email, exists: true}}
  - {key: vip, name: VIP, definition: {$state: /profile/vip, eq: true}}
journeys:
  - {key: paused, status: Paused, entry: {type: event, event: cart.left}, start: a,
     nodes: [{id: a, type: email, template: news, next: b}, {id: b, type: exit}]}
  - {key: draft, entry: {type: event, event: cart.filled}, start: a, nodes: [{id: a, type: exit}]}
  - key: renewal
    status: Active
    entry: {type: event, event: plan.ending}
    start: pause
    nodes:
      - id: pause
        type: waitFor
        timeout: P2D
        timeoutNext: remind
        branches:
          - {id: paid, event: invoice.paid, filter: {$state: /event/total, gt: 0}, next: done}
          - {id: gold, condition: {$state: /profile/tier, eq: platinum}, next: done}
      - {id: remind, type: email, template: news, next: done}
      - {id: done, type: exit}
  - key: split
    status: Active
    entry: {type: event, event: survey.due}
    start: arms
    nodes:
      - id: arms
        type: randomCohort
        arms: [{id: control, percent: 100, next: done}, {id: mail, percent: 0, next: ask}]
      - {id: ask, type: email, template: news, next: done}
      - {id: done, type: exit}
  - {key: vips, status: Active, entry: {type: segment, segment: vip}, audience: {$state: /profile/tier, eq: gold},
     start: a, nodes: [{id: a, type: email, template: news, next: b}, {id: b, type: exit}]}
  - {key: slow, status: Active, entry: {type: event, event: login.failed}, start: wait, nodes: [
       {id: wait, type: delay, for: P1D, next: mail}, {id: mail, type: email, template: old, next: end},
       {id: end, type: exit}]}
  - {key: patient, status: Active, entry: {type: event, event: login.slow}, settings: {onSendFailure: continue},
     start: wait, nodes: [
       {id: wait, type: delay, for: P1D, next: mail}, {id: mail, type: email, template: old, next: more},
       {id: more, type: delay, for: PT90S, next: end}, {id: end, type: exit}]}
  - {key: strict, status: Active, entry: {type: event, event: login.blocked, key: /event/device},
     reentry: {mode: afterExit, cooldown: P1D}, start: a,
     nodes: [{id: a, type: email, template: bare, next: b}, {id: b, type: exit}]}
`

func (s shop) seedText(text string) {
	s.Helper()
	more, err := emulator.ParseSeed([]byte(text))
	require.NoError(s, err)
	require.NoError(s, s.emu.Seed(more))
}

// event tracks an event of a Profile.
func (s shop) event(name, email string, data ...any) {
	s.Helper()
	event := &segmentflow.TrackEventParams{Event: name, Profile: segmentflow.ProfileIdentity{Email: email}}
	if len(data) > 0 {
		event.Data = data[0]
	}
	s.track(event)
}

// mailTo returns an email from the Template news.
func (s shop) mailTo(email string) *segmentflow.SendEmailParams {
	return &segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "news"),
		To:         &segmentflow.Recipient{Email: email},
		Data:       object{"topic": "tents"},
	}
}

// sale returns a Broadcast to everyone.
func (s shop) sale() *segmentflow.Broadcast {
	s.Helper()
	p := s.autumn()
	p.SegmentID = s.emu.ID("segment", "everyone")
	return s.broadcast(p)
}

func (s shop) confirm(b *segmentflow.Broadcast) string {
	s.Helper()
	return must(s.client.Broadcasts.CreateConfirmation(s.Context(), b.ID))(s).ConfirmationID
}

func (s shop) schedule(b *segmentflow.Broadcast) {
	s.Helper()
	must(s.client.Broadcasts.Schedule(s.Context(), b.ID,
		&segmentflow.ScheduleCarrierParams{ScheduledAt: s.emu.Now().Add(24 * time.Hour)}))(s)
}

// trialJourney returns the seed of the Journey trial-onboarding.
func trialJourney(s shop) string {
	raw, err := os.ReadFile("testdata/acme.yaml")
	require.NoError(s, err)
	_, rest, _ := strings.Cut(string(raw), "\njourneys:\n")
	journey, _, _ := strings.Cut(rest, "\n\n")
	return "journeys:\n" + journey
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// plain replaces the ids in a text by #1, #2 and so on.
func plain(text string) string {
	known := map[string]string{}
	return uuids.ReplaceAllStringFunc(text, func(id string) string {
		if known[id] == "" {
			known[id] = fmt.Sprintf("#%d", len(known)+1)
		}
		return known[id]
	})
}

// TestAMistakeInAQueryIsNoEmptyAnswer asks for a Template and a carrier that do not exist.
func TestAMistakeInAQueryIsNoEmptyAnswer(t *testing.T) {
	const noTemplate = `there is no Template "order-recept"; there are order-receipt, ` +
		"password-reset, trial-welcome, trial-reminder, autumn-sale and 2 more"
	s := openShop(t)
	s.send(receipt(s.receipt(), 1))
	mistakes := map[string]func(emulator.Outbox) emulator.Outbox{
		noTemplate: of("order-recept"),
		`there is no carrier type "jounrey"; there are journey, email, test, broadcast and newsletterIssue`: func(
			outbox emulator.Outbox,
		) emulator.Outbox {
			return outbox.Carrier("jounrey")
		},
		`there is no broadcast carrier "nope"; there are none`: func(outbox emulator.Outbox) emulator.Outbox {
			return outbox.Carrier(emulator.CarrierBroadcast, "nope")
		},
		`"trial-onboarding" is a Journey, and Carrier takes the id of a run: ` +
			`emu.Runs("trial-onboarding") has the runs`: func(outbox emulator.Outbox) emulator.Outbox {
			return outbox.Carrier(emulator.CarrierJourney, "trial-onboarding")
		},
	}
	for want, narrow := range mistakes {
		w := &recorder{}
		outbox := narrow(emulator.Start(w, emulator.WithSeedFile("testdata/acme.yaml")).Outbox())
		require.Zero(t, outbox.Count())
		require.Empty(t, outbox.All())
		require.Nil(t, outbox.Last())
		for range 3 {
			require.Equal(t, "emulator: outbox: "+want, w.failures[0])
			w.failures = w.failures[1:]
		}
		for _, ask := range []func(emulator.TB){func(t emulator.TB) { outbox.Only(t) }, outbox.None} {
			require.Equal(t, "outbox: "+want, failureOf(t, ask))
		}
	}

	outside, err := emulator.New()
	require.NoError(t, err)
	defer outside.Close()
	require.PanicsWithValue(t,
		`emulator: outbox: there is no Template "helo"; there is only hello`,
		func() { outside.Outbox().Template("helo").Count() })
	require.Zero(t, s.emu.Outbox().To("nobody@example.com").Count(), "an address may be any")
	require.Equal(t, 1, s.emu.Outbox().Template(strings.ToUpper(s.receipt())).Count())
}

// TestAnEmailAtTheServerIsExplained asks for an email that the SMTP server has not taken yet.
func TestAnEmailAtTheServerIsExplained(t *testing.T) {
	const processing = "not sent:\n  EmailSend #1 to alex@example.com, Template password-reset: Processing\n"
	ask := func(answer func(string) string, wait func(*postOffice, *emulator.Emulator)) string {
		post := openPost(t, answer)
		emu := openShop(t, emulator.WithSMTP(post.addr)).emu
		sendTo(t, emu, "password-reset", "alex@example.com")
		wait(post, emu)
		text := failureOf(t, func(w emulator.TB) { emu.Outbox().To("alex@example.com").Only(w) })
		_, text, _ = strings.Cut(text, "\nnothing was sent\n")
		return plain(text)
	}

	silent := func(string) string { return silence }
	require.Equal(t, processing+"    it is being handed to the SMTP server\n"+
		"    try: emu.Idle(ctx), which waits for it",
		ask(silent, func(post *postOffice, _ *emulator.Emulator) { <-post.reached }))

	busy := func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			return "451 4.3.2 busy"
		}
		return ""
	}
	require.Equal(t, processing+"    the SMTP server said 451 4.3.2 busy\n"+
		"    the next try is at 2026-03-02T09:01:00.000Z\n"+
		"    try: emu.Advance(1 * time.Minute)",
		ask(busy, func(_ *postOffice, emu *emulator.Emulator) { idle(t, emu) }))
}

// TestAFailureShowsNoSensitiveValue has a sensitive value in the subject and in a link.
func TestAFailureShowsNoSensitiveValue(t *testing.T) {
	s := openShop(t)
	s.seedText(`
templates:
  - key: code
    purpose: Transactional
    definition:
      subject: "Code ${/data/code}"
      text: "Go to https://acme.example/?code=${/data/code} now"
      sensitiveTransactionalVariablePaths: [/data/code]
`)
	s.send(&segmentflow.SendEmailParams{
		TemplateID: s.emu.ID("template", "code"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		Data:       object{"code": "s3cr3t"},
	})
	msg := s.emu.Outbox().Only(t)
	require.Equal(t, "Code s3cr3t", msg.Subject)
	outbox := s.emu.Outbox()
	clicked := s.emu.Click(msg, "nowhere").Error()
	require.Contains(t, clicked, `it has no web link that contains "nowhere"; `+
		"msg.Links() has its links (1), and they may contain sensitive values")
	for _, text := range []string{
		clicked,
		failureOf(t, outbox.None),
		failureOf(t, func(w emulator.TB) { outbox.To("bruno@example.com").Only(w) }),
		failureOf(t, func(w emulator.TB) { outbox.Carrier(emulator.CarrierEmail, "nope").Only(w) }),
	} {
		require.Contains(t, text, `Code [redacted]`)
		require.NotContains(t, text, "s3cr3t")
	}
}

// TestAReportSaysThatItReadNotEverything has more runs than a report reads.
func TestAReportSaysThatItReadNotEverything(t *testing.T) {
	const note = "note: at most 200 runs, events and unsent emails of a kind, and 20 carriers of a type, " +
		"were read; there may be more"
	s := openShop(t)
	s.seedText(extras)
	ask := func() string {
		return failureOf(t, func(w emulator.TB) { s.emu.Outbox().Template("old").Only(w) })
	}
	for n := range 201 {
		if n == 150 {
			require.NotContains(t, ask(), note)
		}
		s.event("login.failed", fmt.Sprintf("p%d@example.com", n))
	}
	require.Contains(t, ask(), "\n"+note)

	s = openShop(t)
	s.seedText(extras)
	for range 20 {
		require.NotContains(t, ask(), note)
		s.sale()
	}
	require.Contains(t, ask(), "\n"+note)
}

// TestReports compares the whole text of each failure.
func TestReports(t *testing.T) {
	var all strings.Builder
	for _, c := range reportCases {
		s := openShop(t)
		s.seedText(extras)
		c.provoke(s)
		text := plain(failureOf(t, func(w emulator.TB) { c.ask(s.emu.Outbox()).Only(w) }))
		require.LessOrEqual(t, strings.Count(text, "\n")+1, 26, c.name)
		fmt.Fprintf(&all, "== %s\n%s\n\n", c.name, text)
	}
	for _, c := range lookingReports {
		s := openShop(t)
		s.seedText(extras)
		c.provoke(s)
		w := &recorder{}
		c.ask(s, w)
		require.Len(t, w.failures, 1, c.name)
		text := plain(w.failures[0])
		require.LessOrEqual(t, strings.Count(text, "\n")+1, 26, c.name)
		fmt.Fprintf(&all, "== %s\n%s\n\n", c.name, text)
	}
	all.WriteString(verbReports(t))
	all.WriteString(guardReports(t))
	all.WriteString(waitReports(t))
	if *update {
		require.NoError(t, os.WriteFile(reportsFile, []byte(all.String()), 0o600))
	}
	want, err := os.ReadFile(reportsFile)
	require.NoError(t, err)
	require.Equal(t, string(want), all.String())
}
