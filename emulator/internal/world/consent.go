package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Consent and suppression, decided here: consent belongs to a Profile and a SubscriptionGroup, suppression to an address
// in the whole Organization and blocks every purpose.

// GroupNamed finds a SubscriptionGroup by id, nil if there is none.
func (tx *Tx) GroupNamed(id string) (*store.SubscriptionGroup, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.groups[id], nil
}

// SkipReason is "" when the group's policy and the Profile's choice allow mail, else the skip reason.
func (tx *Tx) SkipReason(group *store.SubscriptionGroup, profile string) (string, error) {
	status, err := tx.Subscription(profile, group.ID)
	if err != nil {
		return "", err
	}
	return chosen(group, status), nil
}

// chosen is consent where the Profile's choice is known.
func chosen(group *store.SubscriptionGroup, status string) string {
	switch {
	case status == store.Unsubscribed:
		return store.SkipUnsubscribed
	case status == "" && group.Policy == store.OptIn:
		return store.SkipNotOptedIn
	}
	return ""
}

// suppression is "" when mail may go to the address, else the skip reason.
func (tx *Tx) suppression(email string) (string, error) {
	address, err := tx.Address(strings.ToLower(email))
	if err != nil || address == nil {
		return suppressed(email, ""), err
	}
	return suppressed(email, address.Suppressed), nil
}

// suppressed is suppression where it is known why the address gets no mail, "" when it may.
func suppressed(email, known string) string {
	if outcome.Suppressed(email) {
		known = store.SuppressedManual
	}
	if known == "" {
		return ""
	}
	return store.SkipSuppressed + known
}

// Suppress stops all mail to an address for a reason: complaint or manual. Mail of a deleted Profile is to no address.
func (tx *Tx) Suppress(email, reason string) error {
	address, err := tx.addressOf(email)
	if err != nil || address == nil {
		return err
	}
	if address.Suppressed == "" {
		address.Suppressed = reason
	}
	return tx.PutAddress(*address)
}

// addressOf is what is known of an address, or a new one; nil for "", the address of a deleted Profile's mail.
func (tx *Tx) addressOf(email string) (*store.Address, error) {
	if email == "" {
		return nil, nil
	}
	email = strings.ToLower(email)
	address, err := tx.Address(email)
	if address == nil {
		address = &store.Address{Email: email}
	}
	return address, err
}

// Choose records a Profile's choice, once: saying the same again changes nothing. A deleted Profile has none.
func (tx *Tx) Choose(profile, group, status, source string) error {
	current, err := tx.Subscription(profile, group)
	if err != nil || current == status {
		return err
	}
	p, err := tx.Profile(profile)
	if err != nil || p == nil {
		return err
	}
	if err := tx.SetSubscription(profile, group, status, source); err != nil {
		return err
	}
	return tx.touched(p, touch{group: group})
}
