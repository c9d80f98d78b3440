package cond

// Size returns the size of the condition with each Segment in place of the reference to it. The function segment returns
// the size of a Segment; a Manual one has the size of one term.
func (c *Cond) Size(segment func(ref string) Size) Size {
	if len(c.deps.Segments) == 0 {
		return c.size
	}
	return c.root.size(segment)
}

// oneTerm is the size of a node that has no others in it.
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
	s := listSize([]Node{n.Filter}, segment)
	s.Terms++
	return s
}

func (n *Received) size(func(string) Size) Size { return oneTerm }

func (n *Subscribed) size(func(string) Size) Size { return oneTerm }

func (n *InSegment) size(segment func(string) Size) Size {
	s := segment(n.Segment)
	s.Depth++
	return s
}

func (n *Bucket) size(func(string) Size) Size { return oneTerm }

// listSize stops counting where a limit is exceeded: Segments that refer to each other grow as a power.
func listSize(list []Node, segment func(ref string) Size) (sum Size) {
	for _, n := range list {
		s := n.size(segment)
		sum = Size{min(sum.Terms+s.Terms, maxTerms+1), max(sum.Depth, s.Depth+1)}
	}
	return sum
}

// Sizes returns a function that returns the size of each Segment. The function lookup returns a Segment's condition, nil
// for a Manual one and one that does not exist. Segments that refer to themselves are too large.
func Sizes(lookup func(ref string) *Cond) func(ref string) Size {
	known, open := map[*Cond]Size{}, map[*Cond]bool{}
	var segment func(ref string) Size
	segment = func(ref string) Size {
		c := lookup(ref)
		if c == nil {
			return Size{Terms: 1}
		}
		if s, ok := known[c]; ok {
			return s
		}
		if open[c] {
			return Size{Terms: maxTerms + 1, Depth: maxDepth + 1}
		}
		open[c] = true
		s := c.Size(segment)
		open[c] = false
		known[c] = s
		return s
	}
	return segment
}
