package tell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Query is a query over the emails that were sent. An empty field selects everything.
type Query struct {
	To                     string // a lower-case address
	Template               string // its key or id
	Subject                string // a part of it
	CarrierType, CarrierID string
}

// Only returns the email if there is exactly one. Otherwise it returns a failure that explains why.
func (q Query) Only(tx *world.Tx) (only *world.Mail, failure string, err error) {
	found, err := q.Emails(tx, reportLines+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) == 1 {
		return &found[0], "", nil
	}
	if len(found) > 1 {
		failure, err = q.tooMany(tx, found, "one")
	} else {
		failure, err = q.noMatch(tx)
	}
	return nil, failure, err
}

// None returns a failure that lists the emails, or "" if there are none. It returns an error if the Template or the
// type of carrier does not exist, because no email could ever match.
func (q Query) None(tx *world.Tx) (failure string, err error) {
	if err := q.checkNames(tx); err != nil {
		return "", err
	}
	found, err := q.Emails(tx, reportLines+1)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return q.tooMany(tx, found, "none")
}

// Emails returns the newest limit emails, oldest first. A limit of 0 means all.
func (q Query) Emails(tx *world.Tx, limit int) ([]world.Mail, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	filter.Limit = limit
	found, err := tx.Outbox(filter)
	slices.Reverse(found)
	return found, err
}

// Filter converts the query to a filter of the outbox.
func (q Query) Filter(tx *world.Tx) (world.MailFilter, error) {
	filter := world.MailFilter{
		To:          q.To,
		TemplateID:  q.Template,
		Subject:     q.Subject,
		CarrierType: q.CarrierType,
		CarrierID:   q.CarrierID,
	}
	template, err := tx.TemplateNamed(q.Template)
	if template != nil {
		filter.TemplateID = template.ID
	}
	return filter, err
}

// checkNames returns an error if the Template or the type of carrier does not exist.
func (q Query) checkNames(tx *world.Tx) error {
	template, err := tx.TemplateNamed(q.Template)
	if err != nil {
		return err
	}
	if q.Template != "" && template == nil {
		known, err := tx.KeysOf("template", reportLines)
		if err != nil {
			return err
		}
		return fmt.Errorf("there is no Template %q; there are %s", q.Template, world.JoinNames(known))
	}
	if q.CarrierType != "" && !slices.Contains(carrierTypes, q.CarrierType) {
		return fmt.Errorf("there is no carrier type %q; there are %s", q.CarrierType, world.JoinNames(carrierTypes))
	}
	return nil
}

// String describes the query as failures show it.
func (q Query) String() string {
	var parts []string
	add := func(value, text string) {
		if value != "" {
			parts = append(parts, text)
		}
	}
	add(q.To, "to "+q.To)
	add(q.Template, "from Template "+q.Template)
	add(q.Subject, fmt.Sprintf("with %q in its subject", q.Subject))
	add(q.CarrierType, strings.TrimSpace("of carrier "+q.CarrierType+" "+q.CarrierID))
	if parts == nil {
		return "of any kind"
	}
	return strings.Join(parts, " ")
}

// carrierTypes are all types of carriers that an EmailSend can have.
var carrierTypes = []string{
	world.CarrierEmail, world.CarrierJourney, world.CarrierBroadcast, world.CarrierNewsletterIssue, world.CarrierTest,
}
