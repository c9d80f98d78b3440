package tell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Question is what somebody asks of the mail that has left. Empty members do not narrow it.
type Question struct {
	To                     string // a lower-case address
	Template               string // its key or id
	Subject                string // a part of it
	CarrierType, CarrierID string
}

// Only returns the one mail there is. If there is none or several, it returns why.
func (q Question) Only(tx *world.Tx) (only *world.Mail, complaint string, err error) {
	found, err := q.Mails(tx, reportLines+1)
	if err != nil {
		return nil, "", err
	}
	if len(found) == 1 {
		return &found[0], "", nil
	}
	complaint, err = q.complain(tx, found)
	return nil, complaint, err
}

// None returns what mail there is, "" if there is none. A Template or a type of carrier that does not exist is an error: no
// mail could ever be found under it.
func (q Question) None(tx *world.Tx) (complaint string, err error) {
	if err := q.nameable(tx); err != nil {
		return "", err
	}
	found, err := q.Mails(tx, reportLines+1)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return q.complainOfMany(tx, found, "none")
}

// Mails gives the newest limit mails, oldest first.
func (q Question) Mails(tx *world.Tx, limit int) ([]world.Mail, error) {
	f, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	f.Limit = limit
	found, err := tx.Outbox(f)
	slices.Reverse(found)
	return found, err
}

// Filter is the question as a filter of the outbox.
func (q Question) Filter(tx *world.Tx) (world.MailFilter, error) {
	f := world.MailFilter{To: q.To, TemplateID: q.Template, Subject: q.Subject, CarrierType: q.CarrierType, CarrierID: q.CarrierID}
	t, err := tx.TemplateNamed(q.Template)
	if t != nil {
		f.TemplateID = t.ID
	}
	return f, err
}

// nameable refuses a question whose answer is empty because of how it is spelt.
func (q Question) nameable(tx *world.Tx) error {
	t, err := tx.TemplateNamed(q.Template)
	if err != nil {
		return err
	}
	if q.Template != "" && t == nil {
		known, err := tx.KeysOf("template", reportLines)
		if err != nil {
			return err
		}
		return fmt.Errorf("there is no Template %q; there are %s", q.Template, world.JoinNames(known))
	}
	if q.CarrierType != "" && !slices.Contains(carrierTypes, q.CarrierType) {
		return fmt.Errorf("there is no type of carrier %q; there are %s", q.CarrierType, world.JoinNames(carrierTypes))
	}
	return nil
}

// String says what is asked for, as failures tell it.
func (q Question) String() string {
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

// carrierTypes are all that an EmailSend can be sent for.
var carrierTypes = []string{
	world.CarrierEmail, world.CarrierJourney, world.CarrierBroadcast, world.CarrierNewsletterIssue, world.CarrierTest,
}
