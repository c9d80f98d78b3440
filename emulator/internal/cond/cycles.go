package cond

import "slices"

// Cycles finds the segments that refer to themselves through inSegment. resolve
// turns a reference, an id or a key, into the name under which segments has it;
// nil leaves it as it is. Every reference that closes a circle is on one of the
// returned cycles, each of which begins with its smallest name and goes along
// the references: [a b] is a → b → a. No other cycles are searched for, since
// their number grows exponentially.
func Cycles(segments map[string]*Cond, resolve func(ref string) string) [][]string {
	g := referenceGraph(segments, resolve)
	var cycles [][]string
	for from, targets := range g {
		for _, to := range targets {
			if path := g.shortest(to, from); path != nil {
				cycles = append(cycles, smallestFirst(path))
			}
		}
	}
	slices.SortFunc(cycles, slices.Compare[[]string])
	return slices.CompactFunc(cycles, slices.Equal[[]string])
}

type graph map[string][]string

func referenceGraph(segments map[string]*Cond, resolve func(string) string) graph {
	g := make(graph, len(segments))
	for name, c := range segments {
		if c == nil {
			continue
		}
		for _, ref := range c.deps.Segments {
			if resolve != nil {
				ref = resolve(ref)
			}
			g[name] = append(g[name], ref)
		}
		slices.Sort(g[name])
	}
	return g
}

// shortest is the shortest path between two names, both included, or nil.
func (g graph) shortest(from, to string) []string {
	before := map[string]string{from: from}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return trail(before, from, to)
		}
		for _, next := range g[queue[0]] {
			if _, seen := before[next]; !seen {
				before[next] = queue[0]
				queue = append(queue, next)
			}
		}
	}
	return nil
}

func trail(before map[string]string, from, to string) []string {
	path := []string{to}
	for at := to; at != from; {
		at = before[at]
		path = append(path, at)
	}
	slices.Reverse(path)
	return path
}

func smallestFirst(cycle []string) []string {
	i := slices.Index(cycle, slices.Min(cycle))
	return slices.Concat(cycle[i:], cycle[:i])
}
