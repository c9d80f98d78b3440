package emulator

import "github.com/segmentflow/segmentflow-go/emulator/internal/tell"

// Profiles is a question about Profiles, without those that were deleted. Each condition returns a new, narrower
// question. A question can be asked many times; asking first runs what is due.
//
//	emu.Profiles().Property("plan", "pro").Unsubscribed("offers").None(t)
//
// A SubscriptionGroup or a Segment that does not exist is a mistake in the test, and every method that asks fails: Only
// and None fail the t that they get, the others fail the test passed to Start or For, or panic if the emulator was made
// with New. An email or a property that no Profile has selects nothing.
type Profiles struct {
	e *Emulator
	q tell.Profiles
}

// Profiles returns a question about all Profiles of the first Organization.
func (e *Emulator) Profiles() Profiles { return Profiles{e: e} }

// Email selects the Profile with this email, without regard to case.
func (p Profiles) Email(email string) Profiles { return Profiles{p.e, p.q.WithEmail(email)} }

// ExternalID selects the Profile with this externalId.
func (p Profiles) ExternalID(id string) Profiles { return Profiles{p.e, p.q.WithExternalID(id)} }

// Property selects Profiles whose property has this value, compared as conditions compare with eq. The value is
// anything that encoding/json encodes; nil selects Profiles without the property.
func (p Profiles) Property(name string, value any) Profiles {
	return Profiles{p.e, p.q.WithProperty(name, value)}
}

// Subscribed selects Profiles that are subscribed to the SubscriptionGroup with this key or id: by their own choice, or
// if they made none, by the policy of the group.
func (p Profiles) Subscribed(group string) Profiles {
	return Profiles{p.e, p.q.WithSubscription(group, true)}
}

// Unsubscribed selects Profiles that are not subscribed to the SubscriptionGroup with this key or id.
func (p Profiles) Unsubscribed(group string) Profiles {
	return Profiles{p.e, p.q.WithSubscription(group, false)}
}

// InSegment selects Profiles that are members of the Segment with this key or id now.
func (p Profiles) InSegment(segment string) Profiles { return Profiles{p.e, p.q.WithSegment(segment)} }

// All returns the Profiles, oldest first. Those of the same instant are sorted by their ids.
func (p Profiles) All() []Profile {
	p.e.tb.Helper()
	return p.ask().found(0)
}

// Last returns the last Profile of All. If there is none, it returns nil.
func (p Profiles) Last() *Profile {
	p.e.tb.Helper()
	return p.ask().last()
}

// Count returns the number of Profiles.
func (p Profiles) Count() int {
	p.e.tb.Helper()
	return p.ask().count()
}

// Only returns the Profile if there is exactly one. Otherwise it fails t.
// The failure shows the Profiles that are nearest, with the values that the conditions saw.
func (p Profiles) Only(t TB) Profile {
	requireTest("Only", t)
	t.Helper()
	return p.ask().only(t)
}

// None fails t if there is such a Profile.
func (p Profiles) None(t TB) {
	requireTest("None", t)
	t.Helper()
	p.ask().none(t)
}

// String describes the question as failures show it.
func (p Profiles) String() string { return p.q.String() }

func (p Profiles) ask() question[tell.ProfileStory, Profile] {
	return question[tell.ProfileStory, Profile]{p.e, "profiles", p.q, profileOf, false}
}
