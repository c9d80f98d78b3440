package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// In a count of a whole large world, most time goes to looking up the events of each Profile. If a Profile has few of
// them, it takes half the time to list the events of many Profiles in the order of the Profiles' ids, and to merge that
// with the list of the Profiles.

const (
	mergedBlocks    = 32 // blocks whose Profiles are listed at once
	mergedLists     = 3  // conditions about events. In a condition with more, the first few often decide.
	mergedNames     = 8  // names of events in such a condition
	eventsOfProfile = 3  // if there are more than this, looking them up takes less time
)

// CountMembers is CountProfiles for the Profiles for which a condition is true. The first count takes less time.
func (tx *Tx) CountMembers(node cond.Node, refs References) (int, error) {
	filter, err := tx.Where(node, refs)
	if err != nil {
		return 0, err
	}
	where := tx.countable(filter)
	return tx.countKept(where, func(kept *blocks, stale []int) ([]int, error) {
		if len(stale) <= fewBlocks {
			return tx.countBlocks(kept, stale, where)
		}
		counts, err := tx.merger(node, refs).count(kept, stale)
		if err != nil {
			return nil, err
		}
		rest, err := tx.countBlocks(kept, stale[len(counts):], where)
		return append(counts, rest...), err
	})
}

// merger counts the Profiles for which a condition is true.
type merger struct {
	refs   References
	tx     *Tx
	all    Filter // Profiles that do not pass are not listed
	leaves []leaf
	lists  int                      // how many leaves are lists
	tested []bool                   // which leaves are true for the Profile that was tested last
	holds  func(leaves []bool) bool // whether the condition is true if these leaves are; nil if there are no lists
	err    error
}

// leaf is a part of a condition that is tested as a whole.
type leaf struct {
	sql   Filter // tests a Profile p or, if it is a list, lists the Profiles' ids of the events
	list  bool
	count cond.Count // of the events of a Profile
}

func (tx *Tx) merger(node cond.Node, refs References) *merger {
	m := &merger{refs: refs, tx: tx, all: tx.countable()}
	m.holds = m.node(node, scope{}, true)
	m.tested = make([]bool, len(m.leaves))
	return m
}

// node returns the test of a condition, nil if it has no part to merge. If needed, no Profile counts without it.
func (m *merger) node(node cond.Node, at scope, needed bool) func([]bool) bool {
	switch node := node.(type) {
	case *cond.And:
		return m.list(node.Of, false, at, needed)
	case *cond.Or:
		return m.list(node.Of, true, at, false)
	case *cond.Not:
		if of := m.node(node.Of, at, false); of != nil {
			return func(leaves []bool) bool { return !of(leaves) }
		}
	case *cond.InSegment:
		segment, condition := m.refs.Segment(node.Segment)
		if segment != nil && condition != nil && at.segments <= maxSegmentDepth {
			at.segments++
			return m.node(condition.Root(), at, needed)
		}
	case *cond.Performed:
		return m.performed(node, at)
	}
	return nil
}

// list returns the test of conditions of which one that is equal to decides is enough. Those without a part to merge
// are tested together.
func (m *merger) list(nodes []cond.Node, decides bool, at scope, needed bool) func([]bool) bool {
	var tests []func([]bool) bool
	var others []cond.Node
	for _, node := range nodes {
		if test := m.node(node, at, needed); test != nil {
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
		together := m.compile(func(c *compiler) string { return c.list(others, operator, at) })
		if needed {
			m.all = m.all.and(together)
		} else {
			tests = append(tests, m.leaf(leaf{sql: together}))
		}
	}
	return func(leaves []bool) bool {
		decisive := func(test func([]bool) bool) bool { return test(leaves) == decides }
		return slices.ContainsFunc(tests, decisive) == decides
	}
}

// performed returns the test of a condition about events. It is nil if the condition compares an event with the
// Profile, or is about many names: no index has the events of several names in the order of the Profiles.
func (m *merger) performed(node *cond.Performed, at scope) func([]bool) bool {
	var names []string
	if node.Prefix {
		names = m.names(node.Event)
	}
	if len(names) > mergedNames {
		return nil
	}
	events := m.compile(func(c *compiler) string {
		among := "e.profile_id >= ? AND e.profile_id < ?"
		if node.Prefix {
			among += " AND e.event IN (SELECT value FROM json_each(" + c.arg(encode(names)) + "))"
		}
		return "SELECT group_concat(e.profile_id, char(10)) " + c.events(among, node, at)
	})
	if strings.Contains(events.SQL, "p.") { // a column of the Profile
		return nil
	}
	m.lists++
	return m.leaf(leaf{sql: events, list: true, count: node.Count})
}

// names returns the names of events with a prefix, or one more than can be merged.
func (m *merger) names(prefix string) []string {
	names, err := m.tx.texts(`WITH RECURSIVE names (name) AS (
		SELECT min(event) FROM user_events WHERE event >= ?1 AND event < ?2
		UNION ALL
		SELECT (SELECT min(event) FROM user_events WHERE event > name AND event < ?2) FROM names WHERE name IS NOT NULL)
		SELECT name FROM names WHERE name IS NOT NULL LIMIT ?3`, prefix, prefix+"\xff", mergedNames+1)
	m.err = cmp.Or(m.err, err)
	return names
}

func (m *merger) leaf(leaf leaf) func([]bool) bool {
	i := len(m.leaves)
	m.leaves = append(m.leaves, leaf)
	return func(leaves []bool) bool { return leaves[i] }
}

func (m *merger) compile(write func(*compiler) string) Filter {
	c := compiler{refs: m.refs, now: m.tx.Now}
	sql := write(&c)
	m.err = cmp.Or(m.err, c.err)
	return Filter{sql, c.args}
}

// count counts the Profiles of some blocks, and returns a count for each. It begins with few blocks at once. If it
// finds that there are too many events or lists, it returns only the counts of the first blocks.
func (m *merger) count(kept *blocks, which []int) ([]int, error) {
	if m.err != nil || m.holds == nil || m.lists > mergedLists {
		return nil, m.err
	}
	counts, most := make([]int, len(which)), 1
	for done := 0; done < len(which); {
		end := done + 1
		for end < min(len(which), done+most) && which[end] == which[end-1]+1 {
			end++
		}
		tooMany, err := m.merge(kept.ranges(which[done:end]), counts[done:end])
		if err != nil || tooMany {
			return counts[:end], err
		}
		done, most = end, min(2*most, mergedBlocks)
	}
	return counts, nil
}

// merge counts the Profiles of neighboring blocks, and reports whether they have too many events.
func (m *merger) merge(blocks [][2]string, counts []int) (tooMany bool, err error) {
	from, to := blocks[0][0], blocks[len(blocks)-1][1]
	profiles, err := m.profiles(from, to)
	if err != nil || len(profiles) == 0 {
		return false, err
	}
	events, n := make([][]string, len(m.leaves)), 0
	for i, leaf := range m.leaves {
		if leaf.list {
			if events[i], err = m.lines(leaf.sql.SQL, slices.Concat([]any{from, to}, leaf.sql.Args)); err != nil {
				return false, err
			}
			n += len(events[i])
		}
	}

	block := 0
	for _, line := range profiles {
		id, digits, _ := strings.Cut(line, " ")
		for id >= blocks[block][1] {
			block++
		}
		if m.holds(m.test(id, digits, events)) {
			counts[block]++
		}
	}
	return n > eventsOfProfile*len(profiles), nil
}

// test tests a Profile. It removes the events of the Profile and of those before it from the lists.
func (m *merger) test(id, digits string, events [][]string) []bool {
	for i, leaf := range m.leaves {
		if !leaf.list {
			m.tested[i], digits = digits[0] == '1', digits[1:]
			continue
		}
		list, n := events[i], 0
		for ; len(list) > 0 && list[0] <= id; list = list[1:] {
			if list[0] == id {
				n++
			}
		}
		m.tested[i], events[i] = leaf.count.Includes(n), list
	}
	return m.tested
}

// profiles lists the ids of the Profiles in a range, each with a digit for each leaf that is no list.
func (m *merger) profiles(from, to string) ([]string, error) {
	columns, args, before := "p.id", []any{}, " || ' ' || "
	for _, leaf := range m.leaves {
		if !leaf.list {
			columns += before + "(" + leaf.sql.SQL + ")"
			args = append(args, leaf.sql.Args...)
			before = " || "
		}
	}
	return m.lines("SELECT group_concat("+columns+", char(10)) FROM profiles p WHERE p.id >= ? AND p.id < ? AND "+
		m.all.SQL, slices.Concat(args, []any{from, to}, m.all.Args))
}

func (m *merger) lines(query string, args []any) (lines []string, err error) {
	err = m.tx.db.compose(func(r *row) error {
		if text := r.str(); text != "" {
			lines = strings.Split(text, "\n")
			slices.Sort(lines) // they are in order, but SQL does not promise that
		}
		return nil
	}, query, args...)
	return lines, err
}
