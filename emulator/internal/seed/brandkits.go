package seed

import (
	"cmp"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// brandKits applies Brand Kits.
func (s *seeding) brandKits(seed *Seed) error {
	oneDefault(s, "brandKits", "Brand Kit", seed.BrandKits, func(kit BrandKit) bool { return kit.Default })
	for i, given := range seed.BrandKits {
		at := s.at("brandKits", i)
		if s.skips("brandKit", at, given.Key) {
			continue
		}
		id, err := s.itemID("brandKit", at, given.Key, given.ID)
		if err != nil {
			return err
		}

		kit := world.BrandKit{
			ID:         id,
			Key:        cmp.Or(given.Key, at),
			Name:       cmp.Or(given.Name, given.Key),
			Default:    given.Default,
			WebsiteURL: given.WebsiteURL,
			Look:       s.look(at, world.BrandLook{Logo: given.Logo, Colors: given.Colors, Fonts: given.Fonts}),
		}
		if given.Extraction != nil {
			found := s.look(at+"/extraction", *given.Extraction)
			kit.Found = &found
			if found.IsEmpty() {
				s.report(at+"/extraction", "must have a logo, colors or fonts")
			}
		}
		if wrong := kit.CheckWebsiteURL(); wrong != "" {
			s.report(at+"/websiteUrl", "%s", wrong)
		}
		if given.SenderProfile != "" {
			kit.SenderProfileID, err = s.ref("senderProfile", at+"/senderProfile", given.SenderProfile)
			if err != nil {
				return err
			}
		}
		if err := s.tx.SaveBrandKit(kit); err != nil {
			return err
		}
	}
	return nil
}

// look checks what a brand looks like.
func (s *seeding) look(at string, look world.BrandLook) world.BrandLook {
	look.Check(func(path, message string) { s.report(at+path, "%s", message) })
	if look.Colors != nil {
		look.Colors = look.Colors.OrNil()
	}
	return look
}

// oneDefault reports the items of a list that want to be the default beside the first one.
func oneDefault[T any](s *seeding, list, noun string, items []T, isDefault func(T) bool) {
	chosen := ""
	for i, item := range items {
		at := s.at(list, i) + "/default"
		switch {
		case !isDefault(item):
		case chosen != "":
			s.report(at, "only one "+noun+" can be the default; another is at %s", chosen)
		default:
			chosen = at
		}
	}
}
