package world

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Journeys. Documented: the trigger of one named Journey, its run, the run's statuses. Decided here: the Journey's uuid
// also serves as its key; variables are /data in its email; a Profile that is not eligible is a 422; and all of the
// Journey document, which internal/journey describes.

// JourneyWith finds a Journey by its id or key.
func (tx *Tx) JourneyWith(ref string) (*store.Journey, error) {
	j, err := tx.Journey(ref)
	if err == nil && j == nil {
		j, err = tx.Journey(strings.ToLower(ref))
	}
	if err == nil && j == nil {
		return nil, NotFound("Journey", ref)
	}
	return j, err
}

// TriggerJourney starts one run of an api-entry Journey.
func (tx *Tx) TriggerJourney(
	j *store.Journey, who Identity, properties json.RawMessage, variables map[string]any,
) (*store.Run, error) {
	if j.Status != store.Active {
		return nil, &Problem{CodeInvalidState, "The Journey is not Active.", map[string]any{"status": j.Status}}
	}
	if j.EntryType != journey.EntryAPI {
		return nil, unacceptable(ReasonJourneyNotAPIEntry,
			"An event or a Segment starts this Journey, not the API.")
	}

	p, changed, err := tx.resolveProfile(who, properties, store.SourceAPI)
	if err != nil {
		return nil, err
	}
	if changed {
		names, err := writtenNames(properties)
		if err != nil {
			return nil, err
		}
		if err := tx.reactTo(p, change{names: names}); err != nil {
			return nil, err
		}
	}

	state := &beginning{RunState: journey.RunState{Data: variables}}
	env, err := tx.env(p, state.Buckets())
	if err != nil {
		return nil, err
	}
	admission, err := tx.admit(j, &entrant{p: p, env: env})
	if err != nil {
		return nil, err
	}
	if admission.Skip != "" {
		return nil, &Problem{CodeUnacceptable, "The Profile cannot enter the Journey now.",
			map[string]any{"reason": reasonEnrollmentSkipped, "skip": admission.Skip}}
	}
	return tx.enrol(j, p, admission.Key, 0, state)
}

// entrant is a Profile that may enter Journeys. env has its state and the data that would begin the runs.
type entrant struct {
	p   *store.Profile
	env *cond.Env

	suppressed      string // why the Profile gets no email, "" if it does
	suppressedKnown bool
}

// admit decides whether a Profile may enter a Journey now, by filter, key, audience, earlier runs, cooldown and
// suppression.
func (tx *Tx) admit(j *store.Journey, who *entrant) (journey.Admission, error) {
	d, err := tx.definition(j.ID, j.Version)
	if err != nil {
		return journey.Admission{}, err
	}
	who.env.Hidden = tx.hidden(j.ID, j.Version)
	admission, err := d.Admit(who.env, func(key string) (journey.History, error) {
		history, err := tx.RunHistory(j.ID, who.p.ID, key)
		return journey.History(history), err
	})
	if err != nil {
		return admission, err
	}
	if admission.Skip != "" {
		tx.reachSkip(j, admission.Skip)
		return admission, nil
	}

	if !who.suppressedKnown {
		if who.suppressed, err = tx.suppression(who.p.Email); err != nil {
			return admission, err
		}
		who.suppressedKnown = true
	}
	if who.suppressed != "" {
		admission.Skip, admission.Why = reasonSuppressed, who.suppressed
		tx.reachSkip(j, reasonSuppressed)
	}
	return admission, nil
}

// SaveJourney saves a Journey. A different definition makes a new version. A different status activates, pauses,
// resumes or archives the Journey. An empty status keeps the one it has. If the document or its activation has faults,
// SaveJourney returns them as findings and writes nothing.
func (tx *Tx) SaveJourney(id string, doc json.RawMessage, status string) ([]cond.Finding, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	j, err := tx.Journey(journey.Key(doc))
	if err != nil {
		return nil, err
	}
	if j == nil {
		j = &store.Journey{ID: id}
	}
	if status == "" {
		status = j.Status
	}
	if status == "" {
		status = store.Draft
	}

	parse := journey.Parse
	if status == store.Active || status == store.Paused {
		parse = func(raw []byte) (*journey.Definition, []cond.Finding) {
			return journey.Validate(raw, references{tx: tx, c: c})
		}
	}
	d, findings := parse(doc)
	if status == store.Draft && j.Status != "" && j.Status != store.Draft {
		findings = append(findings, cond.Finding{Path: "/status", Message: "the Journey is " + j.Status +
			" and cannot be a Draft again; to stop it, set its status to Paused or Archived"})
	}
	if len(findings) > 0 {
		return findings, nil
	}
	return nil, tx.storeJourney(c, *j, d, doc, status)
}

// ChangeJourney activates, pauses, resumes or archives a Journey. If its activation has faults, ChangeJourney returns
// them as findings and writes nothing.
func (tx *Tx) ChangeJourney(j *store.Journey, status string) ([]cond.Finding, error) {
	if j.Status == status {
		return nil, nil
	}
	doc, err := tx.JourneyVersion(j.ID, j.Version)
	if err != nil {
		return nil, err
	}
	return tx.SaveJourney(j.ID, doc, status)
}

// storeJourney stores a Journey without faults and applies its new status.
func (tx *Tx) storeJourney(
	c *catalog, before store.Journey, d *journey.Definition, doc json.RawMessage, status string,
) error {
	j := before
	if err := tx.setVersion(&j, doc); err != nil {
		return err
	}
	j.Key, j.Name, j.Status = d.Key, d.Name, status
	j.EntryType, j.EntryEvent, j.EntrySegment = d.Entry.Type, d.Entry.Event, ""
	if s := c.segment(d.Entry.Segment); s != nil && d.Entry.Type == journey.EntrySegment {
		j.EntrySegment = s.ID
	}
	enrolExisting, err := tx.enrolsExisting(before, d, j.EntrySegment)
	if err != nil {
		return err
	}

	tx.changing()
	if err := tx.PutJourney(j, doc); err != nil {
		return err
	}
	if err := c.forgetJourney(tx, &before, &j); err != nil {
		return err
	}
	tx.reachJourney(&j)
	if err := tx.applyStatus(&j, before.Status); err != nil {
		return err
	}
	return tx.updateListeners(before, &j, enrolExisting)
}

// setVersion increments the version if the definition differs from the current one.
func (tx *Tx) setVersion(j *store.Journey, doc json.RawMessage) error {
	if j.Version > 0 {
		current, err := tx.JourneyVersion(j.ID, j.Version)
		if err != nil || string(current) == string(doc) {
			return err
		}
	}
	j.Version++
	return nil
}

// applyStatus applies a change of status to the runs. Archiving ends them. Resuming continues those whose time came
// during the pause, in the order in which it came.
func (tx *Tx) applyStatus(j *store.Journey, before string) error {
	switch {
	case j.Status == before:
		return nil
	case j.Status == store.Archived:
		runs, err := tx.UnfinishedRuns(j.ID)
		if err != nil {
			return err
		}
		for i := range runs {
			end := journey.End{Status: journey.Exited, Reason: reasonJourneyArchived}
			if err := tx.endRun(&runs[i], end); err != nil {
				return err
			}
		}
	case before == store.Paused:
		held, err := tx.HeldRuns(j.ID)
		if err != nil {
			return err
		}
		for i := range held {
			if err := tx.schedule(&held[i], tx.Now); err != nil {
				return err
			}
		}
	}
	return nil
}

// SensitivePaths returns the sensitive paths of all Templates that a version of a Journey names.
func (tx *Tx) SensitivePaths(journeyID string, version int) ([]string, error) {
	d, err := tx.definition(journeyID, version)
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}

	var paths []string
	for _, node := range d.Nodes {
		if node.Email == nil {
			continue
		}
		t := c.template(node.Email.Template)
		if t == nil {
			continue
		}
		snapshot, err := tx.snapshot(t.SnapshotID)
		if err != nil {
			return nil, err
		}
		paths = append(paths, snapshot.SensitivePaths()...)
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// SensitiveInJourney returns the paths below /data that the Templates of a Journey mark as sensitive, and reports
// whether there is such a Journey.
func (tx *Tx) SensitiveInJourney(ref string) (paths []string, known bool, err error) {
	j, err := tx.JourneyWith(ref)
	if err != nil {
		if AsProblem(err).Code == CodeNotFound {
			err = nil
		}
		return nil, false, err
	}
	paths, err = tx.SensitivePaths(j.ID, j.Version)
	return paths, err == nil, err
}

// hidden returns a function that returns the places whose values the stored decisions of a Journey must not contain.
func (tx *Tx) hidden(journeyID string, version int) func() []cond.Pointer {
	return func() []cond.Pointer {
		paths, err := tx.SensitivePaths(journeyID, version)
		if err != nil {
			return []cond.Pointer{{"data"}} // hide too much rather than keep a secret
		}
		places := make([]cond.Pointer, len(paths))
		for i, path := range paths {
			if places[i], err = cond.ParsePointer(path); err != nil {
				places[i] = cond.Pointer{"data"}
			}
		}
		return places
	}
}

// references implements journey.Refs: it looks up what a Journey names, for the Journey's activation.
type references struct {
	tx  *Tx
	c   *catalog
	old *store.Template // takes the place of the one with its id; nil for none
}

func (refs references) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	t := refs.c.template(ref)
	if old := refs.old; old != nil && (ref == old.ID || ref == old.Key) {
		t = old
	}
	if t == nil {
		return "", false, false, false
	}
	from := refs.templateSender(t)
	return t.Purpose, t.Status == store.Active, from != nil && from.verified, true
}

// templateSender returns the sender of emails from a Template, or nil if there is none.
func (refs references) templateSender(t *store.Template) *sender {
	var own mail.Address
	if t.SenderProfileID == "" {
		if snapshot, err := refs.tx.snapshot(t.SnapshotID); err == nil { // it was parsed when it was saved
			own, _ = mail.ParseAddress(snapshot.From())
		}
	}
	return refs.c.templateSender(t, own)
}

func (refs references) SubscriptionGroup(ref string) bool { return refs.c.group(ref) != nil }

func (refs references) Segment(ref string) (cond.Size, bool) {
	return refs.c.segmentSize(ref), refs.c.segment(ref) != nil
}

func (refs references) SenderProfile(ref string) (verified, ok bool) {
	from := refs.c.sender(ref)
	return from != nil && from.verified, from != nil
}
