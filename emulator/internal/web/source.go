package web

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// WorldSource is the Source of the first Organization.
type WorldSource struct{ World *world.World }

// Organization returns the name of the Organization, the heading of the overview.
func (s WorldSource) Organization(ctx context.Context) (name string, err error) {
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		org, err := tx.Organization()
		if org != nil {
			name = org.Name
		}
		return err
	})
	return name, err
}

// Confirmations returns the confirmations that can still be approved or rejected.
func (s WorldSource) Confirmations(ctx context.Context) (waiting []Confirmation, err error) {
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		ids, err := tx.OpenConfirmations()
		if err != nil {
			return err
		}
		for _, id := range ids {
			view, err := tx.ViewConfirmation(id)
			if err != nil {
				return err
			}
			if view.State == world.ConfirmationOpen {
				waiting = append(waiting, confirmationOf(tx, view))
			}
		}
		return nil
	})
	return waiting, err
}

// Confirmation returns the confirmation with this id, or nil if there is none.
func (s WorldSource) Confirmation(ctx context.Context, id string) (found *Confirmation, err error) {
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		view, err := tx.ViewConfirmation(id)
		if missing, ok := errors.AsType[*world.Problem](err); ok && missing.Code == world.CodeNotFound {
			return nil
		}
		if err == nil {
			c := confirmationOf(tx, view)
			found = &c
		}
		return err
	})
	return found, err
}

// Decide approves or rejects a confirmation. The first decision counts; a later one changes nothing.
func (s WorldSource) Decide(ctx context.Context, id string, approve bool) (refusal string, err error) {
	outcome := world.ConfirmationRejected
	if approve {
		outcome = world.ConfirmationApproved
	}
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		_, err := tx.Redeem(id, outcome)
		return err
	})
	if refused, ok := errors.AsType[*world.Problem](err); ok {
		return refused.Message, nil
	}
	return "", err
}

// confirmationOf converts a confirmation to what the pages show.
func confirmationOf(tx *world.Tx, view *world.ConfirmationView) Confirmation {
	c := Confirmation{
		ID:        view.ID,
		State:     view.State,
		Carrier:   world.CarrierNouns[view.CarrierType],
		Name:      view.Name,
		Status:    view.Status,
		Now:       tx.Now,
		ExpiresAt: view.ExpiresAt,
		Sender: Sender{
			Name:     view.Sender.Name,
			Email:    view.Sender.Email,
			Verified: view.Sender.Verified,
			DMARC:    view.Sender.DMARC,
		},
		ReplyTo:  view.ReplyTo,
		Segment:  view.Segment,
		Group:    Group{Name: view.Group, Policy: view.Policy},
		Total:    view.Audience.Total,
		Eligible: view.Audience.Eligible,
	}
	for _, reason := range slices.Sorted(maps.Keys(view.Audience.Skipped)) {
		c.Skipped = append(c.Skipped, Skip{Reason: reason, Count: view.Audience.Skipped[reason]})
	}
	for _, finding := range view.Blockers {
		c.Blocks = append(c.Blocks, Finding{Code: finding.Code, Message: finding.Message})
	}
	for _, finding := range view.Warnings {
		c.Warns = append(c.Warns, Finding{Code: finding.Code, Message: finding.Message})
	}
	if view.Redemption != nil {
		c.DecidedAt, _ = time.Parse(time.RFC3339, view.Redemption.RedeemedAt) // valid: world.Stamp wrote it
	}
	if view.Sample == nil {
		return c
	}

	out := view.Sample.Out
	c.Subject, c.SampleFor, c.HTML, c.Text = out.Subject, view.Sample.Profile.Email, out.HTML, out.Text
	for _, missing := range out.Missing {
		place := strings.TrimSpace(missing.Element + " " + missing.Prop)
		c.MissingInPlace = append(c.MissingInPlace, fmt.Sprintf("%s in %s", missing.Path, place))
	}
	return c
}
