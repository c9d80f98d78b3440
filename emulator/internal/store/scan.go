package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// A scan reads the Profiles of a large world in the order of their ids, and tests them. SQL could look up the events of
// each Profile. But if a Profile has few of them, it takes a fraction of the time to read the events of all Profiles
// beside the Profiles: an index has them in the same order. It is the same with facts, choices and Manual Segments.

const (
	scannedLists  = 3  // conditions about events and the like. In a condition with more, the first few often decide.
	scannedNames  = 8  // names of events in such a condition
	scannedLeaves = 62 // parts of a condition, which are the bits of a number

	// stepsOfLookup is how many steps of SQLite take the time of one lookup. To read an event takes six or seven.
	stepsOfLookup = 40
	firstLookups  = 512 // the two are compared after so many Profiles
)

// scan tests Profiles.
type scan struct {
	tx     *Tx
	refs   References
	needed Filter // no Profile passes without this
	leaves []leaf
	holds  func(leaves int64) bool // whether the condition is true if these leaves are; nil if needed decides
	err    error

	read, tested int // Profiles, and those of them that have what is needed
}

// leaf is a part of a condition that is tested as a whole: by SQL or, if there are lists, by the number of their rows.
type leaf struct {
	sql    Filter
	lists  []*list
	lookup bool       // the lists are read for one Profile at a time, and only if the condition depends on them
	count  cond.Count // of a Profile's rows in all lists
}

// list has the Profiles of rows that a condition counts, in order. The first two arguments are a range of ids.
type list struct {
	query   Filter
	rows    *cursor
	ids     [2]string // of the lookup
	profile string    // of the current row; afterAllIDs after the last one
}

// plainScan returns a scan that leaves the whole test to SQL.
func (tx *Tx) plainScan(where Filter) *scan { return &scan{tx: tx, needed: where} }

// each is a visitor.
func (s *scan) each(ranges [][2]string, visit func(id string, passes bool)) (err error) {
	for len(ranges) > 0 && err == nil {
		ranges, err = s.some(ranges, visit)
	}
	return err
}

// some is each, but returns the ranges that are left if it gives up a list.
func (s *scan) some(ranges [][2]string, visit func(id string, passes bool)) (left [][2]string, err error) {
	query := s.query()
	profiles, err := s.tx.db.cursor(query.SQL)
	if err != nil {
		return nil, err
	}
	defer func() { err = profiles.end(err) }()
	lists := s.lists()
	for _, list := range lists {
		if list.rows, err = s.tx.db.cursor(list.query.SQL); err != nil {
			return nil, err
		}
		defer func() { err = list.rows.end(err) }()
	}

	s.read, s.tested = 0, 0
	for i, ids := range ranges {
		if err := profiles.start(slices.Concat(query.Args, []any{ids[0], ids[1]})); err != nil {
			return nil, err
		}
		for _, list := range lists {
			if err := list.start(ids); err != nil {
				return nil, err
			}
		}
		rest, err := s.visit(profiles, visit)
		if err != nil {
			return nil, err
		}
		if rest != "" {
			return append([][2]string{{rest, ids[1]}}, ranges[i+1:]...), nil
		}
	}
	return nil, nil
}

// query selects the Profiles in a range of ids. Each has the bits of the leaves that SQL tests, or -1 if it lacks what
// is needed.
func (s *scan) query() Filter {
	query := Filter{"SELECT p.id, iif(" + s.needed.SQL + ", 0", slices.Clone(s.needed.Args)}
	for i, leaf := range s.leaves {
		if leaf.lists == nil {
			query.SQL += fmt.Sprintf(" | (((%s) IS TRUE) << %d)", leaf.sql.SQL, i)
			query.Args = append(query.Args, leaf.sql.Args...)
		}
	}
	query.SQL += ", -1) FROM profiles p WHERE p.id >= ? AND p.id < ? ORDER BY p.id"
	return query
}

func (s *scan) lists() (all []*list) {
	for _, leaf := range s.leaves {
		all = append(all, leaf.lists...)
	}
	return all
}

// visit calls visit for each Profile of a range. If it gives up a list, it returns the id of the next Profile.
func (s *scan) visit(profiles *cursor, visit func(id string, passes bool)) (rest string, err error) {
	for {
		if more, err := profiles.next(); err != nil || !more {
			return "", err
		}
		id := profiles.TextView(0)
		leaves, _ := profiles.Num(1)
		passes := leaves >= 0
		s.read++
		if passes && s.holds != nil {
			if s.tested++; s.tested%firstLookups == 0 && s.giveUp() {
				return strings.Clone(id), nil
			}
			if passes, err = s.test(id, leaves); err != nil {
				return "", err
			}
		}
		visit(id, passes)
	}
}

// giveUp gives up the lists that have taken more time than lookups would have. If few Profiles have what is needed, the
// lists are used for lookups. Otherwise SQL tests the condition, and giveUp reports that the scan must begin again.
func (s *scan) giveUp() (again bool) {
	few := s.tested < s.read/2
	for i := range s.leaves {
		leaf, steps := &s.leaves[i], 0
		for _, list := range leaf.lists {
			steps += list.rows.Steps()
		}
		switch {
		case leaf.lookup || steps <= stepsOfLookup*s.tested:
		case few:
			leaf.lookup = true
		default:
			leaf.lists, again = nil, true
		}
	}
	return again
}

// test tests a Profile that has what is needed, and the bits of the leaves that SQL has tested.
func (s *scan) test(id string, leaves int64) (bool, error) {
	unknown := int64(0)
	for i, leaf := range s.leaves {
		bit := int64(1) << i
		switch {
		case leaf.lists == nil:
			continue
		case leaf.lookup:
			unknown |= bit
			continue
		}
		n, err := leaf.rowsOf(id)
		if err != nil {
			return false, err
		}
		if leaf.count.Includes(n) {
			leaves |= bit
		}
	}
	for i := 0; s.dependsOn(leaves, unknown); i++ {
		bit := int64(1) << i
		if unknown&bit == 0 {
			continue
		}
		unknown &^= bit
		n, err := s.leaves[i].lookUp(id)
		if err != nil {
			return false, err
		}
		if s.leaves[i].count.Includes(n) {
			leaves |= bit
		}
	}
	return s.holds(leaves), nil
}

// dependsOn reports whether the condition depends on leaves that are unknown.
func (s *scan) dependsOn(leaves, unknown int64) bool {
	for some := unknown; some != 0; some = (some - 1) & unknown {
		if s.holds(leaves|some) != s.holds(leaves) {
			return true
		}
	}
	return false
}

// rowsOf returns how many rows a Profile has. It leaves out those of Profiles before it.
func (l leaf) rowsOf(id string) (n int, err error) {
	for _, list := range l.lists {
		for list.profile <= id {
			if list.profile == id {
				n++
			}
			if err := list.next(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// lookUp returns how many rows a Profile has, or how many decide.
func (l leaf) lookUp(id string) (n int, err error) {
	for _, list := range l.lists {
		if err := list.restart(id, id+"\x00"); err != nil {
			return 0, err
		}
		for ; list.profile == id && n <= l.count.N; n++ {
			if err := list.next(); err != nil {
				return 0, err
			}
		}
	}
	return n, nil
}

// start goes to the first row of a Profile in a range of ids.
func (l *list) start(ids [2]string) error {
	if err := l.rows.start(slices.Concat([]any{ids[0], ids[1]}, l.query.Args)); err != nil {
		return err
	}
	return l.next()
}

// restart goes to the first row of a Profile in another range of ids.
func (l *list) restart(from, to string) error {
	l.rows.Reset()
	l.ids = [2]string{from, to} // SQLite has no copy
	if err := cmp.Or(l.rows.BindText(1, from), l.rows.BindText(2, to)); err != nil {
		return err
	}
	return l.next()
}

func (l *list) next() error {
	more, err := l.rows.next()
	if l.profile = afterAllIDs; more {
		l.profile = l.rows.TextView(0)
	}
	return err
}
