package store

import "time"

// Newsletter is a recurring publication.
type Newsletter struct {
	ID, Key, Name, SubscriptionGroupID, SenderProfileID, TemplateID, Cadence string
	CreatedAt, UpdatedAt                                                     time.Time
}

const selectNewsletter = `SELECT id, key, name, subscription_group_id, sender_profile_id, template_id, cadence, created_at, updated_at
	FROM newsletters WHERE org = ? `

func readNewsletter(r row) Newsletter {
	return Newsletter{r.str(0), r.str(1), r.str(2), r.str(3), r.str(4), r.str(5), r.str(6), r.at(7), r.at(8)}
}

// Newsletter finds one by id, nil when there is none.
func (tx *Tx) Newsletter(id string) (*Newsletter, error) {
	return one(tx, readNewsletter, selectNewsletter+"AND id = ?", tx.Org, id)
}

// ListNewsletters is a page of the Organization's Newsletters.
func (tx *Tx) ListNewsletters(p Page) (Listed[Newsletter], error) {
	return listed(tx, p, readNewsletter, func(n *Newsletter) Place { return Place{n.CreatedAt, n.ID} }, Filter{selectNewsletter, []any{tx.Org}})
}

// PutNewsletter inserts or updates a Newsletter; an equal one stays as it is.
func (tx *Tx) PutNewsletter(n Newsletter) error {
	return tx.exec(`INSERT INTO newsletters (id, org, key, name, subscription_group_id, sender_profile_id, template_id, cadence, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
		ON CONFLICT (id) DO UPDATE SET name = ?4, subscription_group_id = ?5, sender_profile_id = ?6, template_id = ?7, cadence = ?8, updated_at = ?9
		WHERE (name, subscription_group_id, sender_profile_id, template_id, cadence) IS NOT (?4, ?5, ?6, ?7, ?8)`,
		n.ID, tx.Org, n.Key, n.Name, n.SubscriptionGroupID, n.SenderProfileID, opt(n.TemplateID), opt(n.Cadence), tx.Now)
}

// NewslettersOn counts the Newsletters that take a Template.
func (tx *Tx) NewslettersOn(template string) (int, error) {
	n, err := value[int64](tx.db, "SELECT count(*) FROM newsletters WHERE org = ? AND template_id = ?", tx.Org, template)
	return int(n), err
}
