package journey

import (
	"maps"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// condition checks the references of a condition, and its size with the segments
// that it refers to. Each reference is reported at its own place.
func (c *checker) condition(condition *cond.Cond, at string) {
	if condition == nil {
		return
	}
	c.references(condition.Root(), condition.Raw(), at)

	size := condition.Size(func(ref string) cond.Size {
		size, ok := c.refs.Segment(ref)
		if !ok {
			return cond.Size{Terms: 1}
		}
		return size
	})
	if fault := size.Fault(); fault != "" {
		c.add(at, "with the segments that it refers to, the condition %s", fault)
	}
}

// references walks a parsed condition and its document in parallel, because only
// the document shows where a reference is.
func (c *checker) references(node cond.Node, raw any, at string) {
	object, _ := raw.(map[string]any)
	switch n := node.(type) {
	case *cond.And:
		c.listed(n.Of, raw, "$and", at)
	case *cond.Or:
		c.listed(n.Of, raw, "$or", at)
	case *cond.Not:
		c.references(n.Of, object["$not"], at+"/$not")
	case *cond.Performed:
		if n.Filter != nil {
			inner, _ := object["performed"].(map[string]any)
			c.references(n.Filter, inner["filter"], at+"/performed/filter")
		}
	case *cond.Received:
		if n.Template != "" {
			if _, _, _, ok := c.refs.Template(n.Template); !ok {
				c.add(at+"/received/templateId", "there is no template %q", n.Template)
			}
		}
	case *cond.Subscribed:
		if !c.refs.SubscriptionGroup(n.Group) {
			c.add(at+"/subscribed", "there is no subscription group %q", n.Group)
		}
	case *cond.InSegment:
		c.segment(n.Segment, at+"/inSegment")
	}
}

func (c *checker) segment(ref, at string) {
	if _, ok := c.refs.Segment(ref); !ok {
		c.add(at, "there is no segment %q", ref)
	}
}

func (c *checker) listed(nodes []cond.Node, raw any, member, at string) {
	if object, ok := raw.(map[string]any); ok {
		raw, at = object[member], at+"/"+member
	}
	items, _ := raw.([]any)
	for i, node := range nodes {
		c.references(node, items[i], cond.Nth(at, i))
	}
}

// value checks the conditions within a value.
func (c *checker) value(v *value, at string) {
	if v == nil {
		return
	}
	switch v.kind {
	case choice:
		c.condition(v.cond, at+"/$cond")
		c.value(v.then, at+"/$then")
		c.value(v.els, at+"/$else")
	case list:
		for i, part := range v.parts {
			c.value(part, cond.Nth(at, i))
		}
	case object:
		for _, field := range v.fields {
			c.value(field.value, cond.Below(at, field.name))
		}
	}
}

// Segments returns the Segments that the definition names, by id or key as it does, each once.
func (d *Definition) Segments() []string {
	_, segments := d.names()
	return slices.Sorted(maps.Keys(segments))
}

// Templates returns the Templates that the definition names, by id or key as it does, each once.
func (d *Definition) Templates() []string {
	templates, _ := d.names()
	return slices.Sorted(maps.Keys(templates))
}

func (d *Definition) names() (templates, segments map[string]bool) {
	noted := namesNoted{map[string]bool{}, map[string]bool{}}
	d.Check(noted)
	return noted.templates, noted.segments
}

// namesNoted knows everything, and notes what it is asked for.
type namesNoted struct{ templates, segments map[string]bool }

func (noted namesNoted) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	noted.templates[ref] = true
	return transactional, true, true, true
}

func (namesNoted) SubscriptionGroup(string) bool { return true }

func (namesNoted) SenderProfile(string) (verified, ok bool) { return true, true }

func (noted namesNoted) Segment(ref string) (cond.Size, bool) {
	noted.segments[ref] = true
	return cond.Size{}, true
}
