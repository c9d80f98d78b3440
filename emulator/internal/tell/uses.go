package tell

import (
	"cmp"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Use is something that uses a Template or a Segment. How says in what way, "" if there is only one.
type Use struct{ Kind, ID, Name, Status, How string }

// UsesOfTemplate lists what uses a Template: Journeys, Newsletters, and some of the newest carriers.
func UsesOfTemplate(tx *world.Tx, t *world.Template, carriers int) (uses []Use, err error) {
	journeys, err := tx.JourneysUsing(t)
	if err != nil {
		return nil, err
	}
	for i := range journeys {
		j := &journeys[i]
		uses = append(uses, Use{Kind: "Journey", ID: j.ID, Name: j.Name, Status: j.Status})
	}
	newsletters, err := tx.NewslettersUsing(t.ID)
	if err != nil {
		return nil, err
	}
	for _, n := range newsletters {
		uses = append(uses, Use{Kind: "Newsletter", ID: n.ID, Name: n.Name})
	}
	found, err := tx.CarriersUsing(t.ID, carriers)
	for i := range found {
		carrier := &found[i]
		uses = append(uses, Use{
			Kind: world.CarrierNouns[carrier.Type], ID: carrier.ID, Name: carrier.Name, Status: carrier.Status,
		})
	}
	return uses, err
}

// UsesOfSegment lists what uses a Segment: Journeys, some of the newest carriers, and other Segments.
func UsesOfSegment(tx *world.Tx, s *world.Segment, carriers int) (uses []Use, err error) {
	journeys, err := tx.Journeys()
	if err != nil {
		return nil, err
	}
	for i := range journeys {
		j := &journeys[i]
		raw, err := tx.JourneyVersion(j.ID, j.Version)
		if err != nil {
			return nil, err
		}
		use := Use{Kind: "Journey", ID: j.ID, Name: cmp.Or(j.Name, j.Key), Status: j.Status}
		switch d := journey.Load(raw); {
		case j.EntrySegment == s.ID:
			use.How = "who joins it enters"
		case d != nil && named(s, d.Segments()):
			use.How = "in a condition"
		default:
			continue
		}
		uses = append(uses, use)
	}

	found, err := tx.CarriersOf(s.ID, carriers)
	if err != nil {
		return nil, err
	}
	for i := range found {
		carrier := &found[i]
		uses = append(uses, Use{
			world.CarrierNouns[carrier.Type], carrier.ID, carrier.Name, carrier.Status, "its audience",
		})
	}

	segments, err := tx.Segments()
	for i := range segments {
		other := &segments[i]
		condition, findings := cond.ParseJSON(other.Definition)
		if other.Type == world.Dynamic && len(findings) == 0 && named(s, condition.Reads().Segments) {
			uses = append(uses,
				Use{"Segment", other.ID, cmp.Or(other.Name, other.Key), other.Type, "in its condition"})
		}
	}
	return uses, err
}

// named reports whether a Segment is among references, which are ids or keys.
func named(s *world.Segment, refs []string) bool {
	return slices.Contains(refs, s.Key) || slices.Contains(refs, s.ID)
}
