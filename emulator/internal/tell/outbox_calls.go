package tell

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file explains the calls that were refused, what failed inside the emulator, and what others did instead.

// Refusal is a call of the API, or an item of a batch, that was refused or failed on purpose. It contains no value of
// the request but the idempotency key.
type Refusal struct {
	At                      time.Time
	Operation, Method, Path string // Operation is "" if no operation has the path
	Status                  int    // 0 if there was no reply
	Code, Reason, Key       string // Code is "" if the reply was not the API's
	Fault                   int    // the number of the fault that struck the call, or 0
	Issues                  []string
	Item                    bool // it is an item of a batch, at this Index
	Index                   int
	Alike                   int // how many more items of the batch were rejected, which the journal does not list
}

// The codes of refusals by the API's own checks.
const (
	codeUnauthorized      = "unauthorized"
	codeInsufficientScope = "insufficient_scope"
	codeSendNotAllowed    = "send_not_allowed"
	codeKeyReuse          = "idempotency_key_reuse"
	codeRateLimited       = "rate_limited"
)

// advice is what helps against refusals, by their reasons and codes.
var advice = map[string]string{
	codeUnauthorized:      "emu.Client(), or emu.APIKey(): this emulator does not know the key",
	codeInsufficientScope: "emu.NewAPIKey(emulator.APIKeySpec{Scopes: …}): the key lacks these scopes",
	codeSendNotAllowed:    "CreateConfirmation, then emu.Human().Approve: only a person sends at once",
	codeRateLimited:       "the same call again after emu.Advance: it was over the limit of emu.RateLimit",
	codeKeyReuse:          "another segmentflow.WithIdempotencyKey: the key belongs to a call with other content",

	world.ReasonSenderUnverified:    "emu.Seed(emulator.Seed{Domains: []emulator.SeedDomain{{Domain: …}}})",
	world.ReasonJourneyNotAPIEntry:  "client.Events.Track: an event or a Segment starts this Journey",
	world.ReasonOccurredAtInFuture:  "emu.Advance: the event occurs more than 24 hours after the clock",
	world.ReasonEmailRequired:       "an email in the call: there is no such Profile yet, and a new one needs an email",
	world.CodeInvalidState + paused: activate("…", world.Paused),
	world.CodeInvalidState + draft:  activate("…", world.Draft),
	world.CodeNotFound + template:   `emu.ID("template", …), which is the id of a seeded Template`,
}

// What follows the codes of refusals in advice.
const (
	paused   = " " + world.Paused
	draft    = " " + world.Draft
	template = " Template"
)

// calls lists the calls and the items of batches that were refused and did not succeed later.
func (r *report) calls() error {
	var list tally
	for i := range r.refused {
		refusal := &r.refused[i]
		if refusal.Method == http.MethodGet || refusal.Method == http.MethodHead {
			continue
		}
		if done, err := r.succeededLater(refusal); done || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		text := refusal.text()
		_, what, _ := strings.Cut(text, " at ")
		_, what, _ = strings.Cut(what, " ")
		if !list.seen(refusal.Operation + what) {
			lines := []string{text}
			help := cmp.Or(advice[refusal.Reason], advice[refusal.Code+" "+refusal.Reason], advice[refusal.Code])
			if refusal.Fault != 0 {
				help = "the same call again, with its idempotency key: emu.Fail made this one fail"
			}
			if help != "" {
				lines = append(lines, "try: "+help)
			}
			list.add(0, lines...)
			list.blocks[len(list.blocks)-1].unread = refusal.Alike
		}
	}
	r.add(rankNear, "refused calls", list.counted())
	return nil
}

// operationSendEmail is the operation that single sends and the items of batches have their keys in common with.
const operationSendEmail = "sendEmail"

// succeededLater reports whether a call with the same key was accepted.
func (r *report) succeededLater(refusal *Refusal) (bool, error) {
	if refusal.Key == "" || refusal.Code == codeKeyReuse {
		return false, nil
	}
	if refusal.Item || refusal.Operation == operationSendEmail {
		send, err := r.tx.SendOfCall(refusal.Key)
		return send != nil, err
	}
	reply, err := r.tx.Reply(refusal.Operation, refusal.Key)
	return reply != nil, err
}

// text describes a refusal.
func (refusal *Refusal) text() string {
	name := refusal.Operation
	if name == "" {
		name = refusal.Method + " " + refusal.Path
	}
	at, key := world.Stamp(refusal.At), ""
	if refusal.Item {
		at += fmt.Sprintf(" item %d", refusal.Index)
		key = fmt.Sprintf(" (key %q)", refusal.Key)
	} else if refusal.Status == 0 {
		at += " got no reply"
	} else {
		at += fmt.Sprintf(" %d", refusal.Status)
	}
	text := strings.TrimSpace(fmt.Sprintf("%s at %s %s%s", name, at, withReason(refusal.Code, refusal.Reason), key))
	if refusal.Fault != 0 && !refusal.Item {
		text += fmt.Sprintf(" (fault %d)", refusal.Fault)
	}
	if len(refusal.Issues) > 0 {
		text += ": " + strings.Join(refusal.Issues, ", ")
	}
	return text
}

// parked lists the tasks that failed.
func (r *report) parked() error {
	tasks, err := r.tx.ParkedTasks()
	if err != nil {
		return err
	}
	var blocks []block
	for _, task := range tasks {
		blocks = append(blocks, block{lines: []string{
			fmt.Sprintf("%s %s at %s: %s", task.Kind, task.Ref, world.Stamp(task.Since), task.Error)}})
	}
	r.add(rankNear, "tasks that failed inside the emulator", blocks)
	return nil
}

// others lists the events of other Profiles, if there are none of the Profile that is asked for.
func (r *report) others() error {
	if r.q.To == "" || !r.asks(world.CarrierJourney) {
		return nil
	}
	if r.profile != nil {
		own, err := r.tx.NewestEvents(r.profile.ID, reportReads)
		if err != nil || slices.ContainsFunc(own, func(event world.UserEvent) bool { return !IsSeeded(&event) }) {
			return err
		}
	}
	list, err := r.trackedEvents(func(_, email string) int { return editDistance(r.q.To, email) })
	if err != nil {
		return err
	}
	r.add(rankFar, fmt.Sprintf("there is no event of %s, but of others", r.q.To), list.counted())
	return nil
}

// sources names what could have sent the email, if the report has nothing that explains why it was not sent.
func (r *report) sources() error {
	explained := func(p part) bool {
		other := p.heading == sentInstead || p.heading == sendsInstead
		return !other || slices.ContainsFunc(p.blocks, func(b block) bool { return len(b.lines) > 1 })
	}
	if r.named || slices.ContainsFunc(r.parts, explained) {
		return nil
	}
	r.head = append(r.head, "no run, event, Broadcast, NewsletterIssue or refused call explains it")
	var blocks []block
	for _, j := range r.journeys {
		for _, node := range j.definition.Nodes {
			if !r.sends(node) {
				continue
			}
			entry := "the API, or members of its Segment, start it"
			if j.EntryEvent != "" {
				entry = "an event " + j.EntryEvent + " starts it"
			}
			blocks = append(blocks, block{lines: []string{
				fmt.Sprintf("journey %s (%s) sends it at node %s; %s", j.Key, j.Status, node.ID, entry)}})
		}
	}
	r.add(rankNear, "what could send it", blocks)
	return nil
}

// trackedEvents lists the newest events that no seed has made, each name once for each Profile, with their distance.
func (r *report) trackedEvents(distance func(event, email string) int) (list tally, err error) {
	events, err := r.tx.NewestEvents("", reportReads)
	if err != nil {
		return list, err
	}
	for i := range events {
		event := &events[i]
		if IsSeeded(event) || list.seen(event.Event+event.ProfileID) {
			continue
		}
		email, err := r.email(event.ProfileID)
		if err != nil {
			return list, err
		}
		list.add(distance(event.Event, email), fmt.Sprintf("event %s of %s", event.Event, email))
	}
	return list, nil
}
