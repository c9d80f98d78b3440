package world

import (
	"encoding/json"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/journey"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Journeys. Documented: the trigger of one named Journey, its run, the run's statuses. Decided here: the Journey's uuid
// serves as its key too, variables are /data in its email, eligibility that holds a Profile back is a 422, and all of the
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
func (tx *Tx) TriggerJourney(j *store.Journey, who Identity, properties json.RawMessage, variables map[string]any) (*store.Run, error) {
	if j.Status != store.Active {
		return nil, &Problem{CodeInvalidState, "The Journey is not Active.", map[string]any{"status": j.Status}}
	}
	if j.EntryType != journey.EntryAPI {
		return nil, unacceptable(reasonJourneyNotAPIEntry, "The Journey starts by an event or a Segment, not by the API.")
	}
	p, changed, err := tx.resolveProfile(who, properties, store.SourceAPI)
	if err != nil {
		return nil, err
	}
	if changed {
		names, err := written(properties)
		if err != nil {
			return nil, err
		}
		if err := tx.touched(p, touch{names: names}); err != nil {
			return nil, err
		}
	}
	state := journey.RunState{Data: variables}
	env, err := tx.env(p, state.Buckets())
	if err != nil {
		return nil, err
	}
	admission, err := tx.admit(j, p, env)
	if err != nil {
		return nil, err
	}
	if admission.Skip != "" {
		return nil, &Problem{CodeUnacceptable, "The Profile may not enter the Journey now.",
			map[string]any{"reason": reasonEnrollmentSkipped, "skip": admission.Skip}}
	}
	return tx.enrol(j, p, admission.Key, state)
}

// admit tells whether a Profile may enter a Journey now: filter, key, audience, earlier runs, cooldown, suppression. env is
// what the Profile is, and what wants to begin the run.
func (tx *Tx) admit(j *store.Journey, p *store.Profile, env *cond.Env) (journey.Admission, error) {
	d, err := tx.definition(j.ID, j.Version)
	if err != nil {
		return journey.Admission{}, err
	}
	env.Hidden = tx.hidden(j.ID, j.Version)
	admission, err := d.Admit(env, func(key string) (journey.History, error) {
		h, err := tx.RunHistory(j.ID, p.ID, key)
		return journey.History(h), err
	})
	if err != nil || admission.Skip != "" {
		return admission, err
	}
	reason, err := tx.suppression(p.Email)
	if reason != "" {
		admission.Skip, admission.Why = reasonSuppressed, reason
	}
	return admission, err
}

// SaveJourney saves a Journey: another definition is another version, another status is that act. Faults of the document,
// and of its activation, are findings; nothing is written then. An empty status keeps the one it has.
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
			return journey.Validate(raw, references{tx, c})
		}
	}
	d, findings := parse(doc)
	if status == store.Draft && j.Status != "" && j.Status != store.Draft {
		findings = append(findings, cond.Finding{Path: "/status",
			Message: "the Journey is " + j.Status + " and cannot be a Draft again; Paused or Archived stops it"})
	}
	if len(findings) > 0 {
		return findings, nil
	}
	return nil, tx.storeJourney(c, *j, d, doc, status)
}

// storeJourney stores a Journey in which nothing is wrong, and carries out what its new status means.
func (tx *Tx) storeJourney(c *catalog, before store.Journey, d *journey.Definition, doc json.RawMessage, status string) error {
	j := before
	if err := tx.newVersion(&j, doc); err != nil {
		return err
	}
	j.Key, j.Name, j.Status, j.EntryType, j.EntryEvent, j.EntrySegment = d.Key, d.Name, status, d.Entry.Type, d.Entry.Event, ""
	if s := c.segments[d.Entry.Segment]; s != nil && d.Entry.Type == journey.EntrySegment {
		j.EntrySegment = s.ID
	}
	enrolExisting, err := tx.enrolsExisting(before, d, j.EntrySegment)
	if err != nil {
		return err
	}
	tx.Forget()
	if err := tx.PutJourney(j, doc); err != nil {
		return err
	}
	if err := tx.journeyStatus(&j, before.Status); err != nil {
		return err
	}
	return tx.heed(before, &j, enrolExisting)
}

// newVersion counts a definition that differs from the current one.
func (tx *Tx) newVersion(j *store.Journey, doc json.RawMessage) error {
	if j.Version > 0 {
		current, err := tx.JourneyVersion(j.ID, j.Version)
		if err != nil || string(current) == string(doc) {
			return err
		}
	}
	j.Version++
	return nil
}

// journeyStatus carries out what a change of status means for the runs: archiving ends them, resuming lets go on those
// whose time came meanwhile, in that order.
func (tx *Tx) journeyStatus(j *store.Journey, before string) error {
	switch {
	case j.Status == before:
		return nil
	case j.Status == store.Archived:
		runs, err := tx.UnfinishedRuns(j.ID)
		if err != nil {
			return err
		}
		for i := range runs {
			if err := tx.endRun(&runs[i], journey.End{Status: journey.Exited, Reason: reasonJourneyArchived}); err != nil {
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

// references answers what a Journey's activation asks about the things that it names.
type references struct {
	tx *Tx
	c  *catalog
}

func (r references) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	t := r.c.templates[ref]
	if t == nil {
		return "", false, false, false
	}
	s := r.templateSender(t)
	return t.Purpose, t.Status == store.Active, s != nil && s.verified, true
}

// templateSender is who mail from a Template comes from, nil if there is nobody.
func (r references) templateSender(t *store.Template) *sender {
	var own mail.Address
	if t.SenderProfileID == "" {
		if snapshot, err := r.tx.snapshot(t.SnapshotID); err == nil { // it was parsed when it was saved
			own, _ = mail.ParseAddress(snapshot.From())
		}
	}
	return r.c.templateSender(t, own)
}

func (r references) SubscriptionGroup(ref string) bool { return r.c.groups[ref] != nil }

func (r references) Segment(ref string) (cond.Size, bool) {
	return r.c.segmentSize(ref), r.c.segments[ref] != nil
}

func (r references) SenderProfile(ref string) (verified, ok bool) {
	s := r.c.senders[ref]
	return s != nil && s.verified, s != nil
}
