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

// Filter converts the query to a filter of the outbox. It returns an UnknownName if the Template or the carrier does
// not exist, because no email could ever match.
func (q Query) Filter(tx *world.Tx) (world.MailFilter, error) {
	filter := world.MailFilter{
		To:          q.To,
		TemplateID:  q.Template,
		Subject:     q.Subject,
		CarrierType: q.CarrierType,
		CarrierID:   strings.ToLower(q.CarrierID),
	}
	template, err := templateNamed(tx, q.Template)
	if err != nil {
		return filter, err
	}
	if template != nil {
		filter.TemplateID = template.ID
	}
	return filter, q.checkCarrier(tx)
}

// UnknownName is a name in a query that nothing has. Its text shows the names that exist. For HTTP it is a 404.
type UnknownName struct {
	Problem *world.Problem
	text    string
}

func (unknown *UnknownName) Error() string { return unknown.text }

func (unknown *UnknownName) Unwrap() error { return unknown.Problem }

// unknown returns the UnknownName of a kind of thing. known are the names that exist, nearest first.
func unknown(kind, name string, known []string) *UnknownName {
	text := fmt.Sprintf("there is no %s %q; there ", kind, name)
	switch len(known) {
	case 0:
		text += "are none"
	case 1:
		text += "is only " + known[0]
	default:
		text += "are " + firstNames(known)
	}
	problem := world.NotFound(kind, name)
	problem.Details["near"] = known[:min(len(known), namesShown)]
	return &UnknownName{problem, text}
}

// templateNamed returns the Template with this key or id. It returns nil for "", and for the id of a deleted Template
// from which emails were made.
func templateNamed(tx *world.Tx, ref string) (*world.Template, error) {
	if ref == "" {
		return nil, nil
	}
	template, err := tx.TemplateNamed(ref)
	if template == nil && err == nil {
		template, err = tx.TemplateNamed(strings.ToLower(ref))
	}
	if err != nil || template != nil {
		return template, err
	}
	if used, err := tx.CountSendsFrom(strings.ToLower(ref)); err != nil || used > 0 {
		return nil, err
	}
	known, err := tx.KeysOf("template", -1)
	if err != nil {
		return nil, err
	}
	return nil, unknown("Template", ref, nearest(ref, known))
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
	add(q.CarrierType+q.CarrierID, strings.Join(strings.Fields("of carrier "+q.CarrierType+" "+q.CarrierID), " "))
	if parts == nil {
		return "of any kind"
	}
	return strings.Join(parts, " ")
}
