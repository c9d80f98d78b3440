package store

// Organization owns everything else.
type Organization struct{ ID, Name, Timezone, PostalAddress string }

// User may sign in to the dashboard.
type User struct{ ID, Key, Email, Name string }

// APIKey is a secret with what it may do.
type APIKey struct {
	Secret, Org, Label string
	Scopes             []string
	AllowSends         bool
}

// Domain is a sending domain; Status is verified, pending or failed.
type Domain struct {
	ID, Domain, Status string
	DMARC              bool
}

// SenderProfile is an address that mail may come from.
type SenderProfile struct {
	ID, Key, Name, Email string
	Default              bool
}

// SubscriptionGroup is what people subscribe to; Policy is OptIn or OptOut.
type SubscriptionGroup struct{ ID, Key, Name, Policy string }

// Meta reads a value of the world itself, "" when it was never set.
func (tx *Tx) Meta(key string) (string, error) {
	return value[string](tx.db, "SELECT value FROM meta WHERE key = ?", key)
}

// SetMeta keeps a value of the world itself.
func (tx *Tx) SetMeta(key, value string) error {
	return tx.exec("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", key, value)
}

// PutOrganization inserts or replaces an Organization.
func (tx *Tx) PutOrganization(o Organization) error {
	return tx.exec("INSERT OR REPLACE INTO organizations (id, name, timezone, postal_address) VALUES (?, ?, ?, ?)",
		o.ID, o.Name, o.Timezone, o.PostalAddress)
}

// Organization is the transaction's own.
func (tx *Tx) Organization() (*Organization, error) {
	return one(tx, func(r row) Organization { return Organization{r.str(0), r.str(1), r.str(2), r.str(3)} },
		"SELECT id, name, timezone, postal_address FROM organizations WHERE id = ?", tx.Org)
}

// PutUser inserts or replaces a user.
func (tx *Tx) PutUser(u User) error {
	return tx.exec("INSERT OR REPLACE INTO users (id, org, key, email, name) VALUES (?, ?, ?, ?, ?)", u.ID, tx.Org, u.Key, u.Email, u.Name)
}

// PutAPIKey inserts or replaces a key of the transaction's Organization.
func (tx *Tx) PutAPIKey(k APIKey) error {
	return tx.exec("INSERT OR REPLACE INTO api_keys (secret, org, label, scopes, allow_sends) VALUES (?, ?, ?, ?, ?)",
		k.Secret, tx.Org, k.Label, encode(k.Scopes), k.AllowSends)
}

// APIKeys are the keys of all Organizations, by secret.
func (tx *Tx) APIKeys() (map[string]APIKey, error) {
	keys := map[string]APIKey{}
	err := tx.db.query(func(r row) error {
		keys[r.str(0)] = APIKey{r.str(0), r.str(1), r.str(2), decode[[]string](r.str(3)), r.flag(4)}
		return nil
	}, "SELECT secret, org, label, scopes, allow_sends FROM api_keys")
	return keys, err
}

// PutDomain inserts or replaces a domain.
func (tx *Tx) PutDomain(d Domain) error {
	return tx.exec("INSERT OR REPLACE INTO domains (id, org, domain, status, dmarc) VALUES (?, ?, ?, ?, ?)",
		d.ID, tx.Org, d.Domain, d.Status, d.DMARC)
}

// Domains are the Organization's, by name.
func (tx *Tx) Domains() ([]Domain, error) {
	return all(tx, func(r row) Domain { return Domain{r.str(0), r.str(1), r.str(2), r.flag(3)} },
		"SELECT id, domain, status, dmarc FROM domains WHERE org = ? ORDER BY domain", tx.Org)
}

// PutSenderProfile inserts or replaces a SenderProfile; a default one takes that place from the others.
func (tx *Tx) PutSenderProfile(p SenderProfile) error {
	if p.Default {
		if err := tx.exec("UPDATE sender_profiles SET is_default = 0 WHERE org = ?", tx.Org); err != nil {
			return err
		}
	}
	return tx.exec("INSERT OR REPLACE INTO sender_profiles (id, org, key, name, email, is_default) VALUES (?, ?, ?, ?, ?, ?)",
		p.ID, tx.Org, p.Key, p.Name, p.Email, p.Default)
}

// SenderProfiles are the Organization's, by key.
func (tx *Tx) SenderProfiles() ([]SenderProfile, error) {
	return all(tx, func(r row) SenderProfile { return SenderProfile{r.str(0), r.str(1), r.str(2), r.str(3), r.flag(4)} },
		"SELECT id, key, name, email, is_default FROM sender_profiles WHERE org = ? ORDER BY key", tx.Org)
}

// PutSubscriptionGroup inserts or replaces a group.
func (tx *Tx) PutSubscriptionGroup(g SubscriptionGroup) error {
	return tx.exec("INSERT OR REPLACE INTO subscription_groups (id, org, key, name, policy) VALUES (?, ?, ?, ?, ?)",
		g.ID, tx.Org, g.Key, g.Name, g.Policy)
}

// SubscriptionGroups are the Organization's, by key.
func (tx *Tx) SubscriptionGroups() ([]SubscriptionGroup, error) {
	return all(tx, func(r row) SubscriptionGroup { return SubscriptionGroup{r.str(0), r.str(1), r.str(2), r.str(3)} },
		"SELECT id, key, name, policy FROM subscription_groups WHERE org = ? ORDER BY key", tx.Org)
}

// keyed are the kinds that a seed names by key, and their tables.
var keyed = map[string]string{
	"user": "users", "senderProfile": "sender_profiles", "subscriptionGroup": "subscription_groups", "template": "templates",
	"segment": "segments", "journey": "journeys", "newsletter": "newsletters",
}

// IDOf is the id of the thing of a seed kind with that key, "" when there is none. A Profile's key is its email, a
// domain's its name.
func (tx *Tx) IDOf(kind, key string) (string, error) {
	switch kind {
	case "profile":
		return value[string](tx.db, "SELECT id FROM profiles WHERE deleted_at IS NULL AND org = ? AND email = ?", tx.Org, key)
	case "domain":
		return value[string](tx.db, "SELECT id FROM domains WHERE org = ? AND domain = ?", tx.Org, key)
	}
	table := keyed[kind]
	if table == "" {
		return "", nil
	}
	return value[string](tx.db, "SELECT id FROM "+table+" WHERE org = ? AND key = ?", tx.Org, key)
}

// KeyOf finds whose an id of a seed kind is, in any Organization: its key and its owner, both empty when it is nobody's. A
// deleted Profile has an owner and no key.
func (tx *Tx) KeyOf(kind, id string) (org, key string, err error) {
	table, column := keyed[kind], "key"
	switch kind {
	case "profile":
		table, column = "profiles", "email"
	case "domain":
		table, column = "domains", "domain"
	}
	err = tx.db.query(func(r row) error { org, key = r.str(0), r.str(1); return nil },
		"SELECT org, "+column+" FROM "+table+" WHERE id = ?", id)
	return org, key, err
}

// KeysOf are the first keys that the Organization has of a kind, in order.
func (tx *Tx) KeysOf(kind string, limit int) ([]string, error) {
	return all(tx, func(r row) string { return r.str(0) }, "SELECT key FROM "+keyed[kind]+" WHERE org = ? ORDER BY key LIMIT ?", tx.Org, limit)
}

// OrganizationIDs are those of all Organizations, in order.
func (tx *Tx) OrganizationIDs() ([]string, error) {
	return all(tx, func(r row) string { return r.str(0) }, "SELECT id FROM organizations ORDER BY id")
}
