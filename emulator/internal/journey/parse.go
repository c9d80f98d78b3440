package journey

import (
	"encoding/json"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Parse reads a definition from JSON and reports everything that is wrong with its
// shape. Pointers are relative to the document. If there are findings, the
// definition is nil. [Definition.Check] reports whether it can run.
func Parse(raw []byte) (*Definition, []cond.Finding) {
	d, findings := read(raw)
	if len(findings) > 0 {
		return nil, findings
	}
	return d, nil
}

// Load reads a saved definition, which was valid when it was saved. A newer rule
// does not make it unreadable. The definition is nil if the document is not an
// object.
func Load(raw []byte) *Definition {
	d, _ := read(raw)
	return d
}

// Validate combines [Parse] and [Definition.Check], so that it returns the findings
// of both together. If there are findings, the definition is nil.
func Validate(raw []byte, refs Refs) (*Definition, []cond.Finding) {
	d, findings := read(raw)
	if d == nil {
		return nil, findings
	}

	// A member that could not be read is not reported as missing too.
	reported := map[string]bool{}
	for _, f := range findings {
		reported[f.Path] = true
	}
	for _, f := range d.Check(refs) {
		if !reported[f.Path] {
			findings = append(findings, f)
		}
	}

	if len(findings) > 0 {
		return nil, findings
	}
	return d, nil
}

// Key returns the key of a document, "" if it has none that can be read.
func Key(raw []byte) string {
	var head struct{ Key string }
	_ = json.Unmarshal(raw, &head) // Parse reports what is wrong with the document
	return head.Key
}

// read returns a definition for every object, even for an incomplete one.
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

	o.allow("id", "key", "name", "status", "entry", "audience", "reentry", "exitOn", "settings", "start", "nodes")
	d := &Definition{ID: o.text("id"), Key: o.requiredUpTo("key", "the journey's stable key", longestKey)}
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
	items = atMost(doc, "exitOn", items, maxWays, "exit rules")
	rules := make([]ExitRule, len(items))
	for i, raw := range items {
		o, ok := p.object(raw, cond.Nth("/exitOn", i))
		if !ok {
			continue
		}
		o.allow("id", "event", "filter", "matchKey", "condition")
		r := &rules[i]
		r.ID = o.required("id", "a name for the rule, unique in the journey")
		r.Event, r.Filter, r.Condition = p.trigger(o)
		r.MatchKey = o.flag("matchKey")
		if r.MatchKey && !o.has("event") {
			o.add("matchKey", "is allowed only with an event: it compares the key of an incoming event")
		}
	}
	return rules
}

func (p *parser) settings(doc members) Settings {
	o := members{p, "/settings", nil}
	if doc.has("settings") {
		o, _ = p.object(doc.raw["settings"], "/settings")
	}
	o.allow("onUnsubscribed", "onSendFailure", "onPause", "exitDuringDelay")
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
	for i, raw := range atMost(doc, "nodes", items, maxNodes, "nodes") {
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
