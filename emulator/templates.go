package emulator

import (
	"encoding/json"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Templates. Documented: the Template's fields, its purposes, its snapshot. Decided here: a definition that could not be
// rendered is refused with everything that is wrong with it, and saving what is already there changes nothing.

// purposes are what a Template is for.
var purposes = []string{"Transactional", "Promotional", "Newsletter", "General", "LeadMagnetDelivery"}

// putTemplate saves a Template: another definition is another snapshot. An empty status keeps the one it has.
func (e *Emulator) putTemplate(tx *store.Tx, t store.Template, definition json.RawMessage) error {
	if _, findings := render.Parse(definition); len(findings) > 0 {
		refusal := unacceptable("template_invalid", "The definition cannot be rendered.")
		refusal.details["issues"] = findingIssues("/definition", findings)
		return refusal
	}
	if t.Status == "" {
		c, err := e.catalog(tx)
		if err != nil {
			return err
		}
		t.Status = "Active"
		if known := c.templates[t.ID]; known != nil {
			t.Status = known.Status
		}
	}
	e.forget()
	return tx.PutTemplate(t, definition)
}
