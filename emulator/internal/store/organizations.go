package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Organization owns everything else.
type Organization struct{ ID, Name, Timezone, PostalAddress string }

// User may sign in to the dashboard.
type User struct{ ID, Key, Email, Name string }

// APIKey is a secret and what it allows.
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

// SenderProfile is an address that emails may come from.
type SenderProfile struct {
	ID, Key, Name, Email string
	Default              bool
}

// SubscriptionGroup is what Profiles subscribe to. Policy is OptIn or OptOut.
type SubscriptionGroup struct{ ID, Key, Name, Policy string }

var (
	meta               = define("meta", (*noColumns).columns, "key", "value")
	organizations      = define("organizations", (*Organization).columns)
	users              = define("users", (*User).columns, "org")
	apiKeys            = define("api_keys", (*APIKey).columns)
	domains            = define("domains", (*Domain).columns, "org")
	senderProfiles     = define("sender_profiles", (*SenderProfile).columns, "org")
	subscriptionGroups = define("subscription_groups", (*SubscriptionGroup).columns, "org")
)

func (organization *Organization) columns(r *row) {
	r.column("id", &organization.ID)
	r.column("name", &organization.Name)
	r.column("timezone", &organization.Timezone)
	r.column("postal_address", &organization.PostalAddress)
}

func (user *User) columns(r *row) {
	r.column("id", &user.ID)
	r.column("key", &user.Key)
	r.column("email", &user.Email)
	r.column("name", &user.Name)
}

func (k *APIKey) columns(r *row) {
	r.column("secret", &k.Secret)
	r.column("org", &k.Org)
	r.column("label", &k.Label)
	r.column("scopes", &k.Scopes)
	r.column("allow_sends", &k.AllowSends)
}

func (domain *Domain) columns(r *row) {
	r.column("id", &domain.ID)
	r.column("domain", &domain.Domain)
	r.column("status", &domain.Status)
	r.column("dmarc", &domain.DMARC)
}

func (sender *SenderProfile) columns(r *row) {
	r.column("id", &sender.ID)
	r.column("key", &sender.Key)
	r.column("name", &sender.Name)
	r.column("email", &sender.Email)
	r.column("is_default", &sender.Default)
}

func (g *SubscriptionGroup) columns(r *row) {
	r.column("id", &g.ID)
	r.column("key", &g.Key)
	r.column("name", &g.Name)
	r.column("policy", &g.Policy)
}

// Meta returns a value that belongs to the whole world, or "" if it was never set.
func (tx *Tx) Meta(key string) (string, error) {
	return value[string](tx.db, "SELECT value FROM meta WHERE key = ?", key)
}

// SetMeta stores a value that belongs to the whole world, such as its time. It does not count as a change.
func (tx *Tx) SetMeta(key, value string) error {
	changed := tx.changed
	err := meta.replace(tx, nil, key, value)
	tx.changed = changed
	return err
}

// PutOrganization inserts or replaces an Organization.
func (tx *Tx) PutOrganization(organization Organization) error {
	return organizations.replace(tx, &organization)
}

// Organization returns the Organization of the transaction.
func (tx *Tx) Organization() (*Organization, error) {
	return organizations.one(tx, "WHERE id = ?", tx.Org)
}

// PutUser inserts or replaces a user.
func (tx *Tx) PutUser(user User) error {
	return users.replace(tx, &user, tx.Org)
}

// Users returns the Organization's users, by key.
func (tx *Tx) Users() ([]User, error) {
	return users.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// Organizations returns all Organizations, by name.
func (tx *Tx) Organizations() ([]Organization, error) {
	return organizations.all(tx, "ORDER BY name, id")
}

// alone reports whether there is no other Organization.
func (tx *Tx) alone() (bool, error) {
	others, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM organizations WHERE id <> ?)", tx.Org)
	return others == 0, err
}

// PutAPIKey inserts or replaces a key of the Organization of the transaction.
func (tx *Tx) PutAPIKey(k APIKey) error {
	k.Org = tx.Org
	return apiKeys.replace(tx, &k)
}

// APIKeys returns the keys of all Organizations, by secret.
func (tx *Tx) APIKeys() (map[string]APIKey, error) {
	keys := map[string]APIKey{}
	list, err := apiKeys.all(tx, "")
	for _, k := range list {
		keys[k.Secret] = k
	}
	return keys, err
}

// PutDomain inserts or replaces a domain.
func (tx *Tx) PutDomain(domain Domain) error {
	return domains.replace(tx, &domain, tx.Org)
}

// Domain returns a domain by its name, or nil if there is none.
func (tx *Tx) Domain(name string) (*Domain, error) {
	return domains.one(tx, "WHERE org = ? AND domain = ?", tx.Org, name)
}

// Domains returns the Organization's domains, by name.
func (tx *Tx) Domains() ([]Domain, error) {
	return domains.all(tx, "WHERE org = ? ORDER BY domain", tx.Org)
}

// PutSenderProfile inserts or replaces a SenderProfile. If it is the default, no other one remains the default.
func (tx *Tx) PutSenderProfile(sender SenderProfile) error {
	if sender.Default {
		if err := tx.exec("UPDATE sender_profiles SET is_default = 0 WHERE org = ?", tx.Org); err != nil {
			return err
		}
	}
	return senderProfiles.replace(tx, &sender, tx.Org)
}

// SenderProfile returns the SenderProfile with this key or id, else the first one with this lower-case email, by key.
// It returns nil if there is none.
func (tx *Tx) SenderProfile(ref string) (*SenderProfile, error) {
	sender, err := senderProfiles.named(tx, ref)
	if sender != nil || err != nil {
		return sender, err
	}
	return senderProfiles.one(tx, "WHERE org = ? AND lower(email) = ? ORDER BY key LIMIT 1", tx.Org, ref)
}

// DefaultSender returns the default SenderProfile, or nil if there is none.
func (tx *Tx) DefaultSender() (*SenderProfile, error) {
	return senderProfiles.one(tx, "WHERE org = ? AND is_default = 1", tx.Org)
}

// SenderProfiles returns the Organization's SenderProfiles, by key.
func (tx *Tx) SenderProfiles() ([]SenderProfile, error) {
	return senderProfiles.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// PutSubscriptionGroup inserts or replaces a group.
func (tx *Tx) PutSubscriptionGroup(g SubscriptionGroup) error {
	return subscriptionGroups.replace(tx, &g, tx.Org)
}

// SubscriptionGroup returns the SubscriptionGroup with this key or id, or nil if there is none.
func (tx *Tx) SubscriptionGroup(ref string) (*SubscriptionGroup, error) {
	return subscriptionGroups.named(tx, ref)
}

// SubscriptionGroups returns the Organization's SubscriptionGroups, by key.
func (tx *Tx) SubscriptionGroups() ([]SubscriptionGroup, error) {
	return subscriptionGroups.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// keyedTables maps the kinds that a seed names by key to their tables.
var keyedTables = map[string]string{
	"user":              "users",
	"senderProfile":     "sender_profiles",
	"subscriptionGroup": "subscription_groups",
	"template":          "templates",
	"segment":           "segments",
	"journey":           "journeys",
	"newsletter":        "newsletters",
	"brandKit":          "brand_kits",
	"website":           "websites",
	"asset":             "assets",
}

// IDOf returns the id of the resource of a seed kind with this key, or "" if there is none. The key of a Profile is its
// email, that of a domain its name.
func (tx *Tx) IDOf(kind, key string) (string, error) {
	switch kind {
	case "profile":
		return value[string](tx.db, "SELECT id FROM profiles WHERE deleted_at IS NULL AND org = ? AND email = ?",
			tx.Org, key)
	case "domain":
		return value[string](tx.db, "SELECT id FROM domains WHERE org = ? AND domain = ?", tx.Org, key)
	}
	table := keyedTables[kind]
	if table == "" {
		return "", nil
	}
	return value[string](tx.db, "SELECT id FROM "+table+" WHERE org = ? AND key = ?", tx.Org, key)
}

// KeyOf returns the Organization and the key of the resource of a seed kind with this id, in any Organization. Both
// are empty if there is none. A deleted Profile has an Organization and no key.
func (tx *Tx) KeyOf(kind, id string) (org, key string, err error) {
	table, column := keyedTables[kind], "key"
	switch kind {
	case "profile":
		table, column = "profiles", "email"
	case "domain":
		table, column = "domains", "domain"
	}
	err = tx.db.query(func(r *row) error { org, key = r.str(), r.str(); return nil },
		"SELECT org, "+column+" FROM "+table+" WHERE id = ?", id)
	return org, key, err
}

// KeysOf returns the first keys of a kind that the Organization has, in order.
func (tx *Tx) KeysOf(kind string, limit int) ([]string, error) {
	return tx.texts("SELECT key FROM "+keyedTables[kind]+" WHERE org = ? ORDER BY key LIMIT ?", tx.Org, limit)
}

// KnownIDs returns the ids of all resources that IDOf finds: for each kind, a JSON object of the ids by key. SQLite
// makes the objects, since to read thousands of rows takes longer.
func (tx *Tx) KnownIDs() (map[string]string, error) {
	const object = "json_group_object(%s, id) FROM %s WHERE org = ?1"
	selects := []string{
		"SELECT 'domain', " + fmt.Sprintf(object, "domain", "domains"),
		"SELECT 'profile', " + fmt.Sprintf(object, "email", "profiles") + " AND deleted_at IS NULL AND email <> ''",
	}
	for _, kind := range slices.Sorted(maps.Keys(keyedTables)) {
		selects = append(selects, "SELECT '"+kind+"', "+fmt.Sprintf(object, "key", keyedTables[kind]))
	}

	known := map[string]string{}
	err := tx.db.query(func(r *row) error {
		kind := r.str()
		known[kind] = r.str()
		return nil
	}, strings.Join(selects, " UNION ALL "), tx.Org)
	return known, err
}

// OrganizationIDs returns the ids of all Organizations, in order.
func (tx *Tx) OrganizationIDs() ([]string, error) {
	return tx.texts("SELECT id FROM organizations ORDER BY id")
}
