package web

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the timeline of a Profile. It merges lists of several kinds, each newest first. A cursor has the place
// in each list.

// moment is something that happened to a Profile. Path leads to its page.
type moment struct {
	Kind, What, Name, Path string
	Tag, Detail            string
	Sure                   bool // Tag is a good thing
	At                     time.Time
	mark                   world.Mark
}

// timelineView is a page of a timeline.
type timelineView struct {
	Kind    string // the only kind that is shown, "" for all
	Kinds   []selectable
	Moments []moment
	Pager   pager
}

// The kinds of moments.
const (
	kindEmail        = "email"
	kindEvent        = "event"
	kindRun          = "run"
	kindSegment      = "segment"
	kindSubscription = "subscription"
	kindSuppression  = "suppression"
)

// momentList reads what happened to a Profile, newest first.
type momentList struct {
	kind string
	read func(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error)
}

// momentLists returns the lists of a timeline. At the same time, what follows from something comes before it, because
// the newest comes first.
func momentLists() []momentList {
	return []momentList{
		{kindRun, readRunEnds},
		{kindSubscription, readChoices},
		{kindSuppression, readSuppressions},
		{kindEmail, readFacts},
		{kindEmail, readSends},
		{kindEmail, readOmissions},
		{kindRun, readRunStarts},
		{kindSegment, readEntries},
		{kindEvent, readEvents},
	}
}

func timelineOf(query url.Values) timelineView {
	view := timelineView{Kind: query.Get("kind")}
	view.Kinds = entriesOf(view.Kind, kindEmail, "emails", kindEvent, "UserEvents", kindRun, "runs",
		kindSegment, "Segments", kindSubscription, "subscriptions", kindSuppression, "suppression")
	if !offered(view.Kinds, view.Kind) {
		view.Kind = ""
	}
	return view
}

// timelinePlaces reads a cursor: the place in each list.
func timelinePlaces(cursor string) (places []world.Mark, ok bool) {
	places = make([]world.Mark, len(momentLists()))
	if cursor == "" {
		return places, true
	}
	parts, ok := gateway.PlaceOf("timeline", cursor)
	if !ok || len(parts) != len(places) {
		return nil, false
	}
	for i, part := range parts {
		at, number, _ := strings.Cut(part, ".")
		instant, err := strconv.ParseInt(at, 10, 64)
		seq, failed := strconv.Atoi(number)
		if err != nil || failed != nil || seq < 0 {
			return nil, false
		}
		places[i] = world.Mark{At: time.UnixMilli(instant), Seq: seq}
	}
	return places, true
}

// read fills the page that begins at these places.
func (view *timelineView) read(tx *world.Tx, v *visit, p *world.Profile, places []world.Mark) error {
	lists := momentLists()
	type placed struct {
		moment
		list int
	}
	var all []placed
	for i, list := range lists {
		if view.Kind != "" && view.Kind != list.kind {
			continue
		}
		found, err := list.read(tx, p, places[i], rowsOnPage+1)
		if err != nil {
			return err
		}
		for _, one := range found {
			one.Kind = list.kind
			all = append(all, placed{one, i})
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return b.At.Compare(a.At) })

	next := slices.Clone(places)
	for _, one := range all[:min(len(all), rowsOnPage)] {
		next[one.list] = one.mark
		view.Moments = append(view.Moments, one.moment)
	}
	cursor := ""
	if len(all) > rowsOnPage {
		parts := make([]string, len(next))
		for i, mark := range next {
			parts[i] = strconv.FormatInt(max(0, mark.At.UnixMilli()), 10) + "." + strconv.Itoa(mark.Seq)
		}
		cursor = gateway.Cursor("timeline", parts...)
	}
	view.Pager = pagesOf(v, cursor)
	return nil
}

func readSends(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []moment, err error) {
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
		list = append(list, moment{
			What:   "EmailSend",
			Name:   cmp.Or(gateway.Clip(send.Subject, longestName), "(no subject)"),
			Path:   "/dashboard/mail/" + send.ID,
			Tag:    send.Status,
			Sure:   send.Status == world.SendSent,
			Detail: strings.Join(parts(why(send.FailureMessage), "Template "+template, factsInShort(facts)), " · "),
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
			types[i] += " ×" + count(times[kind])
		}
	}
	return strings.Join(types, ", ")
}

// parts returns the texts that are not empty.
func parts(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

func readFacts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []moment, err error) {
	facts, err := tx.FactsBefore(p.ID, before, limit)
	for _, fact := range facts {
		detail := string(fact.Detail)
		if fact.Type == world.FactClicked || detail == "{}" {
			detail = "" // the target of a link may be a secret that only the email contains
		}
		list = append(list, moment{
			What:   "Email",
			Name:   cmp.Or(gateway.Clip(fact.Subject, longestName), "(no subject)"),
			Path:   "/dashboard/mail/" + fact.SendID,
			Tag:    fact.Type,
			Sure:   fact.Type == world.FactOpened || fact.Type == world.FactClicked,
			Detail: gateway.Clip(detail, longestValue),
			At:     fact.At,
			mark:   world.Mark{Seq: fact.Seq},
		})
	}
	return list, err
}

func readOmissions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []moment, err error) {
	omissions, err := tx.OmissionsBefore(p.ID, before, limit)
	for _, one := range omissions {
		folder := "/dashboard/broadcasts/"
		if one.CarrierType == world.CarrierNewsletterIssue {
			folder = "/dashboard/issues/"
		}
		list = append(list, moment{
			What:   world.CarrierNouns[one.CarrierType],
			Name:   gateway.Clip(one.Name, longestName),
			Path:   folder + one.CarrierID,
			Tag:    "left out",
			Detail: why(one.Reason),
			At:     one.At,
			mark:   world.Mark{At: one.At, Seq: one.Seq},
		})
	}
	return list, err
}

func readEvents(tx *world.Tx, p *world.Profile, before world.Mark, limit int) (list []moment, err error) {
	events, err := tx.EventsBefore(p.ID, before, limit)
	for i := range events {
		event := &events[i]
		detail := gateway.Clip(unescaped(event.Data, ""), longestValue)
		if !event.OccurredAt.Equal(event.ReceivedAt) {
			detail += " · occurred at " + at(event.OccurredAt)
		}
		list = append(list, moment{
			What:   "UserEvent",
			Name:   gateway.Clip(event.Event, longestName),
			Path:   "/dashboard/events/" + event.ID,
			Detail: detail,
			At:     event.ReceivedAt,
			mark:   world.Mark{Seq: event.Number},
		})
	}
	return list, err
}

func readRunStarts(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error) {
	runs, err := tx.RunsBefore(p.ID, before, limit)
	list := make([]moment, len(runs))
	for i := range runs {
		run := &runs[i]
		journey, failed := journeyRef(tx, run.JourneyID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		list[i] = moment{
			What:   "Run of",
			Name:   journey.Name,
			Path:   "/dashboard/runs/" + run.ID,
			Tag:    "entered",
			Sure:   true,
			Detail: "version " + strconv.Itoa(run.Version),
			At:     run.TriggeredAt,
			mark:   world.Mark{Seq: run.Seq},
		}
		if run.CompletedAt.IsZero() && !run.Waiting.IsZero() {
			list[i].Detail += " · waits at " + gateway.Clip(run.Node, longestName) + " until " + at(run.Waiting)
		}
	}
	return list, err
}

func readRunEnds(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error) {
	runs, err := tx.RunsEndedBefore(p.ID, before, limit)
	list := make([]moment, len(runs))
	for i := range runs {
		run := &runs[i]
		journey, failed := journeyRef(tx, run.JourneyID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		because := gateway.Clip(run.Why, longestValue)
		if because != "" {
			because = "because " + because
		}
		list[i] = moment{
			What:   "Run of",
			Name:   journey.Name,
			Path:   "/dashboard/runs/" + run.ID,
			Tag:    run.Status,
			Sure:   run.Status == world.RunCompleted,
			Detail: strings.Join(parts(run.Reason, gateway.Clip(run.Error, longestValue), because), " · "),
			At:     run.CompletedAt,
			mark:   world.Mark{At: run.CompletedAt, Seq: run.Seq},
		}
	}
	return list, err
}

func readEntries(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error) {
	entries, err := tx.EntriesBefore(p.ID, before, limit)
	list := make([]moment, len(entries))
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
		list[i] = moment{
			What: "Member of",
			Name: gateway.Clip(name, longestName),
			Path: "/dashboard/segments/" + entry.SegmentID,
			Tag:  entry.Outcome,
			Sure: entry.RunID != "",
			Detail: strings.Join(parts("by the Journey "+gateway.Clip(key, longestName), entry.Reason,
				gateway.Clip(entry.Why, longestValue), entry.RunID), " · "),
			At:   entry.At,
			mark: world.Mark{Seq: entry.Seq},
		}
	}
	return list, err
}

func readChoices(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error) {
	changes, err := tx.SubscriptionChanges(p.ID, before.Seq, limit)
	list := make([]moment, len(changes))
	for i, change := range changes {
		group, failed := tx.GroupNamed(change.GroupID)
		if err = cmp.Or(err, failed); err != nil {
			return nil, err
		}
		name := change.GroupID
		if group != nil {
			name = group.Name
		}
		query := url.Values{"group": {change.GroupID}, "choice": {change.Status}}
		list[i] = moment{
			What:   "SubscriptionGroup",
			Name:   gateway.Clip(name, longestName),
			Path:   "/dashboard/people?" + query.Encode(),
			Tag:    change.Status,
			Sure:   change.Status == world.Subscribed,
			Detail: "by " + change.Source,
			At:     change.At,
			mark:   world.Mark{Seq: change.Seq},
		}
	}
	return list, err
}

func readSuppressions(tx *world.Tx, p *world.Profile, before world.Mark, limit int) ([]moment, error) {
	changes, err := tx.SuppressionsBefore(p.Email, before, limit)
	list := make([]moment, len(changes))
	for i, change := range changes {
		list[i] = moment{
			What:   "Suppression of",
			Name:   p.Email,
			Path:   "/dashboard/people?suppressed=" + cmp.Or(change.Reason, anySuppression),
			Tag:    "lifted",
			Sure:   change.Reason == "",
			Detail: "the address gets emails again",
			At:     change.At,
			mark:   world.Mark{Seq: change.Seq},
		}
		if change.Reason != "" {
			list[i].Tag, list[i].Detail = change.Reason, why(world.SkipSuppressed+change.Reason)
		}
	}
	return list, err
}
