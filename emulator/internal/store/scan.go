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

// list has the Profiles of rows that a condition counts, in order.
type list struct {
	from    Filter // the rows of Profiles from an id, which is the first argument
	between Filter // the same, but before another id, which is the second argument
	rows    *cursor
	bounded bool      // rows are between two ids
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
	gaps := len(ranges) > 1 || ranges[0][1] != afterAllIDs
	for _, leaf := range s.leaves {
		for _, list := range leaf.lists {
			if err := list.open(s.tx.db, gaps || leaf.lookup); err != nil {
				return nil, err
			}
			defer func() { err = list.rows.end(err) }()
		}
	}

	s.read, s.tested = 0, 0
	for i, ids := range ranges {
		if err := profiles.start(append(slices.Clone(query.Args), ids[0])); err != nil {
			return nil, err
		}
		if err := s.startLists(ids); err != nil {
			return nil, err
		}
		rest, err := s.visit(profiles, ids[1], visit)
		if err != nil {
			return nil, err
		}
		if rest != "" {
			return append([][2]string{{rest, ids[1]}}, ranges[i+1:]...), nil
		}
	}
	return nil, nil
}

// query selects the Profiles from an id. Each has the bits of the leaves that SQL tests, or -1 if it lacks what
// is needed.
func (s *scan) query() Filter {
	query := Filter{"SELECT p.id, iif(" + s.needed.SQL + ", 0", slices.Clone(s.needed.Args)}
	for i, leaf := range s.leaves {
		if leaf.lists == nil {
			query.SQL += fmt.Sprintf(" | (((%s) IS TRUE) << %d)", leaf.sql.SQL, i)
			query.Args = append(query.Args, leaf.sql.Args...)
		}
	}
	query.SQL += ", -1) FROM profiles p WHERE p.id >= ? ORDER BY p.id"
	return query
}

// startLists starts the lists that are read beside the Profiles in a range of ids.
func (s *scan) startLists(ids [2]string) error {
	for _, leaf := range s.leaves {
		of := ids
		if leaf.lookup {
			of = [2]string{} // none yet
		}
		for _, list := range leaf.lists {
			if err := list.start(of); err != nil {
				return err
			}
		}
	}
	return nil
}

// visit calls visit for each Profile before an id. If it gives up a list, it returns the id of the next Profile.
func (s *scan) visit(profiles *cursor, end string, visit func(id string, passes bool)) (rest string, err error) {
	for {
		if more, err := profiles.next(); err != nil || !more {
			return "", err
		}
		id := profiles.TextView(0)
		if id >= end { // for SQLite, one more comparison would take longer
			return "", nil
		}
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

// giveUp gives up the lists that have taken more time than lookups would have, and reports whether there are any. If
// few Profiles have what is needed, the lists are used for lookups. Otherwise SQL tests the condition.
func (s *scan) giveUp() (some bool) {
	few := s.tested < s.read/2
	for i := range s.leaves {
		leaf, steps := &s.leaves[i], 0
		for _, list := range leaf.lists {
			steps += list.rows.Steps()
		}
		if leaf.lookup || steps <= stepsOfLookup*s.tested {
			continue
		}
		if some = true; few {
			leaf.lookup = true
		} else {
			leaf.lists = nil
		}
	}
	return some
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

// open prepares the list. If bounded, it ends with a range of ids. Otherwise it has no end, and takes less time.
func (l *list) open(db *DB, bounded bool) (err error) {
	query := l.from
	if l.bounded = bounded; bounded {
		query = l.between
	}
	l.rows, err = db.cursor(query.SQL)
	return err
}

// start goes to the first row of a Profile in a range of ids.
func (l *list) start(ids [2]string) error {
	args := append([]any{ids[0]}, l.from.Args...)
	if l.bounded {
		args = append([]any{ids[0], ids[1]}, l.between.Args...)
	}
	if err := l.rows.start(args); err != nil {
		return err
	}
	return l.next()
}

// lookUp goes to the first row of one Profile.
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
