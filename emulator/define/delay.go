package define

import "time"

// Delay waits For a time, or Until an instant. It has one of the two.
type Delay struct {
	ID    string
	For   Duration // at least a millisecond
	Until Until
	Next  string
}

// MarshalJSON encodes {"type": "delay", …}.
func (n Delay) MarshalJSON() ([]byte, error) {
	form := struct {
		Type          string `json:"type"`
		ID            string `json:"id,omitempty"`
		For           any    `json:"for,omitempty"`
		UntilLocal    Until  `json:"untilLocal,omitempty"`
		UntilProperty Until  `json:"untilProperty,omitempty"`
		Next          string `json:"next,omitempty"`
	}{"delay", n.ID, written(n.For), nil, nil, n.Next}
	switch n.Until.(type) {
	case UntilLocal, *UntilLocal:
		form.UntilLocal = n.Until
	default:
		form.UntilProperty = n.Until
	}
	return encode(form)
}

func (Delay) node() {}

// Until is the instant at which a Delay ends: UntilLocal or UntilProperty.
type Until interface{ until() }

// UntilLocal is the next such time on the clocks of the Profile, after the run's arrival. The zone is /profile/timezone
// if there is one, otherwise Timezone, otherwise that of the Organization, otherwise UTC. A time that the clocks skip
// is read with the offset before the gap; of a time that occurs twice, the first counts.
type UntilLocal struct {
	Hour     int            `json:"hour"`
	Minute   int            `json:"minute"`
	Days     []time.Weekday `json:"days,omitempty"`     // every day by default
	Timezone string         `json:"timezone,omitempty"` // an IANA name, such as Europe/Berlin
}

func (UntilLocal) until() {}

// UntilProperty is the instant at a pointer into the state, such as /profile/renewsAt, plus the Offset. It is fixed
// when the run arrives.
type UntilProperty struct {
	Path         string
	Offset       Duration  // may be negative: -7*Day is a week before
	IfMissing    Otherwise // if there is no value; OtherwiseContinue by default
	IfPast       Otherwise // if the instant has passed; OtherwiseContinue by default
	IfUnreadable Otherwise // if the value is not a date; OtherwiseExit by default
}

// Otherwise is what a run does at a Delay that has no instant to wait for.
type Otherwise string

// What a run does at a Delay that has no instant to wait for.
const (
	OtherwiseContinue Otherwise = "continue"
	OtherwiseExit     Otherwise = "exit"
)

// MarshalJSON encodes {"path": …, "offset": …, …}.
func (u UntilProperty) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Path         string    `json:"path,omitempty"`
		Offset       any       `json:"offset,omitempty"`
		IfMissing    Otherwise `json:"ifMissing,omitempty"`
		IfPast       Otherwise `json:"ifPast,omitempty"`
		IfUnreadable Otherwise `json:"ifUnreadable,omitempty"`
	}{u.Path, written(u.Offset), u.IfMissing, u.IfPast, u.IfUnreadable})
}

func (UntilProperty) until() {}
