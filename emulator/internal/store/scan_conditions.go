package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// scanOf returns a scan that tests Profiles by a condition. where is the same test in SQL.
func (tx *Tx) scanOf(node cond.Node, refs References, where Filter) (*scan, error) {
	s := &scan{tx: tx, refs: refs, needed: tx.countable()}
	s.holds = s.node(node, scope{}, true)
	conditions := 0
	for _, leaf := range s.leaves {
		conditions += min(len(leaf.lists), 1)
	}
	if s.holds == nil || conditions > scannedLists || len(s.leaves) > scannedLeaves {
		return tx.plainScan(where), s.err
	}
	return s, s.err
}

// node returns the test of a condition, nil if SQL tests all of it. If needed, no Profile passes without it.
func (s *scan) node(node cond.Node, at scope, needed bool) func(int64) bool {
	switch node := node.(type) {
	case *cond.And:
		return s.join(node.Of, false, at, needed)
	case *cond.Or:
		return s.join(node.Of, true, at, false)
	case *cond.Not:
		if of := s.node(node.Of, at, false); of != nil {
			return func(leaves int64) bool { return !of(leaves) }
		}
	case *cond.InSegment:
		return s.inSegment(node, at, needed)
	case *cond.Performed:
		return s.performed(node, at)
	case *cond.Received:
		list := s.list("f.profile_id", func(c *compiler, among string) string { return c.facts(among, node) })
		return s.leafOf(node, at, cond.Count{Op: cond.OpGte, N: 1}, list)
	case *cond.Subscribed:
		return s.subscribed(node, at)
	}
	return nil
}

// join returns the test of conditions of which one that is equal to decides is enough. Those that SQL tests are tested
// together.
func (s *scan) join(nodes []cond.Node, decides bool, at scope, needed bool) func(int64) bool {
	var tests []func(int64) bool
	var others []cond.Node
	for _, node := range nodes {
		if test := s.node(node, at, needed); test != nil {
			tests = append(tests, test)
		} else {
			others = append(others, node)
		}
	}
	if tests == nil {
		return nil
	}
	if others != nil {
		operator := " AND "
		if decides {
			operator = " OR "
		}
		together := s.compile(func(c *compiler) string { return c.list(others, operator, at) })
		if needed {
			s.needed = s.needed.and(together)
		} else {
			tests = append(tests, s.leaf(leaf{sql: together}))
		}
	}
	return func(leaves int64) bool {
		decisive := func(test func(int64) bool) bool { return test(leaves) == decides }
		return slices.ContainsFunc(tests, decisive) == decides
	}
}

func (s *scan) inSegment(node *cond.InSegment, at scope, needed bool) func(int64) bool {
	segment, condition := s.refs.Segment(node.Segment)
	switch {
	case segment == nil || at.segments > maxSegmentDepth:
		return nil
	case condition == nil:
		list := s.list("m.profile_id", func(c *compiler, among string) string { return c.listed(among, segment) })
		return s.leafOf(node, at, cond.Count{Op: cond.OpGte, N: 1}, list)
	}
	at.segments++
	return s.node(condition.Root(), at, needed)
}

func (s *scan) subscribed(node *cond.Subscribed, at scope) func(int64) bool {
	group := s.refs.Group(node.Group)
	if group == nil {
		return nil
	}
	list := s.list("s.profile_id", func(c *compiler, among string) string { return c.choices(among, group) })
	if group.Policy == OptIn {
		return s.leafOf(node, at, cond.Count{Op: cond.OpGte, N: 1}, list)
	}
	return s.leafOf(node, at, cond.Count{Op: cond.OpLt, N: 1}, list)
}

// performed returns the test of a condition about events. It is nil if the condition is about many names: no index has
// the events of several names in the order of the Profiles.
func (s *scan) performed(node *cond.Performed, at scope) func(int64) bool {
	names := []string{node.Event}
	if node.Prefix {
		names = s.names(node.Event)
	}
	switch {
	case len(names) > scannedNames:
		return nil
	case len(names) == 0:
		return s.leaf(leaf{sql: Filter{SQL: sqlBool(node.Count.Includes(0))}})
	}
	lists := make([]*list, len(names))
	for i, name := range names {
		one := *node
		one.Event, one.Prefix = name, false
		lists[i] = s.list("e.profile_id", func(c *compiler, among string) string { return c.events(among, &one, at) })
	}
	return s.leafOf(node, at, node.Count, lists...)
}

// leafOf returns the test of a condition on the number of rows of lists that a Profile has. It is nil if SQL must
// compare the rows with the Profile, or if no index has them in the order of the Profiles.
func (s *scan) leafOf(node cond.Node, at scope, count cond.Count, lists ...*list) func(int64) bool {
	for _, list := range lists {
		if strings.Contains(list.from.SQL, "p.") || strings.Contains(list.from.SQL, "all_facts") {
			return nil
		}
	}
	sql := s.compile(func(c *compiler) string { return c.node(node, at) })
	return s.leaf(leaf{sql: sql, lists: lists, count: count})
}

// list returns the list of the rows that write selects.
func (s *scan) list(profile string, write func(c *compiler, among string) string) *list {
	among := func(ids string) Filter {
		return s.compile(func(c *compiler) string {
			return "SELECT " + profile + " " + write(c, ids) + " ORDER BY " + profile
		})
	}
	return &list{from: among(profile + " >= ?"), between: among(profile + " >= ? AND " + profile + " < ?")}
}

// names returns the names of events with a prefix, or one more than can be scanned.
func (s *scan) names(prefix string) []string {
	names, err := s.tx.texts(`WITH RECURSIVE names (name) AS (
		SELECT min(event) FROM user_events WHERE event >= ?1 AND event < ?2
		UNION ALL
		SELECT (SELECT min(event) FROM user_events WHERE event > name AND event < ?2) FROM names WHERE name IS NOT NULL)
		SELECT name FROM names WHERE name IS NOT NULL LIMIT ?3`, prefix, prefix+"\xff", scannedNames+1)
	s.err = cmp.Or(s.err, err)
	return names
}

func (s *scan) leaf(leaf leaf) func(int64) bool {
	bit := int64(1) << len(s.leaves)
	s.leaves = append(s.leaves, leaf)
	return func(leaves int64) bool { return leaves&bit != 0 }
}

func (s *scan) compile(write func(*compiler) string) Filter {
	c := compiler{refs: s.refs, now: s.tx.Now}
	sql := write(&c)
	s.err = cmp.Or(s.err, c.err)
	return Filter{sql, c.args}
}
