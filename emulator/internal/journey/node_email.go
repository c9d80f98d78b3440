package journey

import (
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// transactional is the purpose of a Template that needs no subscription group.
const transactional = "Transactional"

func parseEmail(o members, n *Node, s Settings) behavior {
	e := &EmailNode{
		Template:          o.need("template", "the id or key of a template"),
		SubscriptionGroup: o.text("subscriptionGroup"),
		SenderProfile:     o.text("senderProfile"),
		OnUnsubscribed:    s.OnUnsubscribed,
		OnFailure:         s.OnSendFailure,
	}
	n.Email = e
	if o.has("onUnsubscribed") {
		e.OnUnsubscribed = o.oneOf("onUnsubscribed", Exit, Skip)
	}
	if o.has("onFailure") {
		e.OnFailure = o.oneOf("onFailure", Exit, Continue)
	}
	switch subject := o.raw["subject"].(type) {
	case string:
		e.subject = o.p.template(o.text("subject"), cond.Below(o.at, "subject"))
	case map[string]any:
		e.subject = o.p.expression(subject, cond.Below(o.at, "subject"))
	default:
		if o.has("subject") {
			o.add("subject", "must be text or an expression (%s), not %s", expressions, cond.KindOf(subject))
		}
	}
	return e
}

func (e *EmailNode) check(c *checker, n *Node) {
	if e.SubscriptionGroup != "" && !c.refs.SubscriptionGroup(e.SubscriptionGroup) {
		c.add(n.at+"/subscriptionGroup", "there is no subscription group %q", e.SubscriptionGroup)
	}
	e.checkSender(c, n.at)
	if e.Template != "" {
		e.checkTemplate(c, n.at)
	}
	c.value(e.subject, n.at+"/subject")
}

func (e *EmailNode) checkSender(c *checker, at string) {
	if e.SenderProfile == "" {
		return
	}
	switch verified, ok := c.refs.SenderProfile(e.SenderProfile); {
	case !ok:
		c.add(at+"/senderProfile", "there is no sender profile %q", e.SenderProfile)
	case !verified:
		c.add(at+"/senderProfile", "the sender profile %q has no verified domain", e.SenderProfile)
	}
}

func (e *EmailNode) checkTemplate(c *checker, at string) {
	purpose, active, senderVerified, ok := c.refs.Template(e.Template)
	if !ok {
		c.add(at+"/template", "there is no template %q", e.Template)
		return
	}
	if !active {
		c.add(at+"/template", "the template %q is archived", e.Template)
	}
	if purpose != transactional && e.SubscriptionGroup == "" {
		c.add(at+"/subscriptionGroup", "must be given: the template %q is %s, and only %s mail goes without",
			e.Template, purpose, transactional)
	}
	if e.SenderProfile == "" && !senderVerified {
		c.add(at+"/template", "the sender of the template %q has no verified domain", e.Template)
	}
}

func (*EmailNode) edges(n *Node) []Edge { return n.onlyNext(true) }

// arrive asks for the email. The run stands until [Definition.AfterEmail].
func (e *EmailNode) arrive(_ *Definition, _ *Node, in Input) (Effect, error) {
	email := &Email{Template: e.Template, SubscriptionGroup: e.SubscriptionGroup, SenderProfile: e.SenderProfile}
	if e.subject != nil {
		v, _, err := e.subject.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		email.Subject, _ = cond.Text(v)
	}
	return Effect{Email: email}, nil
}

func (*EmailNode) fire(*Node) (Effect, bool) { return Effect{}, false }

// The ways an EmailSend ends.
const (
	statusSent    = "Sent"
	statusSkipped = "Skipped"
	statusFailed  = "Failed"
)

// The outcomes of an email node. The latter two have the EmailSend's reason
// behind them.
const (
	outcomeSent    = "sent"
	outcomeSkipped = "skipped: "
	outcomeFailed  = "failed: "
)

// The reasons for which an EmailSend is skipped, as far as they have another
// name as the reason of a run. The latter has the kind of suppression behind it.
const (
	skipNotOptedIn = "not_opted_in"
	skipSuppressed = "suppressed_"
)

// AfterEmail is the step of a run whose email has ended: Sent, Skipped or
// Failed, the reason being the send's failure message.
func (d *Definition) AfterEmail(node string, status, reason string) (Effect, error) {
	n := d.byID[node]
	if n == nil || n.Email == nil {
		return Effect{}, fmt.Errorf("journey %s has no email node %q", d.Key, node)
	}
	switch status {
	case statusSent:
		return Effect{Outcome: outcomeSent, Next: n.Next}, nil
	case statusSkipped:
		outcome := outcomeSkipped + reason
		if n.Email.OnUnsubscribed == Skip && reason != ReasonProfileDeleted {
			return Effect{Outcome: outcome, Next: n.Next}, nil
		}
		return Effect{Outcome: outcome, End: &End{Status: Exited, Reason: exitReason(reason)}}, nil
	case statusFailed:
		outcome := outcomeFailed + reason
		if n.Email.OnFailure == Continue {
			return Effect{Outcome: outcome, Next: n.Next}, nil
		}
		return Effect{Outcome: outcome, End: &End{Status: Failed, Error: reason}}, nil
	}
	return Effect{}, fmt.Errorf("a send does not end as %q", status)
}

// exitReason is why a run ends when its email was skipped.
func exitReason(skip string) string {
	switch {
	case skip == skipNotOptedIn:
		return ReasonUnsubscribed
	case strings.HasPrefix(skip, skipSuppressed):
		return ReasonSuppressed
	}
	return skip
}
