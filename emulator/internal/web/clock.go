package web

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the clock and the time bar of every page.

func clockPages() map[string]page {
	return map[string]page{"POST /dashboard/advance": advance}
}

// backPath returns the page that a form came from, or the overview if it names none of the dashboard.
func backPath(r *http.Request) string { return cmp.Or(inside(r.PostFormValue("back")), "/dashboard") }

const day = 24 * time.Hour

// steps are the lengths of time of the time bar.
var steps = map[string]time.Duration{"1h": time.Hour, "1d": day, "7d": 7 * day}

// advance moves the clock, and runs what becomes due.
func advance(v *visit) error {
	page, refused := backPath(v.r), ""
	before, err := world.Glance(v.r.Context(), v.World)
	if err != nil {
		return err
	}
	now, ran, err := v.World.Advance(v.r.Context(), func(now time.Time) time.Time {
		var to time.Time
		if to, refused = target(v.r, now, before.Next); refused != "" {
			return now
		}
		return to
	})
	if err != nil {
		message, other := refusal(err)
		if other != nil {
			return other
		}
		return v.refuse(page, message)
	}
	if refused != "" {
		return v.refuse(page, "The clock was not moved. "+refused)
	}
	return v.done(page, fmt.Sprintf("It is now %s. %s ran.", format.Time(now), format.Plural(ran, "task", "tasks")))
}

const pastTheEnd = "The clock ends with the year 9999."

// target returns the time to which a form wants to move the clock, or why it cannot be moved there.
func target(r *http.Request, now, next time.Time) (to time.Time, refused string) {
	by, text := r.PostFormValue("by"), strings.TrimSpace(r.PostFormValue("to"))
	switch {
	case by != "" && text != "":
		return now, "Choose a length of time or a time, not both."
	case by == "next" && next.IsZero():
		return now, "Nothing is due later."
	case by == "next" && next.Before(now):
		return now, ""
	case by == "next":
		to = next
	case by != "" && steps[by] == 0:
		return now, "The length of time must be 1h, 1d, 7d or next."
	case by != "":
		to = now.Add(steps[by])
	default:
		if to, refused = readTime(text); refused != "" {
			return now, refused
		}
	}
	switch {
	case to.Before(now):
		return now, fmt.Sprintf("%s is before now, %s, and the clock does not go back. A reset starts anew.",
			format.Time(to), format.Time(now))
	case to.After(cond.LastInstant):
		return now, pastTheEnd
	}
	return to, ""
}

// layouts are the forms of a time: that of the field, and those that people copy from pages and programs.
var layouts = []string{
	"2006-01-02T15:04", "2006-01-02T15:04:05", time.RFC3339Nano,
	"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC", time.DateOnly,
}

var farYear = lazy.Regexp(`^\+?[0-9]{5,}-[0-9]{2}-[0-9]{2}`)

// readTime reads a time, which is in UTC unless it says otherwise. If that fails, it says why.
func readTime(text string) (read time.Time, refused string) {
	if text == "" {
		return read, "Say to which time."
	}
	for _, layout := range layouts {
		if read, err := time.Parse(layout, text); err == nil {
			return read.UTC(), ""
		}
	}
	if farYear().MatchString(text) {
		return read, pastTheEnd
	}
	return read, fmt.Sprintf("%q is not a date and a time in UTC such as 2026-03-05 09:00.", gateway.Clip(text, 60))
}
