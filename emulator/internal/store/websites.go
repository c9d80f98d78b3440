package store

// Website is a site whose plug-in reports what its visitors do, with a write key.
type Website struct{ ID, Org, Key, Name, URL, WriteKey string }

var websites = define("websites", (*Website).columns)

func (site *Website) columns(r *row) {
	r.column("id", &site.ID)
	r.column("org", &site.Org)
	r.mutable()
	r.column("key", &site.Key)
	r.column("name", &site.Name)
	r.column("url", &site.URL)
	r.column("write_key", &site.WriteKey)
}

// PutWebsite inserts a Website of the Organization, or updates the one with this id.
func (tx *Tx) PutWebsite(site Website) error {
	site.Org = tx.Org
	return websites.upsert(tx, &site)
}

// Website returns the Website with this key or id, or nil if there is none.
func (tx *Tx) Website(ref string) (*Website, error) { return websites.named(tx, ref) }

// WebsiteOfWriteKey returns the Website with this write key, of any Organization, or nil if there is none.
func (tx *Tx) WebsiteOfWriteKey(key string) (*Website, error) {
	return websites.one(tx, "WHERE write_key = ?", key)
}

// Websites returns the Websites of all Organizations, by Organization and key.
func (tx *Tx) Websites() ([]Website, error) { return websites.all(tx, "ORDER BY org, key") }
