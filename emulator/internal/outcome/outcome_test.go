package outcome_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
)

func TestFactsFollowOneAnotherInOrder(t *testing.T) {
	for _, c := range []struct {
		known []string
		fact  string
		after string // the fact that excludes it, "" if it can follow
	}{
		{nil, outcome.Delayed, ""},
		{nil, outcome.Opened, ""},
		{[]string{outcome.Delayed}, outcome.Delivered, ""},
		{[]string{outcome.Delivered}, outcome.Bounced, ""},
		{[]string{outcome.Delivered, outcome.Bounced}, outcome.Unsubscribed, ""},
		{[]string{outcome.Delivered, outcome.Opened}, outcome.Opened, ""},
		{[]string{outcome.Delivered}, outcome.Delayed, outcome.Delivered},
		{[]string{outcome.Delivered, outcome.Opened}, outcome.Bounced, outcome.Opened},
		{[]string{outcome.Bounced}, outcome.Opened, outcome.Bounced},
		{[]string{outcome.Complained}, outcome.Complained, outcome.Complained},
	} {
		conflict := outcome.CheckOrder(c.known, c.fact)
		if c.after == "" {
			require.Nil(t, conflict, "%s after %v", c.fact, c.known)
			continue
		}
		require.NotNil(t, conflict, "%s after %v", c.fact, c.known)
		require.Equal(t, outcome.OutOfOrder{Fact: c.fact, Before: c.after}, *conflict)
	}
}

func TestAPlanIsRefusedAtItsFirstImpossibleFact(t *testing.T) {
	_, err := outcome.Encode([]string{outcome.Accepted}, []outcome.Planned{{Type: "bounced"}, {Type: "opened"}})
	require.EqualError(t, err, "fact 2: opened cannot follow bounced")
	_, err = outcome.Encode(nil, []outcome.Planned{{Type: "exploded"}})
	require.ErrorContains(t, err, `fact 1: unknown fact "exploded"`)
	raw, err := outcome.Encode(nil, nil)
	require.NoError(t, err)
	require.Equal(t, "[]", string(raw))
}

func TestTheDelayDependsOnThePlanAndTheFactBefore(t *testing.T) {
	require.Equal(t, outcome.Pace, outcome.Planned{}.Delay(outcome.Accepted))
	require.Equal(t, 5*time.Minute, outcome.Planned{}.Delay(outcome.Delayed))
	require.Equal(t, time.Hour, outcome.Planned{After: time.Hour}.Delay(outcome.Delayed))
}

func TestSimulatedAddressesHaveFixedOutcomes(t *testing.T) {
	for email, last := range map[string]string{
		"bounced@simulator.test":               outcome.Bounced,
		"Clicked+42@Simulator.Test":            outcome.Clicked,
		"unheard-of@simulator.test":            outcome.Delivered,
		"complained@resend.dev":                outcome.Complained,
		"complaint@simulator.amazonses.com":    outcome.Complained,
		"alex@example.com":                     outcome.Delivered,
		"suppressed+b@simulator.test":          outcome.Delivered,
		"bounce+label@simulator.amazonses.com": outcome.Bounced,
	} {
		planned := outcome.Of(email)
		require.Equal(t, last, planned[len(planned)-1].Type, email)
	}
	require.True(t, outcome.Simulated("anything@simulator.test"))
	require.False(t, outcome.Simulated("anything@resend.dev"))
	require.True(t, outcome.Suppressed("suppressionlist@simulator.amazonses.com"))
	require.False(t, outcome.Suppressed("suppressed@example.com"))
}
