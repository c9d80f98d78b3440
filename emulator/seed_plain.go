package emulator

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
)

// The seed's types stand twice, here for users and in package seed for its reader. A field that only one of them has does not
// compile.

// plain is the seed as package seed has it.
func (s Seed) plain() seed.Seed {
	return seed.Seed{
		Organization: seed.Organization(s.Organization), Source: s.source,
		Users:              each(s.Users, func(v SeedUser) seed.User { return seed.User(v) }),
		APIKeys:            each(s.APIKeys, func(v SeedAPIKey) seed.APIKey { return seed.APIKey(v) }),
		Domains:            each(s.Domains, func(v SeedDomain) seed.Domain { return seed.Domain(v) }),
		SenderProfiles:     each(s.SenderProfiles, func(v SeedSenderProfile) seed.SenderProfile { return seed.SenderProfile(v) }),
		SubscriptionGroups: each(s.SubscriptionGroups, func(v SeedSubscriptionGroup) seed.SubscriptionGroup { return seed.SubscriptionGroup(v) }),
		Templates:          each(s.Templates, func(v SeedTemplate) seed.Template { return seed.Template(v) }),
		Segments:           each(s.Segments, func(v SeedSegment) seed.Segment { return seed.Segment(v) }),
		Journeys:           each(s.Journeys, func(v SeedJourney) seed.Journey { return seed.Journey(v) }),
		Newsletters:        each(s.Newsletters, func(v SeedNewsletter) seed.Newsletter { return seed.Newsletter(v) }),
		Profiles:           each(s.Profiles, func(v SeedProfile) seed.Profile { return seed.Profile(v) }),
		Events:             each(s.Events, func(v SeedEvent) seed.Event { return seed.Event(v) }),
		Organizations:      each(s.Organizations, Seed.plain),
	}
}

// publicSeed is a seed as users see it.
func publicSeed(s seed.Seed) Seed {
	return Seed{
		Organization: SeedOrganization(s.Organization), source: s.Source,
		Users:              each(s.Users, func(v seed.User) SeedUser { return SeedUser(v) }),
		APIKeys:            each(s.APIKeys, func(v seed.APIKey) SeedAPIKey { return SeedAPIKey(v) }),
		Domains:            each(s.Domains, func(v seed.Domain) SeedDomain { return SeedDomain(v) }),
		SenderProfiles:     each(s.SenderProfiles, func(v seed.SenderProfile) SeedSenderProfile { return SeedSenderProfile(v) }),
		SubscriptionGroups: each(s.SubscriptionGroups, func(v seed.SubscriptionGroup) SeedSubscriptionGroup { return SeedSubscriptionGroup(v) }),
		Templates:          each(s.Templates, func(v seed.Template) SeedTemplate { return SeedTemplate(v) }),
		Segments:           each(s.Segments, func(v seed.Segment) SeedSegment { return SeedSegment(v) }),
		Journeys:           each(s.Journeys, func(v seed.Journey) SeedJourney { return SeedJourney(v) }),
		Newsletters:        each(s.Newsletters, func(v seed.Newsletter) SeedNewsletter { return SeedNewsletter(v) }),
		Profiles:           each(s.Profiles, func(v seed.Profile) SeedProfile { return SeedProfile(v) }),
		Events:             each(s.Events, func(v seed.Event) SeedEvent { return SeedEvent(v) }),
		Organizations:      each(s.Organizations, publicSeed),
	}
}

// each turns every item into another. No list stays no list.
func each[A, B any](list []A, turn func(A) B) []B {
	if list == nil {
		return nil
	}
	turned := make([]B, len(list))
	for i, v := range list {
		turned[i] = turn(v)
	}
	return turned
}

// publicSeedError is the mistakes of a seed as users see them. Another error stays as it is.
func publicSeedError(err error) error {
	mistakes, ok := errors.AsType[*seed.Error](err)
	if !ok {
		return err
	}
	public := &SeedError{Problems: make([]SeedProblem, len(mistakes.Problems))}
	for i, p := range mistakes.Problems {
		public.Problems[i] = SeedProblem(p)
	}
	return public
}
