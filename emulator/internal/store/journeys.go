package store

import (
	"encoding/json"
	"slices"
	"time"
)

// Journey is the head of a Journey; Version is the one that new runs take.
type Journey struct {
	ID, Key, Name, Status string
	Version               int
	EntryType, EntryEvent string
	EntrySegment          string // the id of the Segment whose members enter, "" for none
	CreatedAt, UpdatedAt  time.Time
}

func readJourney(r row) Journey {
	return Journey{r.str(0), r.str(1), r.str(2), r.str(3), r.num(4), r.str(5), r.str(6), r.str(7), r.at(8), r.at(9)}
}

const selectJourney = "SELECT id, key, name, status, version, entry_type, entry_event, entry_segment, created_at, updated_at FROM journeys WHERE org = ? "

// Journey finds one by id or by key, nil when there is none.
func (tx *Tx) Journey(ref string) (*Journey, error) {
	return one(tx, readJourney, selectJourney+"AND (key = ?2 OR id = ?2) ORDER BY key = ?2 DESC LIMIT 1", tx.Org, ref)
}

// EventJourneys are the Active ones that an event enters, by key.
func (tx *Tx) EventJourneys() ([]Journey, error) {
	return all(tx, readJourney, selectJourney+"AND entry_event IS NOT NULL AND status = 'Active' ORDER BY key", tx.Org)
}

// LiveJourneys returns those that are Active or Paused, by key.
func (tx *Tx) LiveJourneys() ([]Journey, error) {
	return all(tx, readJourney, selectJourney+"AND status IN ('Active', 'Paused') ORDER BY key", tx.Org)
}

// PutJourney inserts or updates a Journey and, where the version is new, its definition.
func (tx *Tx) PutJourney(j Journey, definition json.RawMessage) error {
	if err := tx.exec(`INSERT INTO journeys (id, org, key, name, status, version, entry_type, entry_event, entry_segment, created_at, updated_at)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10)
		ON CONFLICT (id) DO UPDATE SET key = ?3, name = ?4, status = ?5, version = ?6, entry_type = ?7, entry_event = ?8, entry_segment = ?9,
			updated_at = ?10`,
		j.ID, tx.Org, j.Key, j.Name, j.Status, j.Version, j.EntryType, opt(j.EntryEvent), opt(j.EntrySegment), tx.Now); err != nil {
		return err
	}
	return tx.exec("INSERT OR IGNORE INTO journey_versions (journey_id, version, definition) VALUES (?, ?, ?)", j.ID, j.Version, definition)
}

// JourneyVersion is the definition of one version.
func (tx *Tx) JourneyVersion(id string, version int) (json.RawMessage, error) {
	definition, err := value[string](tx.db, "SELECT definition FROM journey_versions WHERE journey_id = ? AND version = ?", id, version)
	return json.RawMessage(definition), err
}

// JourneyVersion numbers one version of a Journey.
type JourneyVersion struct {
	ID      string
	Version int
}

// JourneyVersions are all versions of the Organization's Journeys, by id and number.
func (tx *Tx) JourneyVersions() ([]JourneyVersion, error) {
	return all(tx, func(r row) JourneyVersion { return JourneyVersion{r.str(0), r.num(1)} },
		"SELECT v.journey_id, v.version FROM journey_versions v JOIN journeys j ON j.id = v.journey_id WHERE j.org = ? ORDER BY 1, 2", tx.Org)
}

// JourneyVersionsInUse are the versions that runs are on or may still take: those with unfinished runs, and the current
// ones of all Journeys but Archived ones.
func (tx *Tx) JourneyVersionsInUse() ([]JourneyVersion, error) {
	return all(tx, func(r row) JourneyVersion { return JourneyVersion{r.str(0), r.num(1)} },
		`SELECT id, version FROM journeys WHERE org = ?1 AND status <> 'Archived'
		UNION SELECT journey_id, version FROM runs WHERE org = ?1 AND status IN ('queued', 'running') ORDER BY 1, 2`, tx.Org)
}

// Run is one Profile's way through one version of a Journey. Key is the value of the entry's key, "" without one. State
// is {"data", "event", "steps"}. Waiting is when the run goes on by itself, Task the row that will do it. ExitRule is an
// exit that takes effect at the end of the delay. Held is when the time of a run came while its Journey was paused.
type Run struct {
	ID, JourneyID         string
	Version               int
	ProfileID, Key        string
	Status, Reason, Error string
	Node                  string
	Visits                int
	State                 json.RawMessage
	Waiting               time.Time
	ExitRule              string
	Held                  time.Time
	Task                  int
	TriggeredAt           time.Time
	CompletedAt           time.Time
	Why                   string // what its early end rests on
	Reacts                bool   // something that happens to the Profile may move it
}

func readRun(r row) Run {
	return Run{ID: r.str(0), JourneyID: r.str(1), Version: r.num(2), ProfileID: r.str(3), Key: r.str(4), Status: r.str(5), Reason: r.str(6),
		Error: r.str(7), Node: r.str(8), Visits: r.num(9), State: r.json(10), Waiting: r.at(11), ExitRule: r.str(12), Held: r.at(13),
		Task: r.num(14), TriggeredAt: r.at(15), CompletedAt: r.at(16), Why: r.str(17), Reacts: r.flag(18)}
}

const selectRun = `SELECT id, journey_id, version, profile_id, key_value, status, reason, error, node, visits, state, waiting, exit_rule, held,
	task, triggered_at, completed_at, why, reacts FROM runs WHERE org = ? `

// AddRun inserts a run.
func (tx *Tx) AddRun(r *Run) error {
	return tx.exec(`INSERT INTO runs (id, org, journey_id, version, profile_id, key_value, status, node, visits, state, task, triggered_at, reacts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, tx.Org, r.JourneyID, r.Version, r.ProfileID, opt(r.Key), r.Status, r.Node, r.Visits, r.State, opt(r.Task), r.TriggeredAt, r.Reacts)
}

// PutRun updates a run.
func (tx *Tx) PutRun(r *Run) error {
	return tx.exec(`UPDATE runs SET status = ?, reason = ?, error = ?, node = ?, visits = ?, state = ?, waiting = ?, exit_rule = ?, held = ?,
		task = ?, completed_at = ?, why = ?, reacts = ? WHERE id = ?`, r.Status, opt(r.Reason), opt(r.Error), r.Node, r.Visits, r.State, opt(r.Waiting),
		opt(r.ExitRule), opt(r.Held), opt(r.Task), opt(r.CompletedAt), opt(r.Why), r.Reacts, r.ID)
}

// Run finds one by id, nil when there is none.
func (tx *Tx) Run(id string) (*Run, error) {
	return one(tx, readRun, selectRun+"AND id = ?", tx.Org, id)
}

// ActiveRuns are a Profile's unfinished runs, oldest first.
func (tx *Tx) ActiveRuns(profile string) ([]Run, error) {
	return all(tx, readRun, selectRun+"AND profile_id = ? AND status IN ('queued', 'running') ORDER BY seq", tx.Org, profile)
}

// RunPlace is a node of a version of a Journey, where runs stand.
type RunPlace struct {
	JourneyID string
	Version   int
	Node      string
}

// ReactingPlaces returns where those of a Profile's unfinished runs stand that something that happens to it may move.
func (tx *Tx) ReactingPlaces(profile string) ([]RunPlace, error) {
	return all(tx, func(r row) RunPlace { return RunPlace{r.str(0), r.num(1), r.str(2)} },
		"SELECT DISTINCT journey_id, version, node FROM runs WHERE profile_id = ? AND reacts = 1 AND completed_at IS NULL", profile)
}

// ReactingRuns returns those of a Profile's unfinished runs that stand at one of these places, oldest first. Of those at the
// places in waiting it returns the ones that have begun to wait and whose time has not come.
func (tx *Tx) ReactingRuns(profile string, places, waiting []RunPlace) ([]Run, error) {
	list := func(places []RunPlace) string {
		rows := make([][3]any, len(places))
		for i, p := range places {
			rows[i] = [3]any{p.JourneyID, p.Version, p.Node}
		}
		return encode(rows)
	}
	const among = "(journey_id, version, node) IN (SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?))"
	return all(tx, readRun, selectRun+"AND profile_id = ? AND reacts = 1 AND completed_at IS NULL AND "+among+
		" AND (waiting > ? OR "+among+") ORDER BY seq",
		tx.Org, profile, list(slices.Concat(places, waiting)), tx.Now, list(places))
}

// ActiveRunsOf are the unfinished runs of several Profiles, oldest first.
func (tx *Tx) ActiveRunsOf(profiles []string) ([]Run, error) {
	return all(tx, readRun, selectRun+`AND profile_id IN (SELECT value FROM json_each(?)) AND status IN ('queued', 'running') ORDER BY seq`,
		tx.Org, encodeList(profiles))
}

// RunFilter narrows a listing of runs; empty fields do not.
type RunFilter struct{ JourneyID, ProfileID, Status string }

// Runs lists runs, oldest first.
func (tx *Tx) Runs(f RunFilter) ([]Run, error) {
	return all(tx, readRun, selectRun+"AND (?2 = '' OR journey_id = ?2) AND (?3 = '' OR profile_id = ?3) AND (?4 = '' OR status = ?4) ORDER BY seq",
		tx.Org, f.JourneyID, f.ProfileID, f.Status)
}

// RunsPage lists runs, newest first: those before the run with the id before, which is "" for the first page.
func (tx *Tx) RunsPage(f RunFilter, before string, limit int) ([]Run, error) {
	return all(tx, readRun, selectRun+`AND (?2 = '' OR journey_id = ?2) AND (?3 = '' OR profile_id = ?3) AND (?4 = '' OR status = ?4)
		AND (?5 = '' OR seq < (SELECT seq FROM runs WHERE id = ?5)) ORDER BY seq DESC LIMIT ?6`,
		tx.Org, f.JourneyID, f.ProfileID, f.Status, before, limit)
}

// WaitingRuns are the unfinished runs of a Profile, or of all (""), those that go on first before the others.
func (tx *Tx) WaitingRuns(profile string, limit int) ([]Run, error) {
	return all(tx, readRun, selectRun+`AND (?2 = '' OR profile_id = ?2) AND status IN ('queued', 'running')
		ORDER BY waiting IS NULL, waiting, seq LIMIT ?3`, tx.Org, profile, limit)
}

// EndedRuns are the runs of a Profile, or of all (""), that ended early or failed, the newest first.
func (tx *Tx) EndedRuns(profile string, limit int) ([]Run, error) {
	return all(tx, readRun, selectRun+`AND (?2 = '' OR profile_id = ?2) AND status IN ('exited', 'failed')
		ORDER BY completed_at DESC, seq DESC LIMIT ?3`, tx.Org, profile, limit)
}

// UnfinishedRuns are the unfinished runs of a Journey, oldest first.
func (tx *Tx) UnfinishedRuns(journey string) ([]Run, error) {
	return all(tx, readRun, selectRun+"AND journey_id = ? AND status IN ('queued', 'running') ORDER BY seq", tx.Org, journey)
}

// RunHistory is what re-entry rules ask of a Profile's earlier runs of a Journey with the same key.
type RunHistory struct {
	Entered, Active bool
	LastEntered     time.Time
}

// RunHistory looks up a Profile's earlier runs of a Journey with the same key.
func (tx *Tx) RunHistory(journey, profile, key string) (RunHistory, error) {
	h, err := one(tx, func(r row) RunHistory { return RunHistory{true, r.flag(0), r.at(1)} },
		`SELECT EXISTS (SELECT 1 FROM runs WHERE journey_id = ?1 AND profile_id = ?2 AND key_value IS ?3 AND status IN ('queued', 'running')),
		triggered_at FROM runs WHERE journey_id = ?1 AND profile_id = ?2 AND key_value IS ?3 ORDER BY seq DESC LIMIT 1`,
		journey, profile, opt(key))
	if h == nil || err != nil {
		return RunHistory{}, err
	}
	return *h, nil
}

// HeldRuns are the runs of a Journey whose time came while it was paused, in the order their time came.
func (tx *Tx) HeldRuns(journey string) ([]Run, error) {
	return all(tx, readRun, selectRun+"AND journey_id = ? AND held IS NOT NULL ORDER BY held, seq", tx.Org, journey)
}

// RunStep is one step that a run took.
type RunStep struct {
	Node, Type string
	At         time.Time
	Outcome    string
	Why        string // what the outcome rests on, "" where it says it all
}

// AddStep records a step of a run.
func (tx *Tx) AddStep(run string, s RunStep) error {
	return tx.exec("INSERT INTO run_steps (run_id, node, type, at, outcome, why) VALUES (?, ?, ?, ?, ?, ?)", run, s.Node, s.Type, s.At, s.Outcome,
		opt(s.Why))
}

// Steps are the steps that a run took, in order.
func (tx *Tx) Steps(run string) ([]RunStep, error) {
	return all(tx, func(r row) RunStep { return RunStep{r.str(0), r.str(1), r.at(2), r.str(3), r.str(4)} },
		"SELECT node, type, at, outcome, why FROM run_steps WHERE run_id = ? ORDER BY seq", run)
}
