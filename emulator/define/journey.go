package define

// Entry is how Profiles enter a Journey: OnEvent, OnAPI or OnSegment.
type Entry interface{ entry() }

// OnEvent starts a run for each UserEvent with this name that passes the Filter. With a Key, a Profile has at most one
// run at a time for each value of the key; a UserEvent without the value starts none.
type OnEvent struct {
	Event  string    `json:"event,omitempty"` // the exact name
	Filter Condition `json:"filter,omitempty"`
	Key    string    `json:"key,omitempty"` // a pointer, such as /event/trialId
}

// MarshalJSON encodes {"type": "event", …}.
func (e OnEvent) MarshalJSON() ([]byte, error) {
	type plain OnEvent
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"event", plain(e)})
}

func (OnEvent) entry() {}

// OnAPI lets only client.Journeys.Trigger start runs. The Filter and the Key read the variables of the call, at /data,
// and the Profile.
type OnAPI struct {
	Filter Condition `json:"filter,omitempty"`
	Key    string    `json:"key,omitempty"` // a pointer, such as /data/orderId
}

// MarshalJSON encodes {"type": "api", …}.
func (e OnAPI) MarshalJSON() ([]byte, error) {
	type plain OnAPI
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"api", plain(e)})
}

func (OnAPI) entry() {}

// OnSegment starts a run for each Profile that becomes a member of the Segment. With EnrollExisting, those that are
// members when the Journey is activated enter too.
type OnSegment struct {
	Segment        string `json:"segment,omitempty"`
	EnrollExisting bool   `json:"enrollExisting,omitempty"`
}

// MarshalJSON encodes {"type": "segment", …}.
func (e OnSegment) MarshalJSON() ([]byte, error) {
	type plain OnSegment
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"segment", plain(e)})
}

func (OnSegment) entry() {}

// ReentryMode says whether a Profile that has had a run may enter again.
type ReentryMode string

// The modes of re-entry. Without a mode it is ReentryAfterExit if the entry has a Key, ReentryOnce if a Segment starts
// the Journey, and otherwise ReentryAlways.
const (
	ReentryAlways    ReentryMode = "always"    // also while an earlier run goes on
	ReentryAfterExit ReentryMode = "afterExit" // once the earlier run has ended
	ReentryOnce      ReentryMode = "once"      // never
)

// Reentry says whether and when a Profile may enter again.
type Reentry struct {
	Mode     ReentryMode
	Cooldown Duration // the least time between two entries
}

// MarshalJSON encodes {"mode": …, "cooldown": …}.
func (r Reentry) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Mode     ReentryMode `json:"mode,omitempty"`
		Cooldown any         `json:"cooldown,omitempty"`
	}{r.Mode, written(r.Cooldown)})
}

// ExitRules end runs early. The first that is true, in this order, is the reason: exit_rule:<id>. They are tested
// before waits, and not against the UserEvent that starts a run.
type ExitRules []ExitRule

// ExitRule ends a run when an Event arrives, or as soon as a Condition is true. It has one of the two. An exit is
// tested after every write that concerns the Profile, and at the instants at which time alone may change the Condition.
type ExitRule struct {
	ID        string    `json:"id,omitempty"`        // unique in the Journey
	Event     string    `json:"event,omitempty"`     // the name, exact or with a trailing *
	Filter    Condition `json:"filter,omitempty"`    // a test of the event
	MatchKey  bool      `json:"matchKey,omitempty"`  // only events that have the run's key where the entry's had it
	Condition Condition `json:"condition,omitempty"` // instead of an Event
}

// Unsubscribed is what a run does at an email that consent or suppression forbids.
type Unsubscribed string

// What a run does at an email that consent or suppression forbids.
const (
	UnsubscribedExit Unsubscribed = "exit" // the default: end the run
	UnsubscribedSkip Unsubscribed = "skip" // go on without the email
)

// SendFailure is what a run does when its email has failed.
type SendFailure string

// What a run does when its email has failed.
const (
	SendFailureExit     SendFailure = "exit"     // the default: end the run
	SendFailureContinue SendFailure = "continue" // go on
)

// Pause is what runs do while their Journey is Paused.
type Pause string

// What runs do while their Journey is Paused. Nobody enters.
const (
	PauseFreeze Pause = "freeze" // the default: stay where they are
	PauseDrain  Pause = "drain"  // go on to their next email, and wait there
)

// DelayExit is when an exit rule ends a run that is in a Delay.
type DelayExit string

// When an exit rule ends a run that is in a Delay.
const (
	DelayExitNow   DelayExit = "now"   // the default
	DelayExitAtEnd DelayExit = "atEnd" // at the end of the Delay
)

// Settings are the settings of a Journey. What is left out is the default.
type Settings struct {
	OnUnsubscribed  Unsubscribed `json:"onUnsubscribed,omitempty"`
	OnSendFailure   SendFailure  `json:"onSendFailure,omitempty"`
	OnPause         Pause        `json:"onPause,omitempty"`
	ExitDuringDelay DelayExit    `json:"exitDuringDelay,omitempty"`
}
