package journey

import (
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

var nodeTypes = []string{
	TypeEmail, TypeDelay, TypeWaitFor, TypeBranch, TypeRandomCohort, TypeSetProperty, TypeEmitEvent, TypeExit,
}

// node reads a node. A way on that is missing is no finding here: a draft may
// have loose ends.
func (p *parser) node(o members, s Settings) *Node {
	n := &Node{at: o.at, ID: o.need("id", "a name for the node, unique in the journey")}
	n.Type, _ = o.raw["type"].(string)
	switch n.Type {
	case TypeEmail:
		n.known(o, "template", "subscriptionGroup", "senderProfile", "subject", "onUnsubscribed", "onFailure")
		n.Email = p.emailNode(o, s)
	case TypeDelay:
		n.known(o, "for", "untilLocal", "untilProperty")
		n.Delay = p.delay(o)
		n.broken = n.Delay == nil
	case TypeWaitFor:
		o.known("id", "type", "branches", "timeout", "timeoutNext", "since", "matchKey")
		n.Wait = p.wait(o)
	case TypeBranch:
		o.known("id", "type", "paths", "default")
		n.Branch = p.branch(o)
	case TypeRandomCohort:
		o.known("id", "type", "arms", "sticky")
		n.Cohort = p.cohort(o)
	case TypeSetProperty:
		n.known(o, "set")
		n.set = p.properties(o)
	case TypeEmitEvent:
		n.known(o, "event", "data")
		p.emitted(o, n)
	case TypeExit:
		o.known("id", "type", "reason")
		n.Reason = o.text("reason")
	default:
		n.broken = true
		o.add("type", "must be one of %s, not %s", strings.Join(nodeTypes, ", "), shown(o.raw["type"]))
	}
	return n
}

// known is for the types that have one way on.
func (n *Node) known(o members, names ...string) {
	o.known(append([]string{"id", "type", "next"}, names...)...)
	n.Next = o.text("next")
}

func (p *parser) emailNode(o members, s Settings) *EmailNode {
	e := &EmailNode{
		Template:          o.need("template", "the id or key of a template"),
		SubscriptionGroup: o.text("subscriptionGroup"),
		SenderProfile:     o.text("senderProfile"),
		OnUnsubscribed:    s.OnUnsubscribed,
		OnFailure:         s.OnSendFailure,
	}
	if o.has("onUnsubscribed") {
		e.OnUnsubscribed = o.oneOf("onUnsubscribed", Exit, Skip)
	}
	if o.has("onFailure") {
		e.OnFailure = o.oneOf("onFailure", Exit, Continue)
	}
	switch subject := o.raw["subject"].(type) {
	case string:
		e.subject = p.template(o.text("subject"), below(o.at, "subject"))
	case map[string]any:
		e.subject = p.expression(subject, below(o.at, "subject"))
	default:
		if o.has("subject") {
			o.add("subject", "must be text or an expression (%s), not %s", expressions, kindOf(subject))
		}
	}
	return e
}

// delay reads the one of three kinds, nil when there is not exactly one.
func (p *parser) delay(o members) *Delay {
	var given []string
	for _, kind := range []string{"for", "untilLocal", "untilProperty"} {
		if o.has(kind) {
			given = append(given, kind)
		}
	}
	if len(given) != 1 {
		p.add(o.at, "a delay takes exactly one of for, untilLocal and untilProperty; this one has %d", len(given))
		return nil
	}
	if given[0] == "for" {
		return &Delay{For: o.duration("for", cond.ParseDuration, shortest)}
	}
	inner, ok := p.object(o.raw[given[0]], below(o.at, given[0]))
	switch {
	case !ok:
		return nil
	case given[0] == "untilLocal":
		return &Delay{Local: p.untilLocal(inner)}
	}
	return &Delay{Property: p.untilProperty(inner)}
}

func (p *parser) untilLocal(o members) *UntilLocal {
	o.known("hour", "minute", "days", "timezone")
	u := &UntilLocal{Hour: o.whole("hour", 23), Minute: o.whole("minute", 59)}
	if o.has("days") {
		for i, raw := range o.list("days") {
			day := time.Weekday(p.whole(raw, nth(o.at+"/days", i), int(time.Saturday)))
			if !slices.Contains(u.Days, day) {
				u.Days = append(u.Days, day)
			}
		}
	}
	if name := o.text("timezone"); name != "" {
		var ok bool
		if u.Zone, ok = loadZone(name); !ok {
			o.add("timezone", "must be a zone of the IANA database such as \"Europe/Berlin\", not %s", shown(name))
		}
	}
	return u
}

func (p *parser) untilProperty(o members) *UntilProperty {
	o.known("path", "offset", "ifMissing", "ifPast")
	return &UntilProperty{
		Path:      o.pointer("path"),
		Offset:    o.duration("offset", cond.ParseSignedDuration, 0),
		IfMissing: o.oneOf("ifMissing", Continue, Exit),
		IfPast:    o.oneOf("ifPast", Continue, Exit),
	}
}

func (p *parser) wait(o members) *Wait {
	w := &Wait{
		Timeout:     o.duration("timeout", cond.ParseDuration, shortest),
		TimeoutNext: o.text("timeoutNext"),
		SinceEntry:  o.oneOf("since", "arrival", "entry") == "entry",
		MatchKey:    o.flag("matchKey"),
		timed:       o.has("timeout"),
	}
	o.each("branches", "branches", func(item members) {
		item.known("id", "event", "filter", "condition", "next")
		b := WaitBranch{ID: item.need("id", "a name for the branch, unique in the node"), Next: item.text("next")}
		b.Event, b.Filter, b.Condition = item.p.trigger(item)
		w.Branches = append(w.Branches, b)
	})
	return w
}

func (p *parser) branch(o members) *Branch {
	b := &Branch{Default: o.text("default")}
	o.each("paths", "paths", func(item members) {
		item.known("id", "when", "next")
		if !item.has("when") {
			item.add("when", "must be a condition; it is missing")
		}
		b.Paths = append(b.Paths, Path{
			ID:   item.need("id", "a name for the path, unique in the node"),
			When: item.condition("when"), Next: item.text("next"),
		})
	})
	return b
}

func (p *parser) cohort(o members) *Cohort {
	c := &Cohort{PerRun: o.oneOf("sticky", "profile", "run") == "run"}
	o.each("arms", "arms", func(item members) {
		item.known("id", "percent", "next")
		share, ok := hundredths(item.raw["percent"])
		if !ok || share > fullShare {
			item.add("percent", "must be a number from 0 to 100 with at most two decimals")
		}
		c.Arms = append(c.Arms, Arm{
			ID: item.need("id", "a name for the arm, unique in the node"), Share: share, Next: item.text("next"),
		})
	})
	return c
}

// What a Profile has of its own: under these names a property would never be
// seen again.
var builtIn = []string{"id", "email", "externalId", "phone"}

func (p *parser) properties(o members) []assignment {
	set, ok := o.raw["set"].(map[string]any)
	if !ok || len(set) == 0 {
		o.add("set", "must be an object with at least one property, such as {\"tier\": \"gold\"}")
		return nil
	}
	fields := p.assignments(set, below(o.at, "set"))
	for _, f := range fields {
		switch at := below(o.at, "set"); {
		case slices.Contains(builtIn, f.name):
			p.add(below(at, f.name), "%s belongs to the Profile itself and hides a property of that name", f.name)
		case f.name == "" || isKeyword(f.name):
			p.add(below(at, f.name), "%.40q is no name for a property; an expression stands in place of one property's value", f.name)
		}
	}
	return fields
}

func (p *parser) emitted(o members, n *Node) {
	n.event = o.short("event", "the name of the event to record", longestEvent)
	if !o.has("data") {
		return
	}
	if _, ok := o.raw["data"].(map[string]any); !ok {
		o.add("data", "must be an object, not %s", kindOf(o.raw["data"]))
		return
	}
	n.data = p.value(o.raw["data"], below(o.at, "data"))
	if n.data.kind == text {
		o.add("data", "must be an object; a $template is text")
	}
}
