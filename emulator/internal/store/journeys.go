package store

import (
	"encoding/json"
	"slices"
	"time"
)

// Journey is a Journey without its definitions. Version is the one that new runs use.
type Journey struct {
	ID, Key, Name, Status string
	Version               int
	EntryType, EntryEvent string
	EntrySegment          string // the id of the Segment whose members enter, "" for none
	CreatedAt, UpdatedAt  time.Time
}

var journeys = define("journeys", (*Journey).columns, "org")

func (j *Journey) columns(r *row) {
	r.column("id", &j.ID)
	r.column("created_at", &j.CreatedAt)
	r.mutable()
	r.column("key", &j.Key)
	r.column("name", &j.Name)
	r.column("status", &j.Status)
	r.column("version", &j.Version)
	r.column("entry_type", &j.EntryType)
	r.nullable("entry_event", &j.EntryEvent)
	r.nullable("entry_segment", &j.EntrySegment)
	r.column("updated_at", &j.UpdatedAt)
}

// Journey returns the Journey with this key or id, or nil if there is none. A key is preferred to an id.
func (tx *Tx) Journey(ref string) (*Journey, error) {
	return journeys.named(tx, ref)
}

// Journeys returns all Journeys, by key.
func (tx *Tx) Journeys() ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? ORDER BY key", tx.Org)
}

// EventJourneys returns the Active Journeys that an event enters, by key.
func (tx *Tx) EventJourneys(event string) ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? AND entry_event = ? AND status = '"+Active+"' ORDER BY key", tx.Org, event)
}

// EntryEvents returns the names of the events that enter the first Active Journeys, by the keys of these.
func (tx *Tx) EntryEvents(limit int) ([]string, error) {
	return tx.texts("SELECT entry_event FROM journeys WHERE org = ? AND entry_event IS NOT NULL AND status = '"+Active+
		"' ORDER BY key LIMIT ?", tx.Org, limit)
}

// LiveJourneys returns the Journeys that are Active or Paused, by key.
func (tx *Tx) LiveJourneys() ([]Journey, error) {
	return journeys.all(tx, "WHERE org = ? AND status IN ('"+Active+"', '"+Paused+"') ORDER BY key", tx.Org)
}

// PutJourney inserts or updates a Journey. If the version is new, it stores the definition too.
func (tx *Tx) PutJourney(j Journey, definition json.RawMessage) error {
	j.CreatedAt, j.UpdatedAt = tx.Now, tx.Now
	if err := journeys.upsert(tx, &j, tx.Org); err != nil {
		return err
	}
	return journeyVersions.insertOr(tx, "ON CONFLICT DO NOTHING", &JourneyVersion{j.ID, j.Version}, definition)
}

// JourneyVersion returns the definition of one version.
func (tx *Tx) JourneyVersion(id string, version int) (json.RawMessage, error) {
	definition, err := value[string](tx.db,
		"SELECT definition FROM journey_versions WHERE journey_id = ? AND version = ?", id, version)
	return json.RawMessage(definition), err
}

// JourneyVersion names one version of a Journey.
type JourneyVersion struct {
	ID      string
	Version int
}

var journeyVersions = define("journey_versions v", (*JourneyVersion).columns, "definition")

func (version *JourneyVersion) columns(r *row) {
	r.column("journey_id", &version.ID)
	r.column("version", &version.Version)
}

// JourneyVersions returns all versions of the Organization's Journeys, by id and number.
func (tx *Tx) JourneyVersions() ([]JourneyVersion, error) {
	return journeyVersions.all(tx, `JOIN journeys j ON j.id = v.journey_id WHERE j.org = ?
		ORDER BY v.journey_id, v.version`, tx.Org)
}

// JourneyVersionsInUse returns the versions that runs use or may still use: those with unfinished runs, and the
// current ones of all Journeys that are not Archived.
func (tx *Tx) JourneyVersionsInUse() ([]JourneyVersion, error) {
	const current = "SELECT id, version FROM journeys WHERE org = ?1 AND status <> '" + Archived + "' "
	return view[JourneyVersion]{current, (*JourneyVersion).columns}.all(tx,
		"UNION SELECT j.id, r.version FROM journeys j CROSS JOIN runs r ON r.journey_id = packed(j.id) "+
			"WHERE j.org = ?1 AND r."+unfinished+"ORDER BY id, version", tx.Org)
}

var runs = define("runs", (*Run).columns, "org")

func (run *Run) columns(r *row) {
	r.seq(&run.Seq)
	r.ident("id", &run.ID)
	r.ident("journey_id", &run.JourneyID)
	r.column("version", &run.Version)
	r.ident("profile_id", &run.ProfileID)
	r.nullable("key_value", &run.Key)
	r.nullable("event", &run.Event)
	r.column("triggered_at", &run.TriggeredAt)
	r.mutable()
	letter := statusLetter(run.Status)
	r.column("status", &letter)
	run.Status = statusOf(letter)
	r.nullable("reason", &run.Reason)
	r.nullable("error", &run.Error)
	r.column("node", &run.Node)
	r.column("visits", &run.Visits)
	r.column("state", &run.State)
	r.nullable("waiting", &run.Waiting)
	r.nullable("exit_rule", &run.ExitRule)
	r.nullable("held", &run.Held)
	r.nullable("task", &run.Task)
	r.nullable("completed_at", &run.CompletedAt)
	r.nullable("why", &run.Why)
	r.column("reacts", &run.Reacts)
}

const unfinished = "status IN ('q', 'r') " // queued or running

// AddRun inserts a run and sets its Seq.
func (tx *Tx) AddRun(run *Run) error {
	last := &tx.db.unsaved.lastRun
	if *last == 0 { // so there is no unsaved run
		newest, err := value[int64](tx.db, "SELECT max(seq) FROM runs")
		if err != nil {
			return err
		}
		*last = int(newest)
	}
	*last++
	run.Seq = *last
	return tx.putRun(&unsavedRun{*run, tx.Org, true})
}

// PutRun updates a run.
func (tx *Tx) PutRun(run *Run) error { return tx.putRun(&unsavedRun{*run, tx.Org, false}) }

func (tx *Tx) putRun(run *unsavedRun) error {
	rows := &tx.db.unsaved
	tx.changed, tx.calm = true, nil
	tx.early.forget(run.ID)
	if i := rows.run(run.ID); i >= 0 {
		run.org, run.added = rows.runs[i].org, rows.runs[i].added
		rows.runs[i] = run
		return nil
	}
	rows.runs = append(rows.runs, run)
	if len(rows.runs) < maxUnsavedRuns {
		return nil
	}
	return tx.db.save(tx.db)
}

// Run returns the run with this id, or nil if there is none.
func (tx *Tx) Run(id string) (found *Run, err error) {
	if i := tx.db.unsaved.run(id); i >= 0 {
		if row := tx.db.unsaved.runs[i]; row.org == tx.Org {
			run := row.Run
			return &run, nil
		}
		return nil, nil
	}
	if err := tx.readEarly(id); err != nil {
		return nil, err
	}
	if found := tx.early.takeRun(tx.Org, id); found != nil {
		return found, nil
	}
	err = tx.db.peek(func() error {
		found, err = runs.one(tx, "WHERE org = ? AND id = ?", packed(tx.Org), packed(id))
		return err
	})
	return found, err
}

// minEarly is how many runs are read together at least.
const minEarly = 4

// readEarly reads the runs of the task that was taken last and of the next tasks like it, and their Profiles, because
// many runs become due together. It does so when the first of these runs is needed.
func (tx *Tx) readEarly(run string) error {
	task := tx.taken
	if task.Ref != run {
		return nil
	}
	tx.taken = Task{}
	if tx.early != nil && tx.early.org == tx.Org && tx.early.runs[run] != nil {
		return nil
	}

	ids := []string{run}
	for i := range tx.ahead {
		if next := &tx.ahead[i]; next.Kind == task.Kind && next.Org == tx.Org {
			ids = append(ids, next.Ref)
		}
	}
	if len(ids) < minEarly {
		return nil
	}
	found, err := runs.all(tx, "WHERE +org = ? AND id IN (SELECT unhex(value, '-') FROM json_each(?))",
		packed(tx.Org), encodeList(ids))
	if err != nil {
		return err
	}
	tx.early = &early{tx.Org, make(map[string]*Run, len(found)), make(map[string]*Profile, len(found))}
	ids = ids[:0]
	for i := range found {
		tx.early.runs[found[i].ID] = &found[i]
		ids = append(ids, found[i].ProfileID)
	}
	// The plus keeps SQLite from an index of all Profiles of the Organization.
	people, err := profiles.all(tx, "WHERE deleted_at IS NULL AND +org = ? AND id IN (SELECT value FROM json_each(?))",
		tx.Org, encodeList(ids))
	for i := range people {
		tx.early.profiles[people[i].ID] = &people[i]
	}
	return err
}

// ActiveRuns returns a Profile's unfinished runs, oldest first.
func (tx *Tx) ActiveRuns(profile string) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND profile_id = ? AND "+unfinished+"ORDER BY seq",
		packed(tx.Org), packed(profile))
}

// RunPlace is a node of a version of a Journey at which runs can be. New runs there have taken no step yet.
type RunPlace struct {
	JourneyID string
	Version   int
	Node      string
	New       bool
}

// reacting selects the unfinished runs that may react, which means that something that happens to their Profile may
// move them.
const reacting = "reacts = 1 AND completed_at IS NULL "

// ReactingPlaces returns the places of a Profile's unfinished runs that may react.
func (tx *Tx) ReactingPlaces(profile string) ([]RunPlace, error) {
	if len(tx.calm) == 1 { // one Profile after the other: mostly no run at all may react
		found, err := value[int64](tx.db, "SELECT EXISTS (SELECT 1 FROM runs WHERE "+reacting+")")
		if err != nil {
			return nil, err
		}
		tx.calm[everybody] = found == 0
	}
	if tx.calm[everybody] || tx.calm[profile] {
		return nil, nil
	}
	read := func(place *RunPlace, r *row) { *place = RunPlace{r.id(), r.num(), r.str(), r.flag()} }
	places, err := view[RunPlace]{"SELECT DISTINCT journey_id, version, node, status = ? FROM runs ", read}.all(tx,
		"WHERE profile_id = ? AND "+reacting, statusLetter(RunQueued), packed(profile))
	if err == nil && len(places) == 0 {
		if tx.calm == nil {
			tx.calm = map[string]bool{}
		}
		tx.calm[profile] = true
	}
	return places, err
}

// ReactingRuns returns those of a Profile's unfinished runs that are at one of these places and may react, oldest
// first. A run at one of the places in waiting is only returned if it has begun to wait and is not yet due.
func (tx *Tx) ReactingRuns(profile string, places, waiting []RunPlace) ([]Run, error) {
	list := func(places []RunPlace) string {
		rows := make([][3]any, len(places))
		for i, place := range places {
			rows[i] = [3]any{place.JourneyID, place.Version, place.Node}
		}
		return encode(rows)
	}
	const among = "(journey_id, version, node) IN " +
		"(SELECT packed(value ->> 0), value ->> 1, value ->> 2 FROM json_each(?))"
	return runs.all(tx, "WHERE org = ? AND profile_id = ? AND "+reacting+"AND "+among+
		" AND (waiting > ? OR "+among+") ORDER BY seq",
		packed(tx.Org), packed(profile), list(slices.Concat(places, waiting)), tx.Now, list(places))
}

// ActiveRunsOf returns the unfinished runs of several Profiles, oldest first.
func (tx *Tx) ActiveRunsOf(profiles []string) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND profile_id IN (SELECT packed(value) FROM json_each(?)) AND "+unfinished+
		"ORDER BY seq", packed(tx.Org), encodeList(profiles))
}

// RunFilter narrows a list of runs. An empty field does not narrow it.
type RunFilter struct {
	JourneyID, ProfileID, Status string
	Version                      int
	Span
}

func (filter RunFilter) where(tx *Tx) Filter {
	owned := tx.ownedBy("journeys", filter.JourneyID, "profiles", filter.ProfileID)
	if filter.JourneyID == "" && filter.ProfileID == "" {
		owned.Args[0] = packed(tx.Org)
	}
	return owned.narrow(
		clause{"journey_id = ?", packed(filter.JourneyID)},
		clause{"profile_id = ?", packed(filter.ProfileID)},
		clause{"status = ?", statusLetter(filter.Status)},
		clause{"version = ?", filter.Version}).narrow(filter.clauses("seq", "triggered_at")...)
}

// RunsWhere returns runs, newest first. A limit below 1 means no limit.
func (tx *Tx) RunsWhere(filter RunFilter, limit int) ([]Run, error) {
	return runs.newest(tx, filter.where(tx), limit)
}

// CountRuns counts the runs that a filter selects.
func (tx *Tx) CountRuns(filter RunFilter) (int, error) {
	where := filter.where(tx)
	n, err := value[int64](tx.db, "SELECT count(*) FROM runs "+where.SQL, where.Args...)
	return int(n), err
}

// WaitingRuns returns the unfinished runs of a Profile or, if profile is "", of all. The run that continues first
// comes first.
func (tx *Tx) WaitingRuns(profile string, limit int) ([]Run, error) {
	whose := belongsTo("profile_id", profile)
	if profile == "" {
		whose += " AND journey_id IN (SELECT packed(id) FROM journeys WHERE org = ?4)" // an index finds these
	}
	return runs.all(tx, "WHERE org = ?1 AND "+whose+" AND "+unfinished+
		"ORDER BY waiting IS NULL, waiting, seq LIMIT ?3", packed(tx.Org), packed(profile), limit, tx.Org)
}

// EndedRuns returns the runs that exited or failed, newest first: those of a Profile or, if profile is "", of
// all.
func (tx *Tx) EndedRuns(profile string, limit int) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND "+belongsTo("profile_id", profile)+
		" AND status IN ('e', 'f') ORDER BY completed_at DESC, seq DESC LIMIT ?3",
		packed(tx.Org), packed(profile), limit)
}

// UnfinishedRuns returns the unfinished runs of a Journey, oldest first.
func (tx *Tx) UnfinishedRuns(journey string) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND journey_id = ? AND "+unfinished+"ORDER BY seq",
		packed(tx.Org), packed(journey))
}

// RunHistory is what re-entry rules need to know about a Profile's earlier runs of a Journey with the same key.
type RunHistory struct {
	Entered, Active bool
	LastEntered     time.Time
}

// RunHistory returns the history of a Profile's earlier runs of a Journey with the same key.
func (tx *Tx) RunHistory(journey, profile, key string) (RunHistory, error) {
	// The index has the runs by status, and has the newest of each last. So it finds the newest of all with few reads.
	const newest = `SELECT max(seq) FROM (SELECT (SELECT seq FROM runs
		WHERE journey_id = ?1 AND profile_id = ?2 AND key_value IS ?3 AND status = substr(s.value, 1, 1)
		ORDER BY seq DESC LIMIT 1) AS seq FROM json_each(?) s)`
	var h RunHistory
	err := tx.db.query(func(r *row) error { h = RunHistory{true, r.flag(), r.at()}; return nil },
		"SELECT EXISTS (SELECT 1 FROM runs WHERE journey_id = ?1 AND profile_id = ?2 AND key_value IS ?3 AND "+
			unfinished+"), triggered_at FROM runs WHERE seq = ("+newest+")",
		packed(journey), packed(profile), nullIfZero(key), encodeList(runStatuses()))
	return h, err
}

// HeldRuns returns the runs of a Journey that became due while it was paused, in the order in which they became due.
func (tx *Tx) HeldRuns(journey string) ([]Run, error) {
	return runs.all(tx, "WHERE org = ? AND journey_id = ? AND held IS NOT NULL ORDER BY held, seq",
		packed(tx.Org), packed(journey))
}

var runSteps = define("run_steps", (*RunStep).columns, "run")

func (step *RunStep) columns(r *row) {
	r.column("node", &step.Node)
	r.column("type", &step.Type)
	r.column("at", &step.At)
	r.column("outcome", &step.Outcome)
	r.nullable("why", &step.Why)
}

// AddStep records a step of the run with this Seq.
func (tx *Tx) AddStep(run int, step RunStep) {
	tx.db.unsaved.steps, tx.changed = append(tx.db.unsaved.steps, unsavedStep{step, run}), true
}

// Steps returns the steps that a run took, in order.
func (tx *Tx) Steps(run string) ([]RunStep, error) {
	return runSteps.all(tx, "WHERE run = (SELECT seq FROM runs WHERE id = ?) ORDER BY seq", packed(run))
}
