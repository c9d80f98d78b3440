package web

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has what a person at the dashboard can change in a Profile.

// changePerson changes a Profile and shows its page with what was done.
func changePerson(v *visit, id, done string, change func(tx *world.Tx, p *world.Profile) error) error {
	err := v.act(func(tx *world.Tx) error {
		p, err := tx.ProfileWith(id)
		if err != nil {
			return err
		}
		return change(tx, p)
	})
	if err == nil {
		return v.done(personPath(id), done)
	}
	if message, other := refusal(err); other == nil {
		return v.refuse(personPath(id), message)
	}
	return err
}

func invalid(message string) error {
	return &world.Problem{Code: world.CodeInvalidState, Message: message}
}

// chooseGroup subscribes a Profile to a SubscriptionGroup or unsubscribes it.
func chooseGroup(v *visit, id string) error {
	group, status, done := v.r.PostFormValue("subscribe"), world.Subscribed, "The Profile is subscribed."
	if group == "" {
		group, status = v.r.PostFormValue("unsubscribe"), world.Unsubscribed
		done = "The Profile is unsubscribed."
	}
	return changePerson(v, id, done, func(tx *world.Tx, p *world.Profile) error {
		known, err := tx.GroupNamed(group)
		if err != nil {
			return err
		}
		if known == nil || known.ID != group {
			return invalid("There is no such SubscriptionGroup.")
		}
		current, err := tx.Subscription(p.ID, group)
		if err != nil {
			return err
		}
		if current == status {
			return invalid("The Profile has already chosen that: it is " + status + ".")
		}
		return tx.Choose(p.ID, group, status, world.SourceDashboard)
	})
}

// suppress suppresses the address of a Profile, or lifts its suppression.
func suppress(v *visit, id string) error {
	switch v.r.PostFormValue("do") {
	case "suppress":
	case "lift":
		return changePerson(v, id, "The address gets emails again.", func(tx *world.Tx, p *world.Profile) error {
			return tx.LiftSuppression(p.Email)
		})
	default:
		return v.refuse(personPath(id), "The form must say whether to suppress the address or to lift that.")
	}
	return changePerson(v, id, "The address gets no emails any more.", func(tx *world.Tx, p *world.Profile) error {
		address, err := tx.Address(p.Email)
		if err != nil {
			return err
		}
		if world.AlwaysSuppressed(p.Email) || address != nil && address.Suppressed != "" {
			return invalid(p.Email + " is suppressed already.")
		}
		return tx.Suppress(p.Email, world.SuppressedManual)
	})
}

// askToDelete says what a deletion deletes, and asks once more.
func askToDelete(v *visit, id string) error {
	var p *world.Profile
	err := v.act(func(tx *world.Tx) (err error) {
		p, err = tx.ProfileWith(id)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "person_delete.html", "Delete "+p.Email+"?", id)
}

func deletePerson(v *visit, id string) error {
	return changePerson(v, id, "The Profile is deleted.", func(tx *world.Tx, p *world.Profile) error {
		return tx.DeleteProfiles([]string{p.ID})
	})
}
