package world

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The emails of one Template are much alike. From the second one on, they are stored as changes to a base: the email
// rendered from no data for no Profile, so that it contains nothing of anybody. The first email only leaves a mark,
// since many worlds send just one.

// minBase is how many bytes a base must have to be worth it.
const minBase = 256

// base returns what the emails of an envelope's snapshot are stored as changes to, nil if they are stored whole.
func (tx *Tx) base(e *envelope) (*store.MessageBase, error) {
	snapshot := e.send.SnapshotID
	known := tx.w.bases[snapshot]
	if known == nil {
		var err error
		if known, err = tx.Base(snapshot); err != nil {
			return nil, err
		}
	}
	switch {
	case known == nil:
		known = &store.MessageBase{Owner: snapshot}
		tx.w.bases[snapshot] = known
		return nil, tx.AddBase(known)
	case known.HTML == "" && known.Text == "" && !known.Unfit:
		known.HTML, known.Text = tx.renderBase(e)
		if known.Unfit = len(known.HTML)+len(known.Text) < minBase; known.Unfit {
			known.HTML, known.Text = "", ""
		} else if err := tx.FillBase(known); err != nil {
			return nil, err
		}
	}
	tx.w.bases[snapshot] = known
	if known.Unfit {
		return nil, nil
	}
	return known, nil
}

// renderBase renders an email from no data. If that fails, nothing is in common.
func (tx *Tx) renderBase(e *envelope) (html, text string) {
	env, err := tx.env(&store.Profile{}, map[string]any{"system": e.uses.system})
	if err != nil {
		return "", ""
	}
	out, err := e.template.Render(env, e.subject)
	if err != nil {
		return "", ""
	}
	return out.HTML, out.Text
}
