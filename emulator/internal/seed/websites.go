package seed

import (
	"cmp"
	"net/url"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// websites applies Websites. Its reports never contain a write key.
func (s *seeding) websites(seed *Seed) error {
	for i, given := range seed.Websites {
		at := s.at("websites", i)
		if s.skips("website", at, given.Key) {
			continue
		}
		id, err := s.itemID("website", at, given.Key, given.ID)
		if err != nil {
			return err
		}
		if parsed, err := url.Parse(given.URL); given.URL != "" &&
			(err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https") {
			s.report(at+"/url", "must be an address such as https://shop.example")
		}
		site := world.Website{ID: id, Key: cmp.Or(given.Key, at), Name: cmp.Or(given.Name, given.Key), URL: given.URL}
		if site.WriteKey, err = s.writeKey(at+"/writeKey", id, given.WriteKey); err != nil {
			return err
		}
		if err := s.tx.PutWebsite(site); err != nil {
			return err
		}
	}
	return nil
}

// writeKey checks the write key of a Website. It returns one that is free if there is a mistake.
func (s *seeding) writeKey(at, id, key string) (string, error) {
	owner, err := s.tx.WebsiteOfWriteKey(key)
	switch {
	case err != nil:
		return "", err
	case key == "":
		s.report(at, "is required: the key that the website's plug-in sends")
	case owner != nil && owner.ID != id && owner.Org != s.tx.Org:
		s.report(at, "belongs to a website of another Organization")
	case owner != nil && owner.ID != id:
		s.report(at, "belongs to the website %q", owner.Key)
	default:
		return key, nil
	}
	return id, nil
}
