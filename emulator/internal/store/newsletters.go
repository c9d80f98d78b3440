package store

import "time"

// Newsletter is a recurring publication.
type Newsletter struct {
	ID, Key, Name, SubscriptionGroupID, SenderProfileID, TemplateID, Cadence string
	CreatedAt, UpdatedAt                                                     time.Time
}

var newsletters = define("newsletters", (*Newsletter).columns, "org")

func (newsletter *Newsletter) columns(r *row) {
	r.column("id", &newsletter.ID)
	r.column("key", &newsletter.Key)
	r.column("created_at", &newsletter.CreatedAt)
	r.mutable()
	r.column("name", &newsletter.Name)
	r.column("subscription_group_id", &newsletter.SubscriptionGroupID)
	r.column("sender_profile_id", &newsletter.SenderProfileID)
	r.nullable("template_id", &newsletter.TemplateID)
	r.nullable("cadence", &newsletter.Cadence)
	r.column("updated_at", &newsletter.UpdatedAt)
}

// Newsletter returns the Newsletter with this id, or nil if there is none.
func (tx *Tx) Newsletter(id string) (*Newsletter, error) {
	return newsletters.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// ListNewsletters returns a page of the Organization's Newsletters.
func (tx *Tx) ListNewsletters(page Page) (Listed[Newsletter], error) {
	return listed(tx, page, newsletters.view(),
		func(newsletter *Newsletter) Place { return Place{newsletter.CreatedAt, newsletter.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}})
}

// PutNewsletter inserts or updates a Newsletter. It does not touch an equal one.
func (tx *Tx) PutNewsletter(newsletter Newsletter) error {
	newsletter.CreatedAt, newsletter.UpdatedAt = tx.Now, tx.Now
	return newsletters.upsertChanged(tx, &newsletter, tx.Org)
}

// NewslettersUsing returns the Newsletters that use a Template, by key.
func (tx *Tx) NewslettersUsing(template string) ([]Newsletter, error) {
	return newsletters.all(tx, "WHERE org = ? AND template_id = ? ORDER BY key", tx.Org, template)
}

// CountNewslettersUsing counts the Newsletters that use a Template.
func (tx *Tx) CountNewslettersUsing(template string) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM newsletters WHERE org = ? AND template_id = ?",
		tx.Org, template)
	return int(n), err
}
