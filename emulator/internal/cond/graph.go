package cond

import (
	"maps"
	"slices"
	"strings"
)

// Graph holds conditions that may refer to each other, such as those of Segments.
// Each has an id and a key.
type Graph struct {
	conds map[string]*Cond  // by id; nil for a condition without references
	ids   map[string]string // by id and key
	keys  map[string]string // by id
}

// NewGraph returns a Graph without conditions.
func NewGraph() *Graph {
	return &Graph{conds: map[string]*Cond{}, ids: map[string]string{}, keys: map[string]string{}}
}

// Add adds a condition, or replaces the one with this id.
func (g *Graph) Add(id, key string, c *Cond) {
	g.conds[id], g.ids[id], g.ids[key], g.keys[id] = c, id, id, key
}

// Has reports whether a reference leads to a condition.
func (g *Graph) Has(ref string) bool { return g.ids[ref] != "" }

// Key returns the key of the condition with an id.
func (g *Graph) Key(id string) string { return g.keys[id] }

func (g *Graph) resolve(ref string) string {
	if id := g.ids[ref]; id != "" {
		return id
	}
	return ref
}

// TooLarge returns the conditions that exceed a limit: the fault by id. A
// condition that refers to itself is among them.
func (g *Graph) TooLarge() map[string]string {
	size := Sizes(func(ref string) *Cond { return g.conds[g.resolve(ref)] })
	faults := map[string]string{}
	for id := range g.conds {
		if fault := size(id).Fault(); fault != "" {
			faults[id] = fault
		}
	}
	return faults
}

// Reach returns the id of a condition and the ids of those that it refers to,
// directly or through others.
func (g *Graph) Reach(id string) map[string]bool {
	reached := map[string]bool{}
	g.reach(id, reached)
	return reached
}

func (g *Graph) reach(id string, reached map[string]bool) {
	if reached[id] {
		return
	}
	reached[id] = true
	if c := g.conds[id]; c != nil {
		for _, ref := range c.Reads().Segments {
			g.reach(g.resolve(ref), reached)
		}
	}
}

// Cycles returns the ids of the conditions that refer to themselves, as the
// function Cycles does.
func (g *Graph) Cycles() [][]string { return Cycles(g.conds, g.resolve) }

// PlaceOf returns a pointer to a reference in the condition, at the end of a path
// of members with these names. It returns "" if there is none.
func (c *Cond) PlaceOf(ref string, members ...string) string {
	at, _ := findPlace(c.raw, ref, members, "")
	return at
}

func findPlace(raw any, ref string, members []string, at string) (string, bool) {
	switch raw := raw.(type) {
	case map[string]any:
		if v, ok := valueBelow(raw, members); ok && v == ref {
			return at + "/" + strings.Join(members, "/"), true
		}
		for _, name := range slices.Sorted(maps.Keys(raw)) {
			if place, ok := findPlace(raw[name], ref, members, Below(at, name)); ok {
				return place, true
			}
		}
	case []any:
		for i, v := range raw {
			if place, ok := findPlace(v, ref, members, Nth(at, i)); ok {
				return place, true
			}
		}
	}
	return "", false
}

func valueBelow(v any, members []string) (any, bool) {
	for _, name := range members {
		object, ok := v.(map[string]any)
		if !ok {
			return nil, false
		}
		v = object[name]
	}
	return v, true
}

// CheckSizes adds a finding to every condition among the ids that is too large, or
// that makes another one too large which refers to it. findings are those that each
// of the ids has so far. Cycles count first: one finding each, for the first of the
// ids on it.
func (g *Graph) CheckSizes(ids []string, findings [][]Finding) {
	faults := g.TooLarge()
	if len(faults) == 0 {
		return
	}
	g.addCycles(ids, findings)
	if !slices.ContainsFunc(findings, func(list []Finding) bool { return len(list) > 0 }) {
		g.addTooLarge(faults, ids, findings)
	}
}

func (g *Graph) addTooLarge(faults map[string]string, ids []string, findings [][]Finding) {
	others := maps.Clone(faults)
	for i, id := range ids {
		if fault := faults[id]; fault != "" {
			message := "the condition, with the Segments that it refers to, " + fault
			findings[i] = append(findings[i], Finding{Message: message})
		}
		delete(others, id)
	}

	for _, other := range slices.Sorted(maps.Keys(others)) {
		reached := g.Reach(other)
		for i, id := range ids {
			if reached[id] {
				message := "with this change, the Segment " + g.Key(other) + ", which refers to this one, " +
					others[other]
				findings[i] = append(findings[i], Finding{Message: message})
			}
		}
	}
}

func (g *Graph) addCycles(ids []string, findings [][]Finding) {
	for _, cycle := range g.Cycles() {
		i := slices.IndexFunc(ids, func(id string) bool { return slices.Contains(cycle, id) })
		if i < 0 {
			continue
		}
		start := slices.Index(cycle, ids[i])
		names := make([]string, 0, len(cycle)+1)
		for n := range len(cycle) + 1 {
			names = append(names, g.Key(cycle[(start+n)%len(cycle)]))
		}
		message := "the Segment refers to itself: " + strings.Join(names, " → ")
		findings[i] = append(findings[i], Finding{Message: message})
	}
}
