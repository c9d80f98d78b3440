package store

import (
	"fmt"
	"slices"
	"strings"
)

// This file has counts that are kept, so that counting takes no reading of what is counted.

// RunPlaceCount is how many runs of a version of a Journey have come to a place, and how many of them are there now.
// The world says what a place is: Kind, Node, Name and To name it.
type RunPlaceCount struct {
	JourneyID            string
	Version              int
	Kind, Node, Name, To string
	N, Here              int
}

var runCounts = define("run_counts", (*RunPlaceCount).columns)

func (count *RunPlaceCount) columns(r *row) {
	r.ident("journey_id", &count.JourneyID)
	r.column("version", &count.Version)
	r.column("kind", &count.Kind)
	r.column("node", &count.Node)
	r.column("name", &count.Name)
	r.column("next", &count.To)
	r.column("n", &count.N)
	r.column("here", &count.Here)
}

const addCounts = "ON CONFLICT DO UPDATE SET n = n + excluded.n, here = here + excluded.here"

// AddRunCounts adds to the counts.
func (tx *Tx) AddRunCounts(counts []RunPlaceCount) error {
	at, sums := map[RunPlaceCount]int{}, []RunPlaceCount{}
	for _, count := range counts {
		n, here := count.N, count.Here
		count.N, count.Here = 0, 0
		if _, known := at[count]; !known {
			at[count] = len(sums)
			sums = append(sums, count)
		}
		sums[at[count]].N += n
		sums[at[count]].Here += here
	}

	return runCounts.insertEach(tx, addCounts, slices.DeleteFunc(sums,
		func(sum RunPlaceCount) bool { return sum.N == 0 && sum.Here == 0 }))
}

// RunCounts returns the counts of a version of a Journey, as of the last commit. The version 0 stands for all.
func (tx *Tx) RunCounts(journey string, version int) ([]RunPlaceCount, error) {
	return runCounts.all(tx, "WHERE journey_id = ? AND (?2 = 0 OR version = ?2)",
		packed(journey), version)
}

// FactCount is how often something happened to a carrier's emails, and to how many emails.
type FactCount struct{ Unique, Total int }

var factCounts = define("fact_counts", (*FactCount).columns, "carrier_id", "type")

func (count *FactCount) columns(r *row) {
	r.column("emails", &count.Unique)
	r.column("n", &count.Total)
}

// countFacts adds to how often something happened to a carrier's emails, and to how many emails.
func (tx *Tx) countFacts(carrier, fact string, emails, n int) error {
	if n == 0 {
		return nil
	}
	return factCounts.insertOr(tx, "ON CONFLICT DO UPDATE SET emails = emails + excluded.emails, n = n + excluded.n",
		&FactCount{emails, n}, carrier, fact)
}

// FactCounts returns what happened to a carrier's emails, by type.
func (tx *Tx) FactCounts(carrier string) (map[string]FactCount, error) {
	counts := map[string]FactCount{}
	err := tx.db.query(func(r *row) error { counts[r.str()] = FactCount{r.num(), r.num()}; return nil },
		"SELECT type, emails, n FROM fact_counts WHERE carrier_id = ?", carrier)
	return counts, err
}

// follow notes that the next write concerns only these Profiles and what belongs to them. "" is no Profile.
func (tx *Tx) follow(profiles ...string) {
	if kept := tx.db.counted.blocks; kept != nil {
		kept.follow(profiles)
	}
}

func questionOf(query Filter) string { return fmt.Sprintf("%#v", query) }

// count returns how many Profiles a query counts, and why some of them are skipped, in one text: to group the reasons
// would take longer than to read the Profiles. The latest count is kept until something changes, because a page that is
// loaded again asks again.
func (tx *Tx) count(query Filter) (total int, skips string, err error) {
	question := questionOf(query)
	if known := tx.db.counted.latest; known.question == question && !tx.changed {
		return known.total, known.skips, nil
	}
	err = tx.db.compose(func(r *row) error { total, skips = r.num(), r.str(); return nil }, query.SQL, query.Args...)
	if err == nil && !tx.changed {
		tx.db.counted.latest = answer{question, skips, total}
	}
	return total, skips, err
}

// membersIn returns the condition that Profiles are of the blocks that have any which pass the filters. ok is false if
// that is not known, or if there are so many that to read all Profiles in another order takes less time.
func (tx *Tx) membersIn(filters []Filter) (few Filter, ok bool) {
	where := tx.countable(filters...)
	kept := tx.db.counted.blocks
	if kept == nil || !tx.inBlocks(where) {
		return Filter{}, false
	}
	counts := kept.find(questionOf(where))
	if len(kept.changedSince(counts)) > 0 {
		return Filter{}, false
	}
	which := []int{}
	for block, n := range counts.counts {
		if n > 0 {
			which = append(which, block)
		}
	}
	return Filter{"p.id IN (SELECT q.id FROM json_each(?) b JOIN profiles q ON q.id >= b.value ->> 0 " +
		"AND q.id < b.value ->> 1)", []any{encode(kept.ranges(which))}}, len(which) <= len(kept.from)/8
}

// inBlocks reports whether the Profiles that pass a filter can be counted in blocks: it neither lists them nor reads
// rows that are not written yet.
func (tx *Tx) inBlocks(where Filter) bool {
	return !strings.Contains(where.SQL, "p.id IN (") && kindsIn(where.SQL)&tx.db.unsaved.kinds() == 0
}

// countable selects the Profiles that pass the filters. If there is one Organization, it does not ask each Profile for
// its own, which takes a fifth of the time of a count.
func (tx *Tx) countable(filters ...Filter) Filter {
	all := Filter{"+deleted_at IS NULL", nil}
	if alone, err := tx.alone(); err != nil || !alone {
		all = Filter{"+deleted_at IS NULL AND +org = ?", []any{tx.Org}}
	}
	return all.and(filters...)
}
