package tell

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Move is how a run that was under way moved on because of an event: at a wait or, if Node is "", by its end.
type Move struct{ RunID, JourneyID, Journey, Node, Outcome, Why string }

// MovedBy returns how runs of its Profile moved on because of an event with its name, at the instant when it was
// received. The store does not know which of several events of one instant it was.
func MovedBy(tx *world.Tx, event *world.UserEvent, limit int) ([]Move, error) {
	found, err := tx.MovesAt(event.ProfileID, event.ReceivedAt, limit)
	if err != nil {
		return nil, err
	}
	var moves []Move
	for _, one := range found {
		pattern, _, _ := strings.Cut(strings.TrimPrefix(one.Why, "an event "), "; filter: ")
		if !cond.EventMatches(pattern, event.Event) {
			continue
		}
		key, err := tx.JourneyKey(one.JourneyID)
		if err != nil {
			return nil, err
		}
		moves = append(moves, Move{one.RunID, one.JourneyID, key, one.Node, one.Outcome, one.Why})
	}
	return moves, nil
}
