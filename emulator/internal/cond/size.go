package cond

// Size returns the size of the condition. A reference to a Segment has the size of
// that Segment. The function segment returns the size of a Segment; a Manual one
// has the size of one term.
func (c *Cond) Size(segment func(ref string) Size) Size {
	if len(c.deps.Segments) == 0 {
		return c.size
	}
	return c.root.size(segment)
}

// oneTerm is the size of a node without inner nodes.
var oneTerm = Size{Terms: 1}

func (n *Const) size(func(string) Size) Size { return oneTerm }

func (n *And) size(segment func(string) Size) Size { return listSize(n.Of, segment) }

func (n *Or) size(segment func(string) Size) Size { return listSize(n.Of, segment) }

func (n *Not) size(segment func(string) Size) Size { return listSize([]Node{n.Of}, segment) }

func (n *Compare) size(func(string) Size) Size { return oneTerm }

func (n *Performed) size(segment func(string) Size) Size {
	if n.Filter == nil {
		return oneTerm
	}
	size := listSize([]Node{n.Filter}, segment)
	size.Terms++
	return size
}

func (n *Received) size(func(string) Size) Size { return oneTerm }

func (n *Subscribed) size(func(string) Size) Size { return oneTerm }

func (n *InSegment) size(segment func(string) Size) Size {
	size := segment(n.Segment)
	size.Depth++
	return size
}

func (n *Bucket) size(func(string) Size) Size { return oneTerm }

// listSize stops counting terms once the limit is exceeded, because the size of
// Segments that refer to each other grows exponentially.
func listSize(list []Node, segment func(ref string) Size) (sum Size) {
	for _, n := range list {
		size := n.size(segment)
		sum = Size{min(sum.Terms+size.Terms, maxTerms+1), max(sum.Depth, size.Depth+1)}
	}
	return sum
}

// Sizes returns a function that returns the size of each Segment. The function
// lookup returns a Segment's condition, or nil for a Manual Segment and for one
// that does not exist. Segments that refer to themselves are too large.
func Sizes(lookup func(ref string) *Cond) func(ref string) Size {
	known, visiting := map[*Cond]Size{}, map[*Cond]bool{}

	var segment func(ref string) Size
	segment = func(ref string) Size {
		c := lookup(ref)
		if c == nil {
			return Size{Terms: 1}
		}
		if size, ok := known[c]; ok {
			return size
		}
		if visiting[c] {
			return Size{Terms: maxTerms + 1, Depth: maxDepth + 1}
		}

		visiting[c] = true
		size := c.Size(segment)
		visiting[c] = false
		known[c] = size
		return size
	}
	return segment
}
