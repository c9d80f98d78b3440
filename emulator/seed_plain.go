package emulator

import (
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The types of seeds exist twice: here for users, and in package seed for the code that reads and applies them. A field
// that only one of them has does not compile.

// internal converts the seed to the type of package seed.
func (s Seed) internal() seed.Seed {
	return seed.Seed{
		Source:       s.source,
		Organization: seed.Organization(s.Organization),
		Users:        convert(s.Users, func(user SeedUser) seed.User { return seed.User(user) }),
		APIKeys:      convert(s.APIKeys, func(key SeedAPIKey) seed.APIKey { return seed.APIKey(key) }),
		Domains:      convert(s.Domains, func(domain SeedDomain) seed.Domain { return seed.Domain(domain) }),
		SenderProfiles: convert(s.SenderProfiles, func(sender SeedSenderProfile) seed.SenderProfile {
			return seed.SenderProfile(sender)
		}),
		SubscriptionGroups: convert(s.SubscriptionGroups, func(group SeedSubscriptionGroup) seed.SubscriptionGroup {
			return seed.SubscriptionGroup(group)
		}),
		Websites:  convert(s.Websites, func(site SeedWebsite) seed.Website { return seed.Website(site) }),
		BrandKits: convert(s.BrandKits, SeedBrandKit.internal),
		Assets:    convert(s.Assets, func(asset SeedAsset) seed.Asset { return seed.Asset(asset) }),
		Templates: convert(s.Templates, func(template SeedTemplate) seed.Template {
			return seed.Template(template)
		}),
		Segments: convert(s.Segments, func(segment SeedSegment) seed.Segment {
			return seed.Segment(segment)
		}),
		Journeys: convert(s.Journeys, func(journey SeedJourney) seed.Journey {
			return seed.Journey(journey)
		}),
		Newsletters: convert(s.Newsletters, func(newsletter SeedNewsletter) seed.Newsletter {
			return seed.Newsletter(newsletter)
		}),
		Profiles: convert(s.Profiles, func(profile SeedProfile) seed.Profile {
			return seed.Profile(profile)
		}),
		Events:        convert(s.Events, func(event SeedEvent) seed.Event { return seed.Event(event) }),
		Organizations: convert(s.Organizations, Seed.internal),
	}
}

// publicSeed converts a seed of package seed to the public type.
func publicSeed(read seed.Seed) Seed {
	return Seed{
		source:       read.Source,
		Organization: SeedOrganization(read.Organization),
		Users:        convert(read.Users, func(user seed.User) SeedUser { return SeedUser(user) }),
		APIKeys:      convert(read.APIKeys, func(key seed.APIKey) SeedAPIKey { return SeedAPIKey(key) }),
		Domains:      convert(read.Domains, func(domain seed.Domain) SeedDomain { return SeedDomain(domain) }),
		SenderProfiles: convert(read.SenderProfiles, func(sender seed.SenderProfile) SeedSenderProfile {
			return SeedSenderProfile(sender)
		}),
		SubscriptionGroups: convert(read.SubscriptionGroups, func(group seed.SubscriptionGroup) SeedSubscriptionGroup {
			return SeedSubscriptionGroup(group)
		}),
		Websites:  convert(read.Websites, func(site seed.Website) SeedWebsite { return SeedWebsite(site) }),
		BrandKits: convert(read.BrandKits, publicBrandKit),
		Assets:    convert(read.Assets, func(asset seed.Asset) SeedAsset { return SeedAsset(asset) }),
		Templates: convert(read.Templates, func(template seed.Template) SeedTemplate {
			return SeedTemplate(template)
		}),
		Segments: convert(read.Segments, func(segment seed.Segment) SeedSegment {
			return SeedSegment(segment)
		}),
		Journeys: convert(read.Journeys, func(journey seed.Journey) SeedJourney {
			return SeedJourney(journey)
		}),
		Newsletters: convert(read.Newsletters, func(newsletter seed.Newsletter) SeedNewsletter {
			return SeedNewsletter(newsletter)
		}),
		Profiles: convert(read.Profiles, func(profile seed.Profile) SeedProfile {
			return SeedProfile(profile)
		}),
		Events:        convert(read.Events, func(event seed.Event) SeedEvent { return SeedEvent(event) }),
		Organizations: convert(read.Organizations, publicSeed),
	}
}

func (kit SeedBrandKit) internal() seed.BrandKit {
	made := seed.BrandKit{
		Key:           kit.Key,
		ID:            kit.ID,
		Name:          kit.Name,
		Default:       kit.Default,
		WebsiteURL:    kit.WebsiteURL,
		Logo:          kit.Logo,
		Colors:        (*world.BrandColors)(kit.Colors),
		Fonts:         kit.Fonts,
		SenderProfile: kit.SenderProfile,
	}
	if found := kit.Extraction; found != nil {
		made.Extraction = &world.BrandLook{
			Logo: found.Logo, Colors: (*world.BrandColors)(found.Colors), Fonts: found.Fonts,
		}
	}
	return made
}

func publicBrandKit(kit seed.BrandKit) SeedBrandKit {
	made := SeedBrandKit{
		Key:           kit.Key,
		ID:            kit.ID,
		Name:          kit.Name,
		Default:       kit.Default,
		WebsiteURL:    kit.WebsiteURL,
		Logo:          kit.Logo,
		Colors:        (*SeedBrandColors)(kit.Colors),
		Fonts:         kit.Fonts,
		SenderProfile: kit.SenderProfile,
	}
	if found := kit.Extraction; found != nil {
		made.Extraction = &SeedBrandLook{found.Logo, (*SeedBrandColors)(found.Colors), found.Fonts}
	}
	return made
}

// convert applies a function to every item of a list. It returns nil for nil.
func convert[A, B any](list []A, apply func(A) B) []B {
	if list == nil {
		return nil
	}
	converted := make([]B, len(list))
	for i, item := range list {
		converted[i] = apply(item)
	}
	return converted
}

// publicSeedError converts the error of package seed to the public type. It returns any other error as it is.
func publicSeedError(err error) error {
	mistakes, ok := errors.AsType[*seed.Error](err)
	if !ok {
		return err
	}
	public := &SeedError{Problems: make([]SeedProblem, len(mistakes.Problems))}
	for i, problem := range mistakes.Problems {
		public.Problems[i] = SeedProblem(problem)
	}
	return public
}
