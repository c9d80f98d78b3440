package journey

import (
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// delay fixes the end of the delay on arrival: a property that changes later
// does not move it.
func (n *Node) delay(in Input) Effect {
	now := in.Env.Now
	switch d := n.Delay; {
	case d.Local != nil:
		return Effect{Until: NextLocal(now, d.Local.Hour, d.Local.Minute, d.Local.Days, d.Local.zone(in))}
	case d.Property != nil:
		return d.Property.arrive(n.Next, in)
	default:
		return Effect{Until: now.Add(d.For)}
	}
}

var profileTimezone = cond.Pointer{"profile", "timezone"}

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
		return pass("missing", ReasonPropertyMissing, u.IfMissing, next)
	case !due.After(in.Env.Now):
		return pass("past", ReasonPropertyPast, u.IfPast, next)
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
