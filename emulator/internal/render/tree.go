package render

import (
	"maps"
	"slices"
)

// tree turns the keys of children into links between nodes, and reports what is not a tree.
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
	ancestor       // on the path from the root to the current element
	placed
)

// link walks from the root, then from the elements that it did not reach. Elements outside the tree are not rendered,
// but they must be valid. Of those, it starts with the ones that are no element's child, so that a child is reached
// from its parent first.
func (tree *tree) link(root string) {
	orphans := map[string]bool{}
	for key := range tree.nodes {
		orphans[key] = true
	}
	for _, edges := range tree.children {
		for _, edge := range edges {
			delete(orphans, edge.key)
		}
	}

	starts := append([]string{root}, slices.Sorted(maps.Keys(orphans))...)
	for _, key := range append(starts, slices.Sorted(maps.Keys(tree.nodes))...) {
		if tree.seen[key] == unseen {
			tree.visit(key)
		}
	}
}

func (tree *tree) visit(key string) {
	tree.seen[key] = ancestor
	for _, edge := range tree.children[key] {
		next, known := tree.nodes[edge.key]
		switch {
		case !known:
			tree.p.report(edge.at, "there is no element with this key")
		case tree.seen[edge.key] == ancestor:
			tree.p.report(edge.at, "makes a cycle: the element is its own ancestor")
		case tree.seen[edge.key] == placed:
			tree.p.report(edge.at, "is used twice; an element can have only one place in the tree")
		default:
			next.parent = tree.nodes[key]
			next.parent.children = append(next.parent.children, next)
			tree.visit(edge.key)
		}
	}
	tree.seen[key] = placed
}
