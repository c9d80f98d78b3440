package journey

import (
	"encoding/json"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Parse reads a definition as JSON and says everything that is wrong with its
// shape, by pointers relative to it. The definition is nil when there are
// findings. Whether it can run is for [Definition.Check] to say.
func Parse(raw []byte) (*Definition, []cond.Finding) {
	d, findings := read(raw)
	if len(findings) > 0 {
		return nil, findings
	}
	return d, nil
}

// Load reads a definition that was saved, which once was right. A rule that came since does not make it unreadable. The
// definition is nil when the document is no object.
func Load(raw []byte) *Definition {
	d, _ := read(raw)
	return d
}

// Validate is [Parse] and [Definition.Check] at once, so that a definition with
// faults of both kinds is told of all of them together. The definition is nil
// when there are findings.
func Validate(raw []byte, refs Refs) (*Definition, []cond.Finding) {
	d, findings := read(raw)
	if d == nil {
		return nil, findings
	}
	// What could not be read is not also missing.
	told := map[string]bool{}
	for _, f := range findings {
		told[f.Path] = true
	}
	for _, f := range d.Check(refs) {
		if !told[f.Path] {
			findings = append(findings, f)
		}
	}
	if len(findings) > 0 {
		return nil, findings
	}
	return d, nil
}

// Key is the key of a document, empty when it has none that can be read.
func Key(raw []byte) string {
	var head struct{ Key string }
	_ = json.Unmarshal(raw, &head) // what is wrong with the document, Parse says
	return head.Key
}

// read gives a definition, however incomplete, for every object.
func read(raw []byte) (*Definition, []cond.Finding) {
	var p parser
	document, err := cond.Decode(raw)
	if err != nil {
		p.add("", "%s", err)
		return nil, p.findings
	}
	o, ok := p.object(document, "")
	if !ok {
		return nil, p.findings
	}
	o.known("id", "key", "name", "status", "entry", "audience", "reentry", "exitOn", "settings", "start", "nodes")
	d := &Definition{ID: o.text("id"), Key: o.short("key", "the journey's stable key", longestKey)}
	d.Name = o.text("name")
	if d.Name == "" {
		d.Name = d.Key
	}
	d.Status = o.oneOf("status", "Draft", "Active", "Paused", "Archived")
	d.Entry = p.entry(o)
	d.Audience = o.condition("audience")
	d.Reentry = p.reentry(o, d.Entry)
	if o.has("exitOn") {
		d.ExitOn = p.exitRules(o)
	}
	d.Settings = p.settings(o)
	d.Start = o.text("start")
	p.nodes(o, d)
	return d, p.findings
}

func (p *parser) exitRules(doc members) []ExitRule {
	items, ok := doc.raw["exitOn"].([]any)
	if !ok {
		doc.add("exitOn", "must be a list of exit rules, not %s", cond.KindOf(doc.raw["exitOn"]))
	}
	items = within(doc, "exitOn", items, maxWays, "exit rules")
	rules := make([]ExitRule, len(items))
	for i, raw := range items {
		o, ok := p.object(raw, cond.Nth("/exitOn", i))
		if !ok {
			continue
		}
		o.known("id", "event", "filter", "matchKey", "condition")
		r := &rules[i]
		r.ID = o.need("id", "a name for the rule, unique in the journey")
		r.Event, r.Filter, r.Condition = p.trigger(o)
		r.MatchKey = o.flag("matchKey")
		if r.MatchKey && !o.has("event") {
			o.add("matchKey", "compares an incoming event's key; a rule with a condition has no event")
		}
	}
	return rules
}

func (p *parser) settings(doc members) Settings {
	o := members{p, "/settings", nil}
	if doc.has("settings") {
		o, _ = p.object(doc.raw["settings"], "/settings")
	}
	o.known("onUnsubscribed", "onSendFailure", "onPause", "exitDuringDelay")
	return Settings{
		OnUnsubscribed:  o.oneOf("onUnsubscribed", Exit, Skip),
		OnSendFailure:   o.oneOf("onSendFailure", Exit, Continue),
		OnPause:         o.oneOf("onPause", Freeze, Drain),
		ExitDuringDelay: o.oneOf("exitDuringDelay", Now, AtEnd),
	}
}

func (p *parser) nodes(doc members, d *Definition) {
	d.byID = map[string]*Node{}
	before := len(p.findings)
	items, ok := doc.raw["nodes"].([]any)
	if doc.has("nodes") && !ok {
		doc.add("nodes", "must be a list of nodes, not %s", cond.KindOf(doc.raw["nodes"]))
	}
	for i, raw := range within(doc, "nodes", items, maxNodes, "nodes") {
		o, ok := p.object(raw, cond.Nth("/nodes", i))
		if !ok {
			continue
		}
		n := p.node(o, d.Settings)
		d.Nodes = append(d.Nodes, n)
		if n.ID != "" && d.byID[n.ID] == nil {
			d.byID[n.ID] = n
		}
	}
	d.partial = len(p.findings) > before
}
