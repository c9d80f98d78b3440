package store

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
	r.column("journey_id", &count.JourneyID)
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

	for i := range sums {
		if sums[i].N == 0 && sums[i].Here == 0 {
			continue
		}
		if err := runCounts.insertOr(tx, addCounts, &sums[i]); err != nil {
			return err
		}
	}
	return nil
}

// RunCounts returns the counts of a version of a Journey, as of the last commit. The version 0 stands for all.
func (tx *Tx) RunCounts(journey string, version int) ([]RunPlaceCount, error) {
	return runCounts.all(tx, "WHERE journey_id = ? AND (?2 = 0 OR version = ?2)", journey, version)
}
