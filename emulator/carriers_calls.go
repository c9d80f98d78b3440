package emulator

import (
	"context"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// What the handlers of both carriers have in common.

// membersOf is the members of a call's body.
func membersOf(ctx context.Context) edit {
	members, _ := callOf(ctx).body.(map[string]any)
	return members
}

func (s service) showCarrier(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

// changeCarrier answers with the carrier as an act left it.
func (s service) changeCarrier(ctx context.Context, act func(tx *Tx) (*carrier, error)) (reply, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		c, err := act(tx)
		if err != nil {
			return nil, err
		}
		return wireCarrier(tx, c)
	})
}

func (s service) showPreview(ctx context.Context, kind, id string, body *api.PreviewRequest) (reply, error) {
	profile, limit := "", 10
	if body != nil {
		profile = text(body.ProfileId)
	}
	if body != nil && body.Limit != nil {
		limit = *body.Limit
	}
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		return tx.previewCarrier(c, profile, limit)
	})
}

func (s service) showPreflight(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		p, err := tx.preflight(c)
		if err != nil {
			return nil, err
		}
		return api.Preflight{Ready: p.ready(), CheckedAt: stamp(tx.Now), ContentHash: p.hash, Blockers: p.blockers, Warnings: p.warnings,
			Audience: wireAudience(p.audience)}, nil
	})
}

func (s service) showResults(ctx context.Context, kind, id string) (reply, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.carrier(kind, id)
		if err != nil {
			return nil, err
		}
		return carrierResults(tx, c)
	})
}

func statusesOf(asked *[]api.CarrierStatus) []string {
	var statuses []string
	if asked != nil {
		for _, status := range *asked {
			statuses = append(statuses, string(status))
		}
	}
	return statuses
}

// wireCarriers are the carriers of a page as the API shows them.
func wireCarriers[T any](e *Emulator, tx *Tx, found []store.Carrier, wired func(*Tx, *carrier) (T, error)) ([]T, error) {
	out := make([]T, len(found))
	for i := range found {
		c := &carrier{Carrier: &found[i]}
		err := tx.resolveCarrier(c)
		if err == nil {
			out[i], err = wired(tx, c)
		}
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}
