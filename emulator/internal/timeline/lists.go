package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

func readSends(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []Moment, err error) {
	sends, err := tx.SendsBefore(p.ID, before, limit)
	for i := range sends {
		send := &sends[i]
		facts, failed := tx.Facts(send)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		template, err := tx.TemplateKey(send.TemplateID)
		if err != nil {
			return nil, err
		}
		list = append(list, Moment{
			What:   "EmailSend",
			Name:   cmp.Or(format.Name(send.Subject), "(no subject)"),
			Thing:  "EmailSend",
			ID:     send.ID,
			Tag:    send.Status,
			Sure:   send.Status == world.SendSent,
			Reason: send.FailureMessage,
			Says:   says("Template "+template, factsInShort(facts)),
			At:     send.CreatedAt,
			mark:   world.Mark{Seq: send.Seq},
		})
	}
	return list, err
}

// factsInShort counts facts by their type, in the order in which they came.
func factsInShort(facts []world.Fact) string {
	var types []string
	times := map[string]int{}
	for _, fact := range facts {
		if times[fact.Type]++; times[fact.Type] == 1 {
			types = append(types, fact.Type)
		}
	}
	for i, kind := range types {
		if times[kind] > 1 {
			types[i] += " ×" + format.Count(times[kind])
		}
	}
	return strings.Join(types, ", ")
}

// says returns the texts that are not empty.
func says(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

func readFacts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []Moment, err error) {
	facts, err := tx.FactsBefore(p.ID, before, limit)
	for _, fact := range facts {
		detail := string(fact.Detail)
		if fact.Type == world.FactClicked || detail == "{}" {
			detail = "" // the target of a link may be a secret that only the email contains
		}
		list = append(list, Moment{
			What:  "Email",
			Name:  cmp.Or(format.Name(fact.Subject), "(no subject)"),
			Thing: "EmailSend",
			ID:    fact.SendID,
			Tag:   fact.Type,
			Sure:  fact.Type == world.FactOpened || fact.Type == world.FactClicked,
			Says:  says(format.Value(detail)),
			At:    fact.At,
			mark:  world.Mark{Seq: fact.Seq},
		})
	}
	return list, err
}

func readOmissions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []Moment, err error) {
	omissions, err := tx.OmissionsBefore(p.ID, before, limit)
	for _, one := range omissions {
		noun := world.CarrierNouns[one.CarrierType]
		list = append(list, Moment{
			What:   noun,
			Name:   format.Name(one.Name),
			Thing:  noun,
			ID:     one.CarrierID,
			Tag:    "left out",
			Reason: one.Reason,
			At:     one.At,
			mark:   world.Mark{At: one.At, Seq: one.Seq},
		})
	}
	return list, err
}

func readEvents(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []Moment, err error) {
	events, err := tx.EventsBefore(p.ID, before, limit)
	for i := range events {
		event := &events[i]
		said := says(format.Value(format.JSON(event.Data, "")))
		if !event.OccurredAt.Equal(event.ReceivedAt) {
			said = append(said, "occurred at "+format.Time(event.OccurredAt))
		}
		list = append(list, Moment{
			What:  "UserEvent",
			Name:  format.Name(event.Event),
			Thing: "UserEvent",
			ID:    event.ID,
			Says:  said,
			At:    event.ReceivedAt,
			mark:  world.Mark{Seq: event.Number},
		})
	}
	return list, err
}

func readRunStarts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	runs, err := tx.RunsBefore(p.ID, before, limit)
	list := make([]Moment, len(runs))
	for i := range runs {
		run := &runs[i]
		key, failed := tx.JourneyKey(run.JourneyID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		list[i] = Moment{
			What:  "Run of",
			Name:  format.Name(key),
			Thing: "JourneyRun",
			ID:    run.ID,
			Tag:   "entered",
			Sure:  true,
			Says:  says("version " + strconv.Itoa(run.Version)),
			At:    run.TriggeredAt,
			mark:  world.Mark{Seq: run.Seq},
		}
		if run.CompletedAt.IsZero() && !run.Waiting.IsZero() {
			waits := "waits at " + format.Name(run.Node) + " until " + format.Time(run.Waiting)
			list[i].Says = append(list[i].Says, waits)
		}
	}
	return list, err
}

func readRunEnds(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	runs, err := tx.RunsEndedBefore(p.ID, before, limit)
	list := make([]Moment, len(runs))
	for i := range runs {
		run := &runs[i]
		key, failed := tx.JourneyKey(run.JourneyID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		because := format.Value(run.Why)
		if because != "" {
			because = "because " + because
		}
		list[i] = Moment{
			What:  "Run of",
			Name:  format.Name(key),
			Thing: "JourneyRun",
			ID:    run.ID,
			Tag:   run.Status,
			Sure:  run.Status == world.RunCompleted,
			Says:  says(run.Reason, format.Value(run.Error), because),
			At:    run.CompletedAt,
			mark:  world.Mark{At: run.CompletedAt, Seq: run.Seq},
		}
	}
	return list, err
}

func readEntries(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	entries, err := tx.EntriesBefore(p.ID, before, limit)
	list := make([]Moment, len(entries))
	for i := range entries {
		entry := &entries[i]
		key, failed := tx.JourneyKey(entry.JourneyID)
		segment, missing := tx.SegmentWith(entry.SegmentID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		name := entry.SegmentID
		if missing == nil {
			name = segment.Name
		}
		list[i] = Moment{
			What:  "Member of",
			Name:  format.Name(name),
			Thing: "Segment",
			ID:    entry.SegmentID,
			Tag:   entry.Outcome,
			Sure:  entry.RunID != "",
			Says:  says("by the Journey "+format.Name(key), entry.Reason, format.Value(entry.Why), entry.RunID),
			At:    entry.At,
			mark:  world.Mark{Seq: entry.Seq},
		}
	}
	return list, err
}

func readChoices(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	changes, err := tx.SubscriptionChanges(p.ID, before.Seq, limit)
	list := make([]Moment, len(changes))
	for i, change := range changes {
		group, failed := tx.GroupNamed(change.GroupID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		name := change.GroupID
		if group != nil {
			name = group.Name
		}
		list[i] = Moment{
			What:  "SubscriptionGroup",
			Name:  format.Name(name),
			Thing: "SubscriptionGroup",
			ID:    change.GroupID,
			Tag:   change.Status,
			Sure:  change.Status == world.Subscribed,
			Says:  says("by " + change.Source),
			At:    change.At,
			mark:  world.Mark{Seq: change.Seq},
		}
	}
	return list, err
}

func readSuppressions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	changes, err := tx.SuppressionsBefore(p.Email, before, limit)
	list := make([]Moment, len(changes))
	for i, change := range changes {
		list[i] = Moment{
			What: "Suppression of",
			Name: p.Email,
			Tag:  "lifted",
			Sure: change.Reason == "",
			At:   change.At,
			mark: world.Mark{Seq: change.Seq},
		}
		if change.Reason == "" {
			list[i].Says = says("the address gets emails again")
		} else {
			list[i].Tag, list[i].Reason = change.Reason, world.SkipSuppressed+change.Reason
		}
	}
	return list, err
}
