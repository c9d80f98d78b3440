package store

import "slices"

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
