package world

import (
	"bytes"
	"encoding/json"
	"maps"

	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
)

// runState decodes the state of a run. Runs that the same event began have the same one.
func (tx *Tx) runState(raw json.RawMessage) (journey.RunState, error) {
	if !bytes.Equal(raw, tx.decoded.raw) {
		state, err := journey.DecodeRunState(raw)
		if err != nil {
			return state, err
		}
		tx.decoded = decodedState{raw, state}
	}
	state := tx.decoded.state
	state.Steps = maps.Clone(state.Steps)
	return state, nil
}

// decodedState is a state that was decoded.
type decodedState struct {
	raw   json.RawMessage
	state journey.RunState
}

// beginning is the state of runs that begin. Most of them share its encoding.
type beginning struct {
	journey.RunState
	raw json.RawMessage
}

// encode returns the state of a run that begins after the last event with this Number was received, 0 if that does not
// matter.
func (b *beginning) encode(received int) (raw json.RawMessage, err error) {
	if received != 0 {
		state := b.RunState
		state.Received = received
		return json.Marshal(state)
	}
	if b.raw == nil {
		b.raw, err = json.Marshal(b.RunState)
	}
	return b.raw, err
}

// encode updates run.State.
func (step *stepper) encode() (err error) {
	if step.state.Progress == step.stored && !step.kept {
		return nil
	}
	step.stored, step.kept = step.state.Progress, false
	step.run.State, err = json.Marshal(step.state)
	return err
}
