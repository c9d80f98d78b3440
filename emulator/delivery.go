package emulator

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Delivery, decided here: an EmailSend ends Sent, Failed or Skipped; what happens afterwards are facts on its message.
//
// Consent and suppression are looked at just before the mail leaves, so a send is accepted first and skipped then. An
// accepted mail is delivered one second later unless its address is simulated.

const (
	delivery     = time.Second
	reaction     = time.Second     // from delivered to opened, clicked, complained, unsubscribed
	greylisting  = 5 * time.Minute // from delayed to delivered
	softBounces  = 5               // in a row suppress an address
	relayTimeout = 10 * time.Second
)

// outcomes are the facts that follow accepted, each with its time after the one before.
var outcomes = map[string][]step{
	"delivered":    {{"delivered", delivery}},
	"bounced":      {{"bounced:hard", delivery}},
	"soft-bounced": {{"bounced:soft", delivery}},
	"delayed":      {{"delayed", delivery}, {"delivered", greylisting}},
	"complained":   {{"delivered", delivery}, {"complained", reaction}},
	"opened":       {{"delivered", delivery}, {"opened", reaction}},
	"clicked":      {{"delivered", delivery}, {"opened", reaction}, {"clicked", reaction}},
	"unsubscribed": {{"delivered", delivery}, {"unsubscribed", reaction}},
}

type step struct {
	fact  string
	after time.Duration
}

// amazon are the addresses of the SES simulator, and what they are here.
var amazon = map[string]string{"success": "delivered", "bounce": "bounced", "complaint": "complained", "suppressionlist": "suppressed"}

// simulated tells what a lower-case simulated address asks for; ok is false for a real one.
func simulated(email string) (outcome string, ok bool) {
	local, domain, _ := strings.Cut(email, "@")
	local, _, _ = strings.Cut(local, "+")
	switch domain {
	case "simulator.test":
		return local, true
	case "resend.dev":
		return local, slices.Contains([]string{"delivered", "bounced", "complained"}, local)
	case "simulator.amazonses.com":
		return amazon[local], true
	}
	return "", false
}

// deliver ends a Queued send: Skipped when consent or suppression forbids it, Failed when nothing could be rendered,
// else it leaves.
func (e *Emulator) deliver(tx *store.Tx, task store.Task) error {
	d, err := tx.Departure(task.Ref)
	if err != nil || d == nil || d.Status != "Queued" {
		return err
	}
	reason, err := e.skipReason(tx, d)
	if err != nil {
		return err
	}
	send := &d.EmailSend
	if reason != "" {
		return e.dropSend(tx, send, "Skipped", reason)
	}
	if !d.Rendered {
		return e.dropSend(tx, send, "Failed", "template_render_failed")
	}
	if _, magic := simulated(strings.ToLower(send.To)); e.options.smtp != "" && !magic {
		return e.startRelay(tx, send)
	}
	return e.post(tx, send)
}

// skipReason is why a send must not leave now, "" when it may.
func (e *Emulator) skipReason(tx *store.Tx, d *store.Departure) (string, error) {
	if !d.Known {
		return "profile_deleted", nil
	}
	if reason := suppressed(d.To, d.Suppressed); reason != "" || d.SubscriptionGroupID == "" {
		return reason, nil
	}
	c, err := e.catalog(tx)
	if err != nil || c.groups[d.SubscriptionGroupID] == nil {
		return "", err
	}
	return chosen(c.groups[d.SubscriptionGroupID], d.Subscription), nil
}

// dropSend ends a send whose mail does not leave; what was rendered for it is forgotten.
func (e *Emulator) dropSend(tx *store.Tx, send *store.EmailSend, status, reason string) error {
	send.Status, send.FailureMessage, send.MessageID = status, reason, ""
	if err := tx.DropMessage(send); err != nil {
		return err
	}
	return e.endSend(tx, send)
}

// post lets a mail leave: it is in the outbox, and its next fact is scheduled.
func (e *Emulator) post(tx *store.Tx, send *store.EmailSend) error {
	send.Status = "Sent"
	if send.MessageID == "" { // a relayed one has it
		send.MessageID = tx.NewID()
	}
	if err := e.endSend(tx, send); err != nil {
		return err
	}
	if err := e.addFact(tx, send, "accepted", nil); err != nil {
		return err
	}
	outcome, _ := simulated(strings.ToLower(send.To))
	if outcomes[outcome] == nil {
		outcome = "delivered"
	}
	_, err := tx.AddTask(tx.Now.Add(outcomes[outcome][0].after), "outcome", send.ID, outcome+" 0")
	return err
}

func (e *Emulator) endSend(tx *store.Tx, send *store.EmailSend) error {
	if err := tx.EndSend(send); err != nil {
		return err
	}
	if send.CarrierType != "journey" {
		return nil
	}
	return e.sendEnded(tx, send)
}

// outcome is the next fact of a plan.
func (e *Emulator) outcome(tx *store.Tx, task store.Task) error {
	plan, n := task.Arg, 0
	if name, index, ok := strings.Cut(task.Arg, " "); ok {
		plan, n = name, int(index[0]-'0')
	}
	send, err := tx.Send(task.Ref)
	if err != nil || send == nil {
		return err
	}
	steps := outcomes[plan]
	if err := e.happen(tx, send, steps[n].fact); err != nil {
		return err
	}
	if n+1 == len(steps) {
		return nil
	}
	_, err = tx.AddTask(tx.Now.Add(steps[n+1].after), "outcome", send.ID, plan+" "+string(rune('1'+n)))
	return err
}

// happen records a fact of a plan with what it brings about.
func (e *Emulator) happen(tx *store.Tx, send *store.EmailSend, what string) error {
	switch kind, detail, _ := strings.Cut(what, ":"); kind {
	case "bounced":
		return e.bounce(tx, send, detail)
	case "complained":
		return e.complain(tx, send)
	case "unsubscribed":
		if send.SubscriptionGroupID == "" {
			return nil
		}
		return e.unsubscribe(tx, send, send.SubscriptionGroupID, "one_click")
	case "clicked":
		m, err := tx.Mail(send.MessageID)
		if err != nil || m == nil {
			return err
		}
		links := mail.Links(m.HTML)
		if len(links) == 0 {
			return nil // nothing to click on
		}
		return e.addFact(tx, send, "clicked", map[string]any{"url": links[0].URL})
	case "delivered":
		if err := addressAnswers(tx, send.To); err != nil {
			return err
		}
		return e.addFact(tx, send, kind, nil)
	default:
		return e.addFact(tx, send, kind, nil)
	}
}

// bounce is hard or soft.
func (e *Emulator) bounce(tx *store.Tx, send *store.EmailSend, kind string) error {
	code := "5.1.1"
	if kind == "soft" {
		code = "4.2.2"
	}
	if err := e.addFact(tx, send, "bounced", map[string]any{"kind": kind, "code": code}); err != nil {
		return err
	}
	return addressBounces(tx, send.To, kind, code)
}

// addressBounces keeps the latest bounce of an address. A hard one suppresses it, as do five soft ones in a row.
func addressBounces(tx *store.Tx, email, kind, code string) error {
	address, err := addressOf(tx, email)
	if err != nil || address == nil {
		return err
	}
	address.Bounce, address.Code = kind, code
	if kind == "soft" {
		address.SoftBounces++
	}
	if address.Suppressed == "" && (kind == "hard" || address.SoftBounces >= softBounces) {
		address.Suppressed = "bounce"
	}
	return tx.PutAddress(*address)
}

// addressAnswers lets the count of soft bounces in a row begin anew.
func addressAnswers(tx *store.Tx, email string) error {
	address, err := addressOf(tx, email)
	if err != nil || address == nil || address.SoftBounces == 0 {
		return err
	}
	address.SoftBounces = 0
	return tx.PutAddress(*address)
}

// complain suppresses the address and takes the Profile out of the group that the mail went to.
func (e *Emulator) complain(tx *store.Tx, send *store.EmailSend) error {
	if err := e.addFact(tx, send, "complained", nil); err != nil {
		return err
	}
	if err := suppress(tx, send.To, "complaint"); err != nil {
		return err
	}
	if send.SubscriptionGroupID == "" {
		return nil
	}
	return e.setSubscription(tx, send.ProfileID, send.SubscriptionGroupID, "Unsubscribed", "complaint")
}

// addFact records a fact once; only opens and clicks can happen again.
func (e *Emulator) addFact(tx *store.Tx, send *store.EmailSend, kind string, detail map[string]any) error {
	if kind != "accepted" && kind != "opened" && kind != "clicked" {
		known, err := tx.Facts(send)
		if err != nil || slices.ContainsFunc(known, func(f store.Fact) bool { return f.Type == kind }) {
			return err
		}
	}
	raw := json.RawMessage("{}")
	if detail != nil {
		var err error
		if raw, err = json.Marshal(detail); err != nil {
			return err
		}
	}
	if err := tx.AddFact(send, store.Fact{Type: kind, Detail: raw, At: tx.Now}); err != nil {
		return err
	}
	return e.mailTouched(tx, send, kind)
}

// startRelay hands a mail to the SMTP server once the send is stored as Processing: a process killed from here on does
// not know whether the server took it, and never sends it again.
func (e *Emulator) startRelay(tx *store.Tx, send *store.EmailSend) error {
	send.Status, send.MessageID = "Processing", tx.NewID()
	if err := tx.EndSend(send); err != nil {
		return err
	}
	m, err := tx.Mail(send.MessageID)
	if err != nil {
		return err
	}
	m.SentAt = tx.Now
	org := tx.Org
	e.after = append(e.after, func() error { return e.finishRelay(org, m) })
	return nil
}

func (e *Emulator) finishRelay(org string, m *store.Mail) error {
	raw, err := mail.Build(asMail(m))
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), relayTimeout)
		defer cancel()
		recipients := []string{m.Send.To}
		for _, copies := range [][]store.Mailbox{m.Send.CC, m.Send.BCC} {
			for _, c := range copies {
				recipients = append(recipients, c.Email)
			}
		}
		err = mail.Relay(ctx, e.options.smtp, m.Send.From.Email, recipients, raw)
	}
	tx, beginErr := e.db.Begin(e.last, org, e.newID)
	if beginErr != nil {
		return beginErr
	}
	send := m.Send
	if err != nil {
		e.log.Error("relay failed", "send", send.ID, "error", err)
		err = e.dropSend(tx, &send, "Failed", "relay_failed")
	} else {
		err = e.post(tx, &send)
	}
	if err != nil {
		return err
	}
	return e.commit(tx)
}

// asMail is a message as RFC 5322 has it. Its id and date are the emulator's, so equal worlds give equal bytes.
func asMail(m *store.Mail) mail.Message {
	out := mail.Message{From: flip(m.Send.From), To: []mail.Address{{Email: m.Send.To}}, Cc: addresses(m.Send.CC),
		Bcc: addresses(m.Send.BCC), Subject: m.Subject, MessageID: m.ID + "@" + mail.Domain(m.Send.From.Email), Date: m.SentAt,
		Headers: m.Headers, HTML: m.HTML, Text: m.Text}
	if m.Send.ReplyTo != nil {
		replyTo := flip(*m.Send.ReplyTo)
		out.ReplyTo = &replyTo
	}
	return out
}

func flip(m store.Mailbox) mail.Address { return mail.Address{Name: m.Name, Email: m.Email} }

func addresses(boxes []store.Mailbox) []mail.Address {
	var out []mail.Address
	for _, b := range boxes {
		out = append(out, flip(b))
	}
	return out
}

// endInterruptedRelays fails the mail that a stopped process had in the hands of the SMTP server: it may have left, so it
// is not sent again.
func (e *Emulator) endInterruptedRelays() error {
	return e.eachOrganization(func(tx *store.Tx) error {
		sends, err := tx.UnfinishedRelays()
		if err != nil {
			return err
		}
		for i := range sends {
			if err := e.dropSend(tx, &sends[i], "Failed", "relay_interrupted"); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachOrganization acts in every Organization, in one transaction. The caller holds the lock.
func (e *Emulator) eachOrganization(act func(tx *store.Tx) error) error {
	tx, err := e.db.Begin(e.now(), "", e.newID)
	if err != nil {
		return err
	}
	orgs, err := tx.OrganizationIDs()
	if err != nil {
		return e.rollback(tx, err)
	}
	for _, org := range orgs {
		tx.Org = org
		if err := act(tx); err != nil {
			return e.rollback(tx, err)
		}
	}
	return e.commit(tx)
}
