package journey

import (
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// transactional is the purpose of a Template that needs no subscription group.
const transactional = "Transactional"

func parseEmail(o members, n *Node, settings Settings) behavior {
	node := &EmailNode{
		Template:          o.required("template", "the id or key of a template"),
		SubscriptionGroup: o.text("subscriptionGroup"),
		SenderProfile:     o.text("senderProfile"),
		OnUnsubscribed:    settings.OnUnsubscribed,
		OnFailure:         settings.OnSendFailure,
	}
	n.Email = node

	if o.has("onUnsubscribed") {
		node.OnUnsubscribed = o.oneOf("onUnsubscribed", Exit, Skip)
	}
	if o.has("onFailure") {
		node.OnFailure = o.oneOf("onFailure", Exit, Continue)
	}

	switch subject := o.raw["subject"].(type) {
	case string:
		node.subject = o.p.template(o.text("subject"), cond.Below(o.at, "subject"))
	case map[string]any:
		node.subject = o.p.expression(subject, cond.Below(o.at, "subject"))
	default:
		if o.has("subject") {
			o.add("subject", "must be text or an expression (%s), not %s", expressions, cond.KindOf(subject))
		}
	}
	return node
}

func (node *EmailNode) check(c *checker, n *Node) {
	if node.SubscriptionGroup != "" && !c.refs.SubscriptionGroup(node.SubscriptionGroup) {
		c.add(n.at+"/subscriptionGroup", "there is no subscription group %q", node.SubscriptionGroup)
	}
	node.checkSender(c, n.at)
	if node.Template != "" {
		node.checkTemplate(c, n.at)
	}
	c.value(node.subject, n.at+"/subject")
}

func (node *EmailNode) checkSender(c *checker, at string) {
	if node.SenderProfile == "" {
		return
	}
	switch verified, ok := c.refs.SenderProfile(node.SenderProfile); {
	case !ok:
		c.add(at+"/senderProfile", "there is no sender profile %q", node.SenderProfile)
	case !verified:
		c.add(at+"/senderProfile", "the sender profile %q has no verified domain", node.SenderProfile)
	}
}

func (node *EmailNode) checkTemplate(c *checker, at string) {
	purpose, active, senderVerified, ok := c.refs.Template(node.Template)
	if !ok {
		c.add(at+"/template", "there is no template %q", node.Template)
		return
	}
	if !active {
		c.add(at+"/template", "the template %q is archived", node.Template)
	}
	if purpose != transactional && node.SubscriptionGroup == "" {
		c.add(at+"/subscriptionGroup",
			"is required: the template %q is %s, and only %s email needs no subscription group",
			node.Template, purpose, transactional)
	}
	if node.SenderProfile == "" && !senderVerified {
		c.add(at+"/template", "the sender of the template %q has no verified domain", node.Template)
	}
}

func (*EmailNode) edges(n *Node) []Edge { return n.onlyNext(true) }

// arrive requests the email. The run waits until [Definition.AfterEmail].
func (node *EmailNode) arrive(_ *Definition, _ *Node, in Input) (Effect, error) {
	email := &Email{
		Template:          node.Template,
		SubscriptionGroup: node.SubscriptionGroup,
		SenderProfile:     node.SenderProfile,
	}
	if node.subject != nil {
		found, _, err := node.subject.eval(in.Env)
		if err != nil {
			return Effect{}, err
		}
		email.Subject, _ = cond.Text(found)
	}
	return Effect{Email: email}, nil
}

func (node *EmailNode) words(*Node) cond.Phrase {
	phrase := sentence("sends an email from the Template %s", cond.Quote(node.Template))
	add := func(yes bool, format, value string) {
		if yes {
			phrase.Of = append(phrase.Of, sentence(format, value))
		}
	}
	add(node.SubscriptionGroup != "", "only to those who consent to %s", cond.Quote(node.SubscriptionGroup))
	add(node.SenderProfile != "", "the sender is %s", cond.Quote(node.SenderProfile))
	if node.subject != nil {
		add(true, "the subject is %s", node.subject.words())
	}
	add(true, "if the Profile may not get it, %s", thenWords(node.OnUnsubscribed))
	add(true, "if it cannot be sent, %s", thenWords(node.OnFailure))
	return phrase
}

func (*EmailNode) fire(*Node) (Effect, bool) { return Effect{}, false }

// The ways an EmailSend ends.
const (
	statusSent    = "Sent"
	statusSkipped = "Skipped"
	statusFailed  = "Failed"
)

// The outcomes of an email node. The last two are followed by the EmailSend's
// reason.
const (
	outcomeSent    = "sent"
	outcomeSkipped = "skipped: "
	outcomeFailed  = "failed: "
)

// The reasons for skipping an EmailSend that have another name as the reason of a
// run. The last one is followed by the kind of suppression.
const (
	skipNotOptedIn = "not_opted_in"
	skipSuppressed = "suppressed_"
)

// AfterEmail is the step of a run whose email has ended. The status is Sent, Skipped
// or Failed. The reason is the send's failure message.
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
		return Effect{Outcome: outcome, End: &End{Status: Exited, Reason: SkipClass(reason)}}, nil
	case statusFailed:
		outcome := outcomeFailed + reason
		if n.Email.OnFailure == Continue {
			return Effect{Outcome: outcome, Next: n.Next}, nil
		}
		return Effect{Outcome: outcome, End: &End{Status: Failed, Error: reason}}, nil
	}
	return Effect{}, fmt.Errorf("an EmailSend does not end as %q", status)
}

// SkipClass returns the reason of a run that ends because its email was skipped for a
// reason. All kinds of suppression are one, and so are all ways to lack consent.
func SkipClass(skip string) string {
	switch {
	case skip == skipNotOptedIn:
		return ReasonUnsubscribed
	case strings.HasPrefix(skip, skipSuppressed):
		return ReasonSuppressed
	}
	return skip
}
