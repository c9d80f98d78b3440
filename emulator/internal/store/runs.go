package store

// RunQuery selects runs. An empty field selects everything. If UnderWay is set, it selects the unfinished ones.
type RunQuery struct {
	JourneyID, Node, ProfileID, Status string
	Version                            int
	UnderWay                           bool
}

// RunsFound are runs, newest first. Next is where the next page begins, or 0 if there is none. If Cut is set, there may
// be more runs on the next page although this one is not full.
type RunsFound struct {
	Runs []Run
	Next int
	Cut  bool
}

// runsRead is how many runs a page reads at most.
const runsRead = 100_000

// FindRuns returns a page of runs. It begins before the place that an earlier page ended with, or at the newest if
// before is 0.
func (tx *Tx) FindRuns(query RunQuery, before, limit int) (found RunsFound, err error) {
	if before == 0 {
		last, err := value[int64](tx.db, "SELECT coalesce(max(seq), 0) FROM runs")
		if err != nil {
			return found, err
		}
		before = int(last) + 1
	}
	lowest := before - runsRead
	if query.ProfileID != "" {
		lowest = 0 // an index finds them
	}
	seqs := []int{}
	where := query.where().and(Filter{"seq < ? AND seq >= ?", []any{before, lowest}})
	if err := tx.db.compose(func(r *row) error { seqs = append(seqs, r.num()); return nil },
		"SELECT seq FROM runs WHERE +org = ?"+where.SQL+" ORDER BY seq DESC LIMIT ?",
		append(append([]any{packed(tx.Org)}, where.Args...), limit+1)...); err != nil {
		return found, err
	}

	switch {
	case len(seqs) > limit:
		seqs = seqs[:limit]
		found.Next = seqs[limit-1]
	case lowest > 1:
		found.Next, found.Cut = lowest, true
	}
	found.Runs, err = runs.all(tx, "WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC", encode(seqs))
	return found, err
}

// where returns the conditions, each after an AND. A plus keeps SQLite from an index that would need a sort.
func (q RunQuery) where() (where Filter) {
	add := func(yes bool, sql string, arg any) {
		if yes {
			where.SQL, where.Args = where.SQL+" AND "+sql, append(where.Args, arg)
		}
	}
	add(q.ProfileID != "", "profile_id = ?", packed(q.ProfileID))
	add(q.JourneyID != "", "+journey_id = ?", packed(q.JourneyID))
	add(q.Version != 0, "+version = ?", q.Version)
	add(q.Node != "", "+node = ?", q.Node)
	add(q.Status != "", "+status = ?", statusLetter(q.Status))
	if q.UnderWay {
		where.SQL += " AND +" + unfinished
	}
	return where
}

// SendsOfRun returns the EmailSends of a run, oldest first.
func (tx *Tx) SendsOfRun(run string, limit int) ([]EmailSend, error) {
	// The key of each begins with the run.
	return sends.all(tx, "WHERE s.key > 'run:' || ?1 || ':' AND s.key < 'run:' || ?1 || ';' AND s.carrier_id = ?1 "+
		"AND s.org = ?2 ORDER BY s.seq LIMIT ?3", run, tx.Org, limit)
}
