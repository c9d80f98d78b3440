package define

// Condition is a test of the state. It filters the events of an entry, decides branches, ends waits and runs, shows or
// hides elements, and is the definition of a Segment. It is one of Always and Never; And, Or, Conditions and Not;
// State and Comparison; Performed, Received, Subscribed, InSegment and Bucket.
//
// A condition has at most 1 000 terms and is at most 32 deep. The Segments that it refers to count.
type Condition interface{ condition() }

// Constant is a condition that is always true or always false.
type Constant bool

// The two constant conditions.
const (
	Always Constant = true
	Never  Constant = false
)

func (Constant) condition() {}

// And is true if all of its conditions are. It needs at least one.
type And []Condition

// MarshalJSON encodes {"$and": […]}.
func (list And) MarshalJSON() ([]byte, error) { return encode(object{"$and": listOf(list)}) }

func (And) condition() {}

// Or is true if one of its conditions is. It needs at least one.
type Or []Condition

// MarshalJSON encodes {"$or": […]}.
func (list Or) MarshalJSON() ([]byte, error) { return encode(object{"$or": listOf(list)}) }

func (Or) condition() {}

// Conditions is And in its short form, a plain list.
type Conditions []Condition

// MarshalJSON encodes […].
func (list Conditions) MarshalJSON() ([]byte, error) { return encode(listOf([]Condition(list))) }

func (Conditions) condition() {}

// Not is true if the condition is false.
func Not(c Condition) Condition { return not{c} }

type not struct{ of Condition }

// MarshalJSON encodes {"$not": …}.
func (n not) MarshalJSON() ([]byte, error) { return encode(object{"$not": n.of}) }

func (not) condition() {}

// Performed counts the UserEvents of the Profile, including the events of a seed. It is true if there are as many as
// Count says. FewerThan(1) finds Profiles without one.
type Performed struct {
	Event  string    // the name, exact or with a trailing *
	Filter Condition // a test of each event's data at /event/*
	Within Duration  // only events of this last time; the bound belongs to it
	Count  Count     // AtLeast(1) by default
}

// MarshalJSON encodes {"performed": {"event": …, "filter": …, "within": …, "count": …}}.
func (p Performed) MarshalJSON() ([]byte, error) {
	return encode(object{"performed": struct {
		Event  string    `json:"event"`
		Filter Condition `json:"filter,omitempty"`
		Within any       `json:"within,omitempty"`
		Count  Count     `json:"count,omitzero"`
	}{p.Event, p.Filter, written(p.Within), p.Count}})
}

func (Performed) condition() {}

// Count is a number of events: AtLeast, AtMost, Exactly, FewerThan or MoreThan.
type Count struct {
	Op Op // OpGte, OpLte, OpEq, OpLt or OpGt
	N  int
}

// AtLeast is n or more.
func AtLeast(n int) Count { return Count{OpGte, n} }

// AtMost is n or less.
func AtMost(n int) Count { return Count{OpLte, n} }

// Exactly is n.
func Exactly(n int) Count { return Count{OpEq, n} }

// FewerThan is less than n.
func FewerThan(n int) Count { return Count{OpLt, n} }

// MoreThan is more than n.
func MoreThan(n int) Count { return Count{OpGt, n} }

// MarshalJSON encodes {"gte": 1}.
func (c Count) MarshalJSON() ([]byte, error) { return encode(object{string(c.Op): c.N}) }

// MailFact is what happened to an email to the Profile.
type MailFact string

// The facts about emails.
const (
	Sent       MailFact = "sent"
	Delivered  MailFact = "delivered"
	Opened     MailFact = "opened"
	Clicked    MailFact = "clicked"
	Bounced    MailFact = "bounced"
	Complained MailFact = "complained"
)

// Received is true if this happened to an email to the Profile.
type Received struct {
	Event    MailFact
	Template string   // only emails from this Template
	Within   Duration // only in this last time; the bound belongs to it
}

// MarshalJSON encodes {"received": {"event": …, "templateId": …, "within": …}}.
func (r Received) MarshalJSON() ([]byte, error) {
	return encode(object{"received": struct {
		Event    MailFact `json:"event"`
		Template string   `json:"templateId,omitempty"`
		Within   any      `json:"within,omitempty"`
	}{r.Event, r.Template, written(r.Within)}})
}

func (Received) condition() {}

// Subscribed is true if the policy of the SubscriptionGroup allows email to the Profile: Subscribed("offers"). Whoever
// never chose is subscribed to an OptOut group and not to an OptIn group.
type Subscribed string

// MarshalJSON encodes {"subscribed": "offers"}.
func (group Subscribed) MarshalJSON() ([]byte, error) {
	return encode(object{"subscribed": string(group)})
}

func (Subscribed) condition() {}

// InSegment is true if the Profile is in the Segment now: InSegment("gold"). Segments must not refer to each other in a
// circle.
type InSegment string

// MarshalJSON encodes {"inSegment": "gold"}.
func (segment InSegment) MarshalJSON() ([]byte, error) {
	return encode(object{"inSegment": string(segment)})
}

func (InSegment) condition() {}

// Bucket is true for a fixed share of the Profiles. Each Profile stays in or out as long as the salt is the same, and a
// larger share contains the smaller one.
type Bucket struct {
	Percent float64 // from 0 to 100, with at most two decimals
	Salt    string  // a name for this split of the Profiles, such as welcome-test
}

// MarshalJSON encodes {"bucket": {"percent": …, "salt": …}}.
func (b Bucket) MarshalJSON() ([]byte, error) {
	return encode(object{"bucket": object{"percent": b.Percent, "salt": b.Salt}})
}

func (Bucket) condition() {}
