package journey

import (
	"cmp"
	"slices"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

// The outcomes of a delay: its timer fired, or there is nothing to wait for.
const (
	outcomeElapsed    = "elapsed"
	outcomeMissing    = "missing"
	outcomePast       = "past"
	outcomeUnreadable = "unreadable"
)

// parseDelay reads a delay, which must be of exactly one of three kinds. Otherwise
// it returns nil.
func parseDelay(o members, n *Node, _ Settings) behavior {
	var given []string
	for _, kind := range []string{"for", "untilLocal", "untilProperty"} {
		if o.has(kind) {
			given = append(given, kind)
		}
	}
	if len(given) != 1 {
		o.p.add(o.at, "a delay takes exactly one of for, untilLocal and untilProperty; this one has %d", len(given))
		return nil
	}

	delay := &Delay{}
	if given[0] == "for" {
		delay.For = o.duration("for", cond.ParseDuration, shortest)
	} else {
		inner, ok := o.p.object(o.raw[given[0]], cond.Below(o.at, given[0]))
		switch {
		case !ok:
			return nil
		case given[0] == "untilLocal":
			delay.Local = parseLocal(inner)
		default:
			delay.Property = parseProperty(inner)
		}
	}
	n.Delay = delay
	return delay
}

func parseLocal(o members) *UntilLocal {
	o.allow("hour", "minute", "days", "timezone")
	local := &UntilLocal{Hour: o.whole("hour", 23), Minute: o.whole("minute", 59)}
	if o.has("days") {
		for i, raw := range o.list("days") {
			day := time.Weekday(o.p.whole(raw, cond.Nth(o.at+"/days", i), int(time.Saturday)))
			if !slices.Contains(local.Days, day) {
				local.Days = append(local.Days, day)
			}
		}
	}
	if name := o.text("timezone"); name != "" {
		if local.Zone = zone.Load(name); local.Zone == nil {
			o.add("timezone", "must be a zone of the IANA database such as \"Europe/Berlin\", not %s", describe(name))
		}
	}
	return local
}

func parseProperty(o members) *UntilProperty {
	o.allow("path", "offset", "ifMissing", "ifPast", "ifUnreadable")
	return &UntilProperty{
		Path:         o.pointer("path"),
		Offset:       o.duration("offset", cond.ParseSignedDuration, 0),
		IfMissing:    o.oneOf("ifMissing", Continue, Exit),
		IfPast:       o.oneOf("ifPast", Continue, Exit),
		IfUnreadable: o.oneOf("ifUnreadable", Exit, Continue),
	}
}

func (*Delay) check(*checker, *Node) {}

// edges marks the edge as instant if the delay may end as it begins. A property
// cannot rule that out, because the run itself may set it.
func (delay *Delay) edges(n *Node) []Edge {
	return n.onlyNext(delay.Property != nil || delay.Local == nil && delay.For < shortest)
}

// arrive fixes the end of the delay. A property or a zone that changes later does not
// move it.
func (delay *Delay) arrive(_ *Definition, n *Node, in Input) (Effect, error) {
	now := in.Env.Now
	switch {
	case delay.Local != nil:
		until := NextLocal(now, delay.Local.Hour, delay.Local.Minute, delay.Local.Days, delay.Local.zone(in))
		return Effect{Until: until}, nil
	case delay.Property != nil:
		return delay.Property.arrive(n.Next, in), nil
	}
	return Effect{Until: now.Add(delay.For)}, nil
}

func (delay *Delay) words(*Node) cond.Phrase {
	switch {
	case delay.Local != nil:
		return delay.Local.words()
	case delay.Property != nil:
		return delay.Property.words()
	}
	return sentence("waits %s", cond.DurationWords(delay.For))
}

func (local *UntilLocal) words() cond.Phrase {
	days, where := "", "the Organization's"
	for i, day := range local.Days {
		days += []string{" on ", ", "}[min(i, 1)] + day.String()
	}
	if local.Zone != nil {
		where = local.Zone.String()
	}
	return sentence("waits until the next %02d:%02d%s, in the Profile's time zone or else in %s",
		local.Hour, local.Minute, days, where)
}

func (property *UntilProperty) words() cond.Phrase {
	offset := ""
	switch {
	case property.Offset > 0:
		offset = cond.DurationWords(property.Offset) + " after "
	case property.Offset < 0:
		offset = cond.DurationWords(-property.Offset) + " before "
	}
	phrase := sentence("waits until %sthe time in %s", offset, property.Path.Words())
	for _, each := range []struct{ when, then string }{
		{"there is none", property.IfMissing},
		{"it is past", property.IfPast},
		{"it is no time", property.IfUnreadable},
	} {
		phrase.Of = append(phrase.Of, sentence("if %s, %s", each.when, thenWords(each.then)))
	}
	return phrase
}

func (*Delay) fire(n *Node) (Effect, bool) {
	return Effect{Outcome: outcomeElapsed, Next: n.Next}, true
}

// zone returns the Profile's zone, else the node's, else the Organization's, else
// UTC.
func (local *UntilLocal) zone(in Input) *time.Location {
	env := *in.Env
	env.Zone = cmp.Or(local.Zone, env.Zone)
	return env.LocalZone()
}

func (property *UntilProperty) arrive(next string, in Input) Effect {
	found, _ := in.Env.State.Lookup(property.Path)
	due, ok := property.due(found, in.Env)
	switch {
	case found == nil:
		return exitOrContinue(outcomeMissing, ReasonPropertyMissing, property.IfMissing, next)
	case !ok:
		return exitOrContinue(outcomeUnreadable, ReasonPropertyUnreadable, property.IfUnreadable, next)
	case !due.After(in.Env.Now):
		return exitOrContinue(outcomePast, ReasonPropertyPast, property.IfPast, next)
	}
	return Effect{Until: due}
}

func exitOrContinue(outcome, reason, then, next string) Effect {
	if then == Exit {
		return Effect{Outcome: outcome, End: &End{Status: Exited, Reason: reason}}
	}
	return Effect{Outcome: outcome, Next: next}
}

// lastYear is the last year that RFC 3339 can express.
const lastYear = 9999

// due returns the instant to wait for. ok is false if the value is not a date, or if
// no timestamp can express the instant.
func (property *UntilProperty) due(found any, env *cond.Env) (at time.Time, ok bool) {
	at, ok = cond.Clock{Zone: env.LocalZone}.ParseTime(found)
	at = at.Add(property.Offset).Truncate(shortest)
	return at, ok && at.Year() <= lastYear
}
