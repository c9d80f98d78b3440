package define

// Node is one step of a Journey: Email, Delay, WaitFor, Branch, RandomCohort, SetProperty, EmitEvent or Exit. Each has
// an ID, which is unique in the Journey. Next and the like are IDs of other nodes.
type Node interface{ node() }

// Nodes are the nodes of a Journey, at most 500. A run begins at the one that SeedJourney.Start names. Activation
// refuses a node that no run can reach, an ID that no node has, and a circle that a run could walk without time
// passing.
type Nodes []Node

// Email sends one email on each visit. Exit rules, consent and suppression are tested just before.
type Email struct {
	ID       string `json:"id,omitempty"`
	Template string `json:"template,omitempty"`
	// SubscriptionGroup is required unless the Template is Transactional.
	SubscriptionGroup string `json:"subscriptionGroup,omitempty"`
	// SenderProfile replaces the sender of the Template. Its domain must be verified.
	SenderProfile string `json:"senderProfile,omitempty"`
	// Subject replaces the subject of the Template. A string may have bindings, like a Template; it may also be a State
	// or an If.
	Subject        any          `json:"subject,omitempty"`
	OnUnsubscribed Unsubscribed `json:"onUnsubscribed,omitempty"` // the default is that of the Settings
	OnFailure      SendFailure  `json:"onFailure,omitempty"`      // the default is that of the Settings
	Next           string       `json:"next,omitempty"`
}

// MarshalJSON encodes {"type": "email", …}.
func (n Email) MarshalJSON() ([]byte, error) {
	type plain Email
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"email", plain(n)})
}

func (Email) node() {}

// WaitFor waits until one of its branches is true, and takes the first of them in this order. At the Timeout it goes to
// TimeoutNext; both are required. A timer that is due at an instant comes before an event that is received at it.
type WaitFor struct {
	ID          string
	Branches    []WaitBranch
	Timeout     Duration // at least a millisecond
	TimeoutNext string
	Since       Since
	MatchKey    bool // only events that have the run's key where the entry's had it
}

// WaitBranch is taken when an Event arrives, or as soon as a Condition is true. It has one of the two. The data of the
// event is at /steps/<node>/event afterwards.
type WaitBranch struct {
	ID        string    `json:"id,omitempty"`        // unique in the node
	Event     string    `json:"event,omitempty"`     // the name, exact or with a trailing *
	Filter    Condition `json:"filter,omitempty"`    // a test of the event
	Condition Condition `json:"condition,omitempty"` // instead of an Event
	Next      string    `json:"next,omitempty"`
}

// Since is from when on events count for a WaitFor.
type Since string

// From when on events count for a WaitFor.
const (
	SinceArrival Since = "arrival" // the default: from the run's arrival at the node
	SinceEntry   Since = "entry"   // from the beginning of the run
)

// MarshalJSON encodes {"type": "waitFor", …}.
func (n WaitFor) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Type        string       `json:"type"`
		ID          string       `json:"id,omitempty"`
		Branches    []WaitBranch `json:"branches,omitempty"`
		Timeout     any          `json:"timeout,omitempty"`
		TimeoutNext string       `json:"timeoutNext,omitempty"`
		Since       Since        `json:"since,omitempty"`
		MatchKey    bool         `json:"matchKey,omitempty"`
	}{"waitFor", n.ID, n.Branches, written(n.Timeout), n.TimeoutNext, n.Since, n.MatchKey})
}

func (WaitFor) node() {}

// Branch takes the first of its Paths whose condition is true, otherwise Default, which is required.
type Branch struct {
	ID      string `json:"id,omitempty"`
	Paths   []Path `json:"paths,omitempty"`
	Default string `json:"default,omitempty"`
}

// Path is one way on from a Branch.
type Path struct {
	ID   string    `json:"id,omitempty"` // unique in the node
	When Condition `json:"when,omitempty"`
	Next string    `json:"next,omitempty"`
}

// MarshalJSON encodes {"type": "branch", …}.
func (n Branch) MarshalJSON() ([]byte, error) {
	type plain Branch
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"branch", plain(n)})
}

func (Branch) node() {}

// RandomCohort distributes runs over its Arms, whose percents total 100. The choice is reproducible: it depends on the
// emulator's seed number.
type RandomCohort struct {
	ID     string `json:"id,omitempty"`
	Arms   []Arm  `json:"arms,omitempty"`
	Sticky Sticky `json:"sticky,omitempty"`
}

// Arm is one way on from a RandomCohort.
type Arm struct {
	ID      string  `json:"id,omitempty"` // unique in the node
	Percent float64 `json:"percent"`      // from 0 to 100, with at most two decimals
	Next    string  `json:"next,omitempty"`
}

// Sticky is how long a choice of a RandomCohort lasts.
type Sticky string

// How long a choice of a RandomCohort lasts.
const (
	StickyProfile Sticky = "profile" // the default: a Profile has the same arm in all of its runs
	StickyRun     Sticky = "run"     // each run has an arm of its own
)

// MarshalJSON encodes {"type": "randomCohort", …}.
func (n RandomCohort) MarshalJSON() ([]byte, error) {
	type plain RandomCohort
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"randomCohort", plain(n)})
}

func (RandomCohort) node() {}

// SetProperty sets properties of the Profile. The values are literals or expressions. A nil removes the property; an
// expression whose value is missing leaves it as it is. The Profile may enter or leave Segments.
type SetProperty struct {
	ID   string         `json:"id,omitempty"`
	Set  map[string]any `json:"set,omitempty"`
	Next string         `json:"next,omitempty"`
}

// MarshalJSON encodes {"type": "setProperty", …}.
func (n SetProperty) MarshalJSON() ([]byte, error) {
	type plain SetProperty
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"setProperty", plain(n)})
}

func (SetProperty) node() {}

// EmitEvent records a UserEvent of the Profile, as client.Events.Track would. Data is an object, such as a
// map[string]any or a struct, in which any value may be an expression; it may also be a State or an If.
type EmitEvent struct {
	ID    string `json:"id,omitempty"`
	Event string `json:"event,omitempty"`
	Data  any    `json:"data,omitempty"`
	Next  string `json:"next,omitempty"`
}

// MarshalJSON encodes {"type": "emitEvent", …}.
func (n EmitEvent) MarshalJSON() ([]byte, error) {
	type plain EmitEvent
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"emitEvent", plain(n)})
}

func (EmitEvent) node() {}

// Exit ends the run as completed.
type Exit struct {
	ID     string `json:"id,omitempty"`
	Reason string `json:"reason,omitempty"` // the reason that the run shows
}

// MarshalJSON encodes {"type": "exit", …}.
func (n Exit) MarshalJSON() ([]byte, error) {
	type plain Exit
	return encode(struct {
		Type string `json:"type"`
		plain
	}{"exit", plain(n)})
}

func (Exit) node() {}
