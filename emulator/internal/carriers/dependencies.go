package carriers

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Segment is a Segment that a condition refers to.
type Segment struct {
	ID, Type   string
	Definition any
	Condition  *cond.Cond // nil if the Segment is Manual
}

// Lookup finds what conditions refer to, by id or key.
type Lookup struct {
	Segment func(ref string) *Segment // nil if there is none
	Policy  func(ref string) string   // of a SubscriptionGroup; "" if there is none
}

// Dependencies are the definitions of Segments and the policies of SubscriptionGroups that conditions refer to, also
// through other Segments.
type Dependencies struct {
	find Lookup

	Segments map[string]any    `json:"segments"` // definitions by id
	Policies map[string]string `json:"policies"` // by the reference in the condition

	organization bool // a condition reads /system/organization
}

// NewDependencies returns Dependencies that are empty.
func NewDependencies(find Lookup) *Dependencies {
	return &Dependencies{find: find, Segments: map[string]any{}, Policies: map[string]string{}}
}

// ReadOrganization reports whether a condition reads the Organization.
func (d *Dependencies) ReadOrganization() bool { return d.organization }

// AddCondition adds what a condition refers to.
func (d *Dependencies) AddCondition(condition *cond.Cond) {
	reads := condition.Reads()
	for _, ref := range reads.Segments {
		d.AddSegment(ref)
	}
	for _, ref := range reads.Groups {
		d.Policies[ref] = d.find.Policy(ref)
	}
	d.organization = d.organization || slices.ContainsFunc(reads.Pointers, func(read cond.Pointer) bool {
		return read[0] == "system" && (len(read) == 1 || read[1] == "organization")
	})
}

// AddSegment adds a Segment's definition and those of all Segments that it refers to. Of a Manual Segment, only its
// type counts.
func (d *Dependencies) AddSegment(ref string) {
	s := d.find.Segment(ref)
	if s == nil || d.Segments[s.ID] != nil {
		return
	}
	if s.Condition == nil {
		d.Segments[s.ID] = s.Type
		return
	}
	d.Segments[s.ID] = s.Definition
	d.AddCondition(s.Condition)
}
