package cond

import "strings"

func (n *Const) reads(*Reads, bool) {}

func (n *And) reads(r *Reads, inFilter bool) { readList(n.Of, r, inFilter) }

func (n *Or) reads(r *Reads, inFilter bool) { readList(n.Of, r, inFilter) }

func readList(list []Node, r *Reads, inFilter bool) {
	for _, n := range list {
		n.reads(r, inFilter)
	}
}

func (n *Not) reads(r *Reads, inFilter bool) { n.Of.reads(r, inFilter) }

func (n *Compare) reads(r *Reads, inFilter bool) {
	r.pointer(n.Pointer, inFilter)
	r.pointer(n.Operand.Ref, inFilter)
	if n.Op.ReadsDates() {
		r.pointer(profileTimezone, inFilter)
	}
	r.Moments = r.Moments || operatorOf(n.Op).clock
	r.Time = r.Time || r.Moments
}

func (r *Reads) pointer(pointer Pointer, inFilter bool) {
	if pointer == nil || inFilter && pointer[0] == "event" {
		return
	}
	r.Pointers = append(r.Pointers, pointer)
}

// reads sets Time even without a window, because an event may be in the future.
func (n *Performed) reads(r *Reads, _ bool) {
	pattern := n.Event
	if n.Prefix {
		pattern += "*"
	}
	r.Events = append(r.Events, pattern)
	r.Time = true
	if n.Filter != nil {
		n.Filter.reads(r, true)
	}
}

func (n *Received) reads(r *Reads, _ bool) {
	r.Mail = append(r.Mail, n.Kind)
	if n.Template != "" {
		r.Templates = append(r.Templates, n.Template)
	}
	r.Time = true
}

func (n *Subscribed) reads(r *Reads, _ bool) { r.Groups = append(r.Groups, n.Group) }

func (n *InSegment) reads(r *Reads, _ bool) { r.Segments = append(r.Segments, n.Segment) }

func (n *Bucket) reads(*Reads, bool) {}

// EventMatches reports whether an event's name matches a pattern. A pattern that
// ends in * matches the names that begin with the part before it: order.* matches
// order.created, but not order. Any other pattern matches the equal name.
func EventMatches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return name == pattern
}
