package cond

import "slices"

// Cycles finds the segments that refer to themselves through inSegment. The
// function resolve turns a reference, an id or a key, into the segment's name in
// the map; if it is nil, references are the names. Every reference that closes a
// cycle is on one of the returned cycles. Each begins with its smallest name and
// follows the references: [a b] is a → b → a. Other cycles are not searched for,
// because their number grows exponentially.
func Cycles(segments map[string]*Cond, resolve func(ref string) string) [][]string {
	refs := referenceGraph(segments, resolve)
	var cycles [][]string
	for from, targets := range refs {
		for _, to := range targets {
			if path := refs.shortest(to, from); path != nil {
				cycles = append(cycles, smallestFirst(path))
			}
		}
	}
	slices.SortFunc(cycles, slices.Compare[[]string])
	return slices.CompactFunc(cycles, slices.Equal[[]string])
}

// references maps a name to the names that it refers to.
type references map[string][]string

func referenceGraph(segments map[string]*Cond, resolve func(string) string) references {
	refs := make(references, len(segments))
	for name, c := range segments {
		if c == nil {
			continue
		}
		for _, ref := range c.deps.Segments {
			if resolve != nil {
				ref = resolve(ref)
			}
			refs[name] = append(refs[name], ref)
		}
		slices.Sort(refs[name])
	}
	return refs
}

// shortest returns the shortest path between two names, both included. It
// returns nil if there is none.
func (refs references) shortest(from, to string) []string {
	before := map[string]string{from: from}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		if queue[0] == to {
			return trail(before, from, to)
		}
		for _, next := range refs[queue[0]] {
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
