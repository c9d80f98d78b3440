package emulator

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"

	"github.com/segmentflow/segmentflow-go/emulator/internal/dashboard"
)

// pages are what the dashboard reads of the first Organization, and does there.
type pages struct{ w *world.World }

// Organization is the name over the overview.
func (p pages) Organization(ctx context.Context) (name string, err error) {
	err = p.w.Act(ctx, "", func(tx *world.Tx) error {
		org, err := tx.Organization()
		if org != nil {
			name = org.Name
		}
		return err
	})
	return name, err
}

// Confirmations lists those that can still be redeemed.
func (p pages) Confirmations(ctx context.Context) (waiting []dashboard.Confirmation, err error) {
	err = p.w.Act(ctx, "", func(tx *world.Tx) error {
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
				waiting = append(waiting, page(tx, v))
			}
		}
		return nil
	})
	return waiting, err
}

// Confirmation finds one, nil when there is none.
func (p pages) Confirmation(ctx context.Context, id string) (found *dashboard.Confirmation, err error) {
	err = p.w.Act(ctx, "", func(tx *world.Tx) error {
		v, err := tx.ViewConfirmation(id)
		if missing, ok := errors.AsType[*world.Problem](err); ok && missing.Code == "not_found" {
			return nil
		}
		if err == nil {
			c := page(tx, v)
			found = &c
		}
		return err
	})
	return found, err
}

// Decide redeems one. As everywhere the first answer counts, and a later one is shown that.
func (p pages) Decide(ctx context.Context, id string, approve bool) (refusal string, err error) {
	outcome := world.ConfirmationRejected
	if approve {
		outcome = world.ConfirmationApproved
	}
	err = p.w.Act(ctx, "", func(tx *world.Tx) error {
		_, err := tx.Redeem(id, outcome)
		return err
	})
	if refused, ok := errors.AsType[*world.Problem](err); ok {
		return refused.Message, nil
	}
	return "", err
}

// page is a confirmation as people see it.
func page(tx *world.Tx, v *world.ConfirmationView) dashboard.Confirmation {
	c := dashboard.Confirmation{ID: v.ID, State: v.State, Carrier: world.CarrierNouns[v.CarrierType], Name: v.Name, Status: v.Status,
		Now: tx.Now, ExpiresAt: v.ExpiresAt, Segment: v.Segment, Group: dashboard.Group{Name: v.Group, Policy: v.Policy},
		Sender:  dashboard.Sender{Name: v.Sender.Name, Email: v.Sender.Email, Verified: v.Sender.Verified, DMARC: v.Sender.DMARC},
		ReplyTo: v.ReplyTo, Total: v.Audience.Total, Eligible: v.Audience.Eligible}
	for _, reason := range slices.Sorted(maps.Keys(v.Audience.Skipped)) {
		c.Skipped = append(c.Skipped, dashboard.Skip{Reason: reason, Count: v.Audience.Skipped[reason]})
	}
	for _, f := range v.Blockers {
		c.Blocks = append(c.Blocks, dashboard.Finding{Code: f.Code, Message: f.Message})
	}
	for _, f := range v.Warnings {
		c.Warns = append(c.Warns, dashboard.Finding{Code: f.Code, Message: f.Message})
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
