package store

import "time"

// Newsletter is a recurring publication.
type Newsletter struct {
	ID, Key, Name, SubscriptionGroupID, SenderProfileID, TemplateID, Cadence string
	CreatedAt, UpdatedAt                                                     time.Time
}

var newsletters = define("newsletters", (*Newsletter).columns, "org")

func (n *Newsletter) columns(r *row) {
	r.is("id", &n.ID)
	r.is("key", &n.Key)
	r.is("created_at", &n.CreatedAt)
	r.mutable()
	r.is("name", &n.Name)
	r.is("subscription_group_id", &n.SubscriptionGroupID)
	r.is("sender_profile_id", &n.SenderProfileID)
	r.opt("template_id", &n.TemplateID)
	r.opt("cadence", &n.Cadence)
	r.is("updated_at", &n.UpdatedAt)
}

// Newsletter finds one by id, nil when there is none.
func (tx *Tx) Newsletter(id string) (*Newsletter, error) {
	return newsletters.one(tx, "WHERE org = ? AND id = ?", tx.Org, id)
}

// ListNewsletters is a page of the Organization's Newsletters.
func (tx *Tx) ListNewsletters(p Page) (Listed[Newsletter], error) {
	return listed(tx, p, newsletters.view, func(n *Newsletter) Place { return Place{n.CreatedAt, n.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}})
}

// PutNewsletter inserts or updates a Newsletter; an equal one stays as it is.
func (tx *Tx) PutNewsletter(n Newsletter) error {
	n.CreatedAt, n.UpdatedAt = tx.Now, tx.Now
	return newsletters.upsertChanged(tx, &n, tx.Org)
}

// NewslettersOn counts the Newsletters that take a Template.
func (tx *Tx) NewslettersOn(template string) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM newsletters WHERE org = ? AND template_id = ?", tx.Org, template)
	return int(n), err
}
