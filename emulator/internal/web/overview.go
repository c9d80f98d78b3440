package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the first page. It reads a bounded part of a large world.

func overviewPages() map[string]page {
	return map[string]page{
		"GET /dashboard":     overview,
		"GET /dashboard/{$}": overview,
	}
}

// The lengths of the lists.
const (
	dueShown     = 20
	refusedShown = 10
	waitingShown = 20
)

// home is what the overview shows.
type home struct {
	Waiting  []confirmation
	More     int // open confirmations that Waiting leaves out
	Counters []counter
	Recent   int // the counters of emails count this many of the newest, 0 if they count all
	Due      []dueTask
	Parked   []dueTask
	Refused  []refusedCall
	Unsent   []unsentEmail
	Empty    bool // no email was sent or tried, and no event was tracked
}

// counter is a number with the list of what it counts.
type counter struct {
	N            int
	one, several string
	Path         string
}

// Name returns what is counted.
func (c counter) Name() string {
	if c.N == 1 {
		return c.one
	}
	return c.several
}

// Text returns the number, or that it is large.
func (c counter) Text() string {
	if c.N > world.Countable {
		return format.Count(world.Countable) + "+"
	}
	return format.Count(c.N)
}

// dueTask is a task in words. Path is that of what it is about, "" if there is none.
type dueTask struct {
	tell.DueTask
	Path string
}

// refusedCall is a call of the API that was not answered with a success.
type refusedCall struct {
	ID, Text string
	At       time.Time
	Status   int // 0 if a fault dropped the reply
	Reason   string
}

// unsentEmail is an EmailSend that ended Skipped or Failed.
type unsentEmail struct {
	ID, To, Subject, Status, Reason string
	At                              time.Time
}

func overview(v *visit) error {
	title, page := "", home{Refused: refusedCalls(v.Journal)}
	err := v.act(func(tx *world.Tx) error {
		org, err := tx.Organization()
		if err != nil {
			return err
		}
		if org != nil {
			title = org.Name
		}
		for _, read := range []func(*world.Tx) error{page.count, page.wait, page.tasks, page.refused} {
			if err := read(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "overview.html", title, page)
}

// statuses are the statuses of EmailSends, in the order of the counters.
var statuses = []string{
	world.SendSent, world.SendSkipped, world.SendFailed, world.SendQueued, world.SendProcessing,
}

func (page *home) count(tx *world.Tx) error {
	sends, err := tx.CountNewestSends()
	if err != nil {
		return err
	}
	profiles, events, runs, err := tx.CountSome()
	all := 0
	for _, status := range statuses {
		all += sends[status]
		if sends[status] > 0 || status == world.SendSent {
			page.Counters = append(page.Counters,
				counter{sends[status], "email " + status, "emails " + status, "/dashboard/mail?status=" + status})
		}
	}
	if all == world.Countable {
		page.Recent = all
	}
	page.Counters = append(page.Counters,
		counter{profiles, "Profile", "Profiles", "/dashboard/people"},
		counter{events, "UserEvent", "UserEvents", "/dashboard/events"},
		counter{runs, "run under way", "runs under way", "/dashboard/runs?status=" + underWay})
	page.Empty = all == 0 && events == 0
	return err
}

// wait reads the open confirmations. Those that expire first come first.
func (page *home) wait(tx *world.Tx) (err error) {
	page.Waiting, err = openConfirmations(tx)
	page.More = max(0, len(page.Waiting)-waitingShown)
	page.Counters = append(page.Counters,
		counter{len(page.Waiting), "open confirmation", "open confirmations", "/dashboard#waiting"})
	page.Waiting = page.Waiting[:len(page.Waiting)-page.More]
	return err
}

func (page *home) tasks(tx *world.Tx) error {
	due, err := tell.Due(tx, dueShown)
	if err != nil {
		return err
	}
	parked, err := tell.Parked(tx)
	page.Due, page.Parked = withPaths(due), withPaths(parked[:min(len(parked), dueShown)])
	return err
}

func withPaths(tasks []tell.DueTask) (list []dueTask) {
	for _, task := range tasks {
		list = append(list, dueTask{task, placeOf(task.Kind, task.ID)})
	}
	return list
}

func (page *home) refused(tx *world.Tx) error {
	sends, err := tx.LatelyRefused(refusedShown)
	for i := range sends {
		send := &sends[i]
		page.Unsent = append(page.Unsent, unsentEmail{send.ID, send.To, send.Subject, send.Status,
			whyEnded(send.FailureMessage), send.UpdatedAt})
	}
	return err
}

// refusedCalls returns the newest calls that were not answered with a success.
func refusedCalls(journal *gateway.Journal) (list []refusedCall) {
	for _, entry := range journal.Newest(gateway.JournalSize) {
		if entry.Status != 0 && entry.Status < http.StatusBadRequest {
			continue
		}
		reason := entry.Error
		if entry.Grounds.Reason != "" {
			reason += ": " + entry.Grounds.Reason
		} else if len(entry.Grounds.Issues) > 0 {
			reason += ": " + entry.Grounds.Issues[0]
		}
		if entry.Fault > 0 {
			reason = fmt.Sprintf("fault %d %s", entry.Fault, reason)
		}
		list = append(list, refusedCall{entry.ID, called{Entry: entry}.Name(), entry.At, entry.Status, reason})
		if len(list) == refusedShown {
			break
		}
	}
	return list
}
