package timeline

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// momentsOf makes a moment of each row of a list. err is that of reading the rows.
func momentsOf[T any](rows []T, err error, momentOf func(row *T) (Moment, error)) ([]Moment, error) {
	if err != nil {
		return nil, err
	}
	list := make([]Moment, len(rows))
	for i := range rows {
		if list[i], err = momentOf(&rows[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func readSends(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	sends, err := tx.SendsBefore(p.ID, before, limit)
	return momentsOf(sends, err, func(send *world.EmailSend) (Moment, error) {
		facts, err := tx.Facts(send)
		if err != nil {
			return Moment{}, err
		}
		template, err := tx.TemplateKey(send.TemplateID)
		return Moment{
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
		}, err
	})
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

func readFacts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	facts, err := tx.FactsBefore(p.ID, before, limit)
	return momentsOf(facts, err, func(fact *world.ProfileFact) (Moment, error) {
		detail := string(fact.Detail)
		if fact.Type == world.FactClicked || detail == "{}" {
			detail = "" // the target of a link may be a secret that only the email contains
		}
		return Moment{
			What:  "Email",
			Name:  cmp.Or(format.Name(fact.Subject), "(no subject)"),
			Thing: "EmailSend",
			ID:    fact.SendID,
			Tag:   fact.Type,
			Sure:  fact.Type == world.FactOpened || fact.Type == world.FactClicked,
			Says:  says(format.Value(detail)),
			At:    fact.At,
			mark:  world.Mark{Seq: fact.Seq},
		}, nil
	})
}

func readOmissions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	omissions, err := tx.OmissionsBefore(p.ID, before, limit)
	return momentsOf(omissions, err, func(one *world.Omission) (Moment, error) {
		noun := world.CarrierNouns[one.CarrierType]
		return Moment{
			What:   noun,
			Name:   format.Name(one.Name),
			Thing:  noun,
			ID:     one.CarrierID,
			Tag:    "left out",
			Reason: one.Reason,
			At:     one.At,
			mark:   world.Mark{At: one.At, Seq: one.Seq},
		}, nil
	})
}

func readEvents(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	events, err := tx.EventsBefore(p.ID, before, limit)
	return momentsOf(events, err, func(event *world.UserEvent) (Moment, error) {
		said := says(format.Value(format.JSON(event.Data, "")))
		if !event.OccurredAt.Equal(event.ReceivedAt) {
			said = append(said, "occurred at "+format.Time(event.OccurredAt))
		}
		return Moment{
			What:  "UserEvent",
			Name:  format.Name(event.Event),
			Thing: "UserEvent",
			ID:    event.ID,
			Says:  said,
			At:    event.ReceivedAt,
			mark:  world.Mark{Seq: event.Number},
		}, nil
	})
}

// runMoment is what a run's start and its end have in common.
func runMoment(tx *world.Tx, run *world.Run) (Moment, error) {
	key, err := tx.JourneyKey(run.JourneyID)
	return Moment{What: "Run of", Name: format.Name(key), Thing: "JourneyRun", ID: run.ID}, err
}

func readRunStarts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	runs, err := tx.RunsBefore(p.ID, before, limit)
	return momentsOf(runs, err, func(run *world.Run) (Moment, error) {
		start, err := runMoment(tx, run)
		start.Tag, start.Sure = "entered", true
		start.Says = says("version " + strconv.Itoa(run.Version))
		if run.CompletedAt.IsZero() && !run.Waiting.IsZero() {
			waits := "waits at " + format.Name(run.Node) + " until " + format.Time(run.Waiting)
			start.Says = append(start.Says, waits)
		}
		start.At, start.mark = run.TriggeredAt, world.Mark{Seq: run.Seq}
		return start, err
	})
}

func readRunEnds(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	runs, err := tx.RunsEndedBefore(p.ID, before, limit)
	return momentsOf(runs, err, func(run *world.Run) (Moment, error) {
		end, err := runMoment(tx, run)
		end.Tag, end.Sure = run.Status, run.Status == world.RunCompleted
		because := format.Value(run.Why)
		if because != "" {
			because = "because " + because
		}
		end.Says = says(run.Reason, format.Value(run.Error), because)
		end.At, end.mark = run.CompletedAt, world.Mark{At: run.CompletedAt, Seq: run.Seq}
		return end, err
	})
}

func readEntries(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	entries, err := tx.EntriesBefore(p.ID, before, limit)
	return momentsOf(entries, err, func(entry *world.SegmentEntry) (Moment, error) {
		key, err := tx.JourneyKey(entry.JourneyID)
		name := entry.SegmentID
		if segment, missing := tx.SegmentWith(entry.SegmentID); missing == nil {
			name = segment.Name
		}
		return Moment{
			What:  "Member of",
			Name:  format.Name(name),
			Thing: "Segment",
			ID:    entry.SegmentID,
			Tag:   entry.Outcome,
			Sure:  entry.RunID != "",
			Says:  says("by the Journey "+format.Name(key), entry.Reason, format.Value(entry.Why), entry.RunID),
			At:    entry.At,
			mark:  world.Mark{Seq: entry.Seq},
		}, err
	})
}

func readChoices(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	changes, err := tx.SubscriptionChanges(p.ID, before.Seq, limit)
	return momentsOf(changes, err, func(change *world.SubscriptionChange) (Moment, error) {
		group, err := tx.GroupNamed(change.GroupID)
		name := change.GroupID
		if group != nil {
			name = group.Name
		}
		return Moment{
			What:  "SubscriptionGroup",
			Name:  format.Name(name),
			Thing: "SubscriptionGroup",
			ID:    change.GroupID,
			Tag:   change.Status,
			Sure:  change.Status == world.Subscribed,
			Says:  says("by " + change.Source),
			At:    change.At,
			mark:  world.Mark{Seq: change.Seq},
		}, err
	})
}

func readSuppressions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]Moment, error) {
	changes, err := tx.SuppressionsBefore(p.Email, before, limit)
	return momentsOf(changes, err, func(change *world.SuppressionChange) (Moment, error) {
		moment := Moment{
			What:   "Suppression of",
			Name:   p.Email,
			Tag:    change.Reason,
			Reason: world.SkipSuppressed + change.Reason,
			At:     change.At,
			mark:   world.Mark{Seq: change.Seq},
		}
		if change.Reason == "" {
			moment.Tag, moment.Sure, moment.Reason = "lifted", true, ""
			moment.Says = says("the address gets emails again")
		}
		return moment, nil
	})
}
