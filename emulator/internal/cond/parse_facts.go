package cond

import (
	"math"
	"slices"
	"strings"
	"time"
)

// mailKinds lists the kinds of mail facts that received allows. wordsOfMail has the same.
var mailKinds = []string{"sent", "delivered", "opened", "clicked", "bounced", "complained"}

func (p *parser) performed(raw any, path string, depth int) Node {
	n := &Performed{Count: Count{Op: OpGte, N: 1}}
	object, ok := p.object(raw, path, "event", "filter", "within", "count")
	if !ok {
		return n
	}
	n.Event, n.Prefix = p.event(object["event"], Below(path, "event"))
	if filter, given := object["filter"]; given {
		n.Filter = p.node(filter, Below(path, "filter"), depth+1)
	}
	n.Within, n.Windowed = p.window(object, path)
	if count, given := object["count"]; given {
		n.Count = p.count(count, Below(path, "count"))
	}
	return n
}

func (p *parser) event(raw any, path string) (name string, prefix bool) {
	name, _ = raw.(string)
	if name == "" {
		p.add(path, "must be the name of an event, exact or with a trailing *, such as \"order.*\", not %s",
			KindOf(raw))
		return "", false
	}
	name, prefix = strings.CutSuffix(name, "*")
	if strings.Contains(name, "*") {
		p.add(path, "a * is allowed only at the end, such as \"order.*\", not %s", describe(raw))
	}
	return name, prefix
}

func (p *parser) window(object map[string]any, path string) (within time.Duration, windowed bool) {
	raw, given := object["within"]
	if !given {
		return 0, false
	}
	within, ok := parseWidth(raw)
	if !ok {
		p.add(Below(path, "within"), "within takes %s, not %s", aDuration.description, describe(raw))
	}
	return within, true
}

func (p *parser) count(raw any, path string) Count {
	known := make([]string, len(countOperators))
	for i, row := range countOperators {
		known[i] = string(row.op)
	}
	object, ok := p.object(raw, path, known...)
	if !ok {
		return Count{}
	}
	var count Count
	given := 0
	for _, name := range known {
		if bound, ok := object[name]; ok {
			given++
			count = Count{Op: Op(name), N: p.bound(bound, Below(path, name))}
		}
	}
	if given != 1 {
		p.add(path, "a count takes exactly one of %s, such as {\"gte\": 1}; this one has %d",
			strings.Join(known, ", "), given)
	}
	return count
}

func (p *parser) bound(raw any, path string) int {
	d, isNumber := number(raw)
	whole, exact, ok := d.scaled(0)
	if !isNumber || !ok || !exact || whole < 0 || whole > math.MaxInt32 {
		p.add(path, "must be a whole number from 0 to %d", math.MaxInt32)
		return 0
	}
	return int(whole)
}

func (p *parser) received(raw any, path string, _ int) Node {
	n := &Received{}
	object, ok := p.object(raw, path, "event", "templateId", "within")
	if !ok {
		return n
	}
	n.Kind, _ = object["event"].(string)
	if !slices.Contains(mailKinds, n.Kind) {
		p.add(Below(path, "event"), "must be one of %s, not %s",
			strings.Join(mailKinds, ", "), describe(object["event"]))
	}
	if template, given := object["templateId"]; given {
		n.Template = p.reference(template, Below(path, "templateId"), "a template")
	}
	n.Within, n.Windowed = p.window(object, path)
	return n
}

func (p *parser) bucket(raw any, path string, _ int) Node {
	n := &Bucket{}
	object, ok := p.object(raw, path, "percent", "salt")
	if !ok {
		return n
	}
	n.Salt, _ = object["salt"].(string)
	if n.Salt == "" {
		p.add(Below(path, "salt"), "must be a name for this split of the Profiles, such as \"welcome-test\", not %s",
			KindOf(object["salt"]))
	}
	d, isNumber := number(object["percent"])
	limit, exact, fits := d.scaled(2)
	if !isNumber || !fits || !exact || limit < 0 || limit > buckets {
		p.add(Below(path, "percent"), "must be a number from 0 to 100 with at most two decimals")
		return n
	}
	n.Limit = int(limit)
	return n
}
