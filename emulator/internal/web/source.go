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

// WorldSource is what the dashboard reads of the first Organization, and does there.
type WorldSource struct{ World *world.World }

// Organization is the name over the overview.
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

// Confirmations lists those that can still be redeemed.
func (s WorldSource) Confirmations(ctx context.Context) (waiting []Confirmation, err error) {
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		ids, err := tx.OpenConfirmations()
		if err != nil {
			return err
		}
		for _, id := range ids {
			v, err := tx.ViewConfirmation(id)
			if err != nil {
				return err
			}
			if v.State == world.ConfirmationOpen {
				waiting = append(waiting, confirmationOf(tx, v))
			}
		}
		return nil
	})
	return waiting, err
}

// Confirmation finds one, nil when there is none.
func (s WorldSource) Confirmation(ctx context.Context, id string) (found *Confirmation, err error) {
	err = s.World.Act(ctx, world.First, func(tx *world.Tx) error {
		v, err := tx.ViewConfirmation(id)
		if missing, ok := errors.AsType[*world.Problem](err); ok && missing.Code == world.CodeNotFound {
			return nil
		}
		if err == nil {
			c := confirmationOf(tx, v)
			found = &c
		}
		return err
	})
	return found, err
}

// Decide redeems one. As everywhere the first answer counts, and a later one is shown that.
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

// confirmationOf is a confirmation as people see it.
func confirmationOf(tx *world.Tx, v *world.ConfirmationView) Confirmation {
	c := Confirmation{ID: v.ID, State: v.State, Carrier: world.CarrierNouns[v.CarrierType], Name: v.Name, Status: v.Status,
		Now: tx.Now, ExpiresAt: v.ExpiresAt, Segment: v.Segment, Group: Group{Name: v.Group, Policy: v.Policy},
		Sender:  Sender{Name: v.Sender.Name, Email: v.Sender.Email, Verified: v.Sender.Verified, DMARC: v.Sender.DMARC},
		ReplyTo: v.ReplyTo, Total: v.Audience.Total, Eligible: v.Audience.Eligible}
	for _, reason := range slices.Sorted(maps.Keys(v.Audience.Skipped)) {
		c.Skipped = append(c.Skipped, Skip{Reason: reason, Count: v.Audience.Skipped[reason]})
	}
	for _, f := range v.Blockers {
		c.Blocks = append(c.Blocks, Finding{Code: f.Code, Message: f.Message})
	}
	for _, f := range v.Warnings {
		c.Warns = append(c.Warns, Finding{Code: f.Code, Message: f.Message})
	}
	if v.Redemption != nil {
		c.DecidedAt, _ = time.Parse(time.RFC3339, v.Redemption.RedeemedAt) // written by stamp
	}
	if v.Sample == nil {
		return c
	}
	out := v.Sample.Out
	c.Subject, c.SampleFor, c.HTML, c.Text = out.Subject, v.Sample.Profile.Email, out.HTML, out.Text
	for _, m := range out.Missing {
		c.MissingInPlace = append(c.MissingInPlace, fmt.Sprintf("%s in %s", m.Path, strings.TrimSpace(m.Element+" "+m.Prop)))
	}
	return c
}
