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
