package journey

import (
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// The outcomes of a delay: its timer has come, or there is nothing to wait for.
const (
	outcomeElapsed = "elapsed"
	outcomeMissing = "missing"
	outcomePast    = "past"
)

// parseDelay reads the one of three kinds. It returns nil if there is not exactly
// one.
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
	d := &Delay{}
	if given[0] == "for" {
		d.For = o.duration("for", cond.ParseDuration, shortest)
	} else {
		inner, ok := o.p.object(o.raw[given[0]], cond.Below(o.at, given[0]))
		switch {
		case !ok:
			return nil
		case given[0] == "untilLocal":
			d.Local = parseLocal(inner)
		default:
			d.Property = parseProperty(inner)
		}
	}
	n.Delay = d
	return d
}

func parseLocal(o members) *UntilLocal {
	o.known("hour", "minute", "days", "timezone")
	u := &UntilLocal{Hour: o.whole("hour", 23), Minute: o.whole("minute", 59)}
	if o.has("days") {
		for i, raw := range o.list("days") {
			day := time.Weekday(o.p.whole(raw, cond.Nth(o.at+"/days", i), int(time.Saturday)))
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

func parseProperty(o members) *UntilProperty {
	o.known("path", "offset", "ifMissing", "ifPast")
	return &UntilProperty{
		Path:      o.pointer("path"),
		Offset:    o.duration("offset", cond.ParseSignedDuration, 0),
		IfMissing: o.oneOf("ifMissing", Continue, Exit),
		IfPast:    o.oneOf("ifPast", Continue, Exit),
	}
}

func (*Delay) check(*checker, *Node) {}

// edges takes the way on as instant if the delay may end as it begins. A property
// is no lasting hindrance: the run itself may set it.
func (d *Delay) edges(n *Node) []Edge {
	return n.onlyNext(d.Property != nil || d.Local == nil && d.For < shortest)
}

// arrive fixes the end of the delay: a property that changes later does not move
// it.
func (d *Delay) arrive(_ *Definition, n *Node, in Input) (Effect, error) {
	now := in.Env.Now
	switch {
	case d.Local != nil:
		return Effect{Until: NextLocal(now, d.Local.Hour, d.Local.Minute, d.Local.Days, d.Local.zone(in))}, nil
	case d.Property != nil:
		return d.Property.arrive(n.Next, in), nil
	}
	return Effect{Until: now.Add(d.For)}, nil
}

func (*Delay) fire(n *Node) (Effect, bool) {
	return Effect{Outcome: outcomeElapsed, Next: n.Next}, true
}

var profileTimezone = cond.Pointer{rootProfile, "timezone"}

// zone is the Profile's, else the node's, else the Organization's, else UTC. A
// Profile's zone that does not exist counts as none.
func (u *UntilLocal) zone(in Input) *time.Location {
	own, _ := in.Env.State.Lookup(profileTimezone)
	name, _ := own.(string)
	if zone, ok := loadZone(name); ok {
		return zone
	}
	if u.Zone != nil {
		return u.Zone
	}
	if in.Zone != nil {
		return in.Zone
	}
	return time.UTC
}

// loadZone takes names of the zone database only. Local would be the machine's.
func loadZone(name string) (*time.Location, bool) {
	if name == "" || strings.EqualFold(name, "local") {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

func (u *UntilProperty) arrive(next string, in Input) Effect {
	due, ok := u.due(in.Env.State)
	switch {
	case !ok:
		return pass(outcomeMissing, ReasonPropertyMissing, u.IfMissing, next)
	case !due.After(in.Env.Now):
		return pass(outcomePast, ReasonPropertyPast, u.IfPast, next)
	}
	return Effect{Until: due}
}

func pass(outcome, reason, then, next string) Effect {
	if then == Exit {
		return Effect{Outcome: outcome, End: &End{Status: Exited, Reason: reason}}
	}
	return Effect{Outcome: outcome, Next: next}
}

// The last year that RFC 3339 can write.
const lastYear = 9999

// due is the instant to wait for. What is no date, or one that no timestamp can
// carry, counts as missing.
func (u *UntilProperty) due(state cond.State) (time.Time, bool) {
	v, ok := state.Lookup(u.Path)
	if !ok {
		return time.Time{}, false
	}
	at, ok := cond.ParseTime(v)
	if !ok {
		return time.Time{}, false
	}
	at = at.Add(u.Offset).Truncate(shortest)
	return at, at.Year() <= lastYear
}
