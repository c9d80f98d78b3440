package world

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Consent and suppression, decided here: consent belongs to a Profile and a SubscriptionGroup. Suppression belongs to
// an address in the whole Organization, and blocks every purpose.

// GroupNamed returns a SubscriptionGroup by its id, nil if there is none.
func (tx *Tx) GroupNamed(id string) (*store.SubscriptionGroup, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	return c.group(id), nil
}

// SkipReason returns why the group's policy and the Profile's choice do not allow email, "" if they allow it.
func (tx *Tx) SkipReason(group *store.SubscriptionGroup, profile string) (string, error) {
	status, err := tx.Subscription(profile, group.ID)
	if err != nil {
		return "", err
	}
	return consentSkip(group, status), nil
}

// consentSkip is SkipReason for a choice that is known. status is "" if the Profile has made none.
func consentSkip(group *store.SubscriptionGroup, status string) string {
	switch {
	case status == store.Unsubscribed:
		return store.SkipUnsubscribed
	case status == "" && group.Policy == store.OptIn:
		return store.SkipNotOptedIn
	}
	return ""
}

// suppression returns the skip reason of an address that is suppressed, "" if it is not.
func (tx *Tx) suppression(email string) (string, error) {
	known, err := tx.knowsAddresses()
	if err != nil || !known {
		return suppressionSkip(email, ""), err
	}
	address, err := tx.Address(strings.ToLower(email))
	if err != nil || address == nil {
		return suppressionSkip(email, ""), err
	}
	return suppressionSkip(email, address.Suppressed), nil
}

// knowsAddresses reports whether anything is known of any address. Nothing ever is in most worlds.
func (tx *Tx) knowsAddresses() (bool, error) {
	w := tx.w
	if !w.addressesRead {
		known, err := tx.AnyAddress()
		if err != nil {
			return false, err
		}
		w.addressesRead, w.anyAddress = true, known
	}
	return w.anyAddress, nil
}

// suppressionSkip is suppression for an address whose row is known. known is why it is suppressed, "" if it is not.
func suppressionSkip(email, known string) string {
	if outcome.Suppressed(email) {
		known = store.SuppressedManual
	}
	if known == "" {
		return ""
	}
	return store.SkipSuppressed + known
}

// Suppress stops all email to an address for a reason: complaint or manual. It does nothing for "", the address of a
// deleted Profile's email.
func (tx *Tx) Suppress(email, reason string) error {
	address, err := tx.addressRow(email)
	if err != nil || address == nil {
		return err
	}
	if address.Suppressed == "" {
		address.Suppressed = reason
	}
	return tx.PutAddress(*address)
}

// PutAddress stores what is known about an address.
func (tx *Tx) PutAddress(address store.Address) error {
	tx.w.addressesRead, tx.w.anyAddress = true, true
	return tx.Tx.PutAddress(address)
}

// AlwaysSuppressed reports whether an address is a simulated one that counts as suppressed.
func AlwaysSuppressed(email string) bool { return outcome.Suppressed(email) }

// LiftSuppression allows email to an address again, and forgets its soft bounces in a row. Its latest bounce stays
// known. What a complaint unsubscribed stays unsubscribed.
func (tx *Tx) LiftSuppression(email string) error {
	address, err := tx.addressRow(email)
	switch {
	case err != nil:
		return err
	case outcome.Suppressed(email):
		return &Problem{Code: CodeInvalidState, Message: email + " is a simulated address that is always suppressed."}
	case address == nil || address.Suppressed == "":
		return &Problem{Code: CodeInvalidState, Message: email + " is not suppressed."}
	}
	address.Suppressed, address.Streak = "", nil
	return tx.PutAddress(*address)
}

// addressRow returns the stored row of an address, or a new one. It returns nil for "", the address of a deleted
// Profile's email.
func (tx *Tx) addressRow(email string) (*store.Address, error) {
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

// Choose records a Profile's choice. Choosing the same again changes nothing, nor does a choice of a deleted Profile.
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
	return tx.reactTo(p, change{group: group})
}
