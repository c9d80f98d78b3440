package render

import (
	"maps"
	"slices"
)

// tree turns the keys of children into links between nodes, and finds what keeps the whole from being a tree.
type tree struct {
	p        *parser
	nodes    map[string]*node
	children map[string][]edge
	seen     map[string]visit
}

// edge is one entry of an element's children.
type edge struct{ key, at string }

type visit uint8

const (
	unseen   visit = iota
	ancestor       // on the way from the root to here
	placed
)

// link walks from the root, then from what it did not reach: elements outside the tree are not rendered, but must
// be sound. It starts there with those that are nobody's child, so that a child is met below its parent first.
func (t *tree) link(root string) {
	orphans := map[string]bool{}
	for key := range t.nodes {
		orphans[key] = true
	}
	for _, edges := range t.children {
		for _, e := range edges {
			delete(orphans, e.key)
		}
	}
	starts := append([]string{root}, slices.Sorted(maps.Keys(orphans))...)
	for _, key := range append(starts, slices.Sorted(maps.Keys(t.nodes))...) {
		if t.seen[key] == unseen {
			t.visit(key)
		}
	}
}

func (t *tree) visit(key string) {
	t.seen[key] = ancestor
	for _, e := range t.children[key] {
		next, known := t.nodes[e.key]
		switch {
		case !known:
			t.p.report(e.at, "names no element")
		case t.seen[e.key] == ancestor:
			t.p.report(e.at, "makes a cycle: the element is its own ancestor")
		case t.seen[e.key] == placed:
			t.p.report(e.at, "is used twice; an element has one place in the tree")
		default:
			next.parent = t.nodes[key]
			next.parent.children = append(next.parent.children, next)
			t.visit(e.key)
		}
	}
	t.seen[key] = placed
}
