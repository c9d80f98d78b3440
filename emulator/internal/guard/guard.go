// Package guard notices what a test would rather not overlook: refused calls, emails with holes, emails without
// consent, events that change their shape, work that still waits, and idempotency keys that the SDK made up. It
// collects what it finds, and reports it when the emulator ends.
package guard

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Kinds is a set of guards.
type Kinds uint

// The guards.
const (
	Errors Kinds = 1 << iota
	Missing
	Consent
	Shapes
	Waiting
	Keys

	All = Errors | Missing | Consent | Shapes | Waiting | Keys
)

// names are the guards in the order of the reports, with the heading of each report.
var names = []struct {
	kind          Kinds
	name, heading string
}{
	{Errors, "GuardErrors", "calls were refused, and nothing announced it"},
	{Missing, "GuardMissing", "emails were sent with missing bindings"},
	{Consent, "GuardConsent", "emails that need consent were sent without it"},
	{Shapes, "GuardShapes", "properties of events changed their JSON type"},
	{Waiting, "GuardWaiting", "something still waits at the end"},
	{Keys, "GuardKeys", "writes had no idempotency key of their own: a job that runs again does them twice"},
}

// Name returns the name of a guard as Go users know it, or "" if the value is not one guard.
func (kinds Kinds) Name() string {
	for _, each := range names {
		if each.kind == kinds {
			return each.name
		}
	}
	if kinds == All {
		return "GuardAll"
	}
	return ""
}

// findingsShown is how many findings a report shows.
const findingsShown = 20

// Set is the guards of an emulator, and what they have found.
type Set struct {
	kinds Kinds

	mu        sync.Mutex
	closed    bool
	announced map[string]bool // codes
	found     map[Kinds]map[string]*finding
	seen      map[string]bool // emails, by the guard and the id
	keys      map[string]bool // made-up keys of this world
	shapes    shapes
}

// finding is one thing that a guard has found, in one or several subjects.
type finding struct {
	at    time.Time // the first time; zero for the end
	count int
	tell.Noticed
}

// New returns guards that have found nothing, nil if there are none.
func New(kinds Kinds) *Set {
	if kinds == 0 {
		return nil
	}
	return &Set{
		kinds:     kinds,
		announced: map[string]bool{},
		found:     map[Kinds]map[string]*finding{},
		seen:      map[string]bool{},
		keys:      map[string]bool{},
		shapes:    shapes{},
	}
}

// Has reports whether one of these guards is on.
func (set *Set) Has(kinds Kinds) bool { return set != nil && set.kinds&kinds != 0 }

// Expect announces refusals with these codes. Without guards it only checks the codes.
func (set *Set) Expect(codes []string) error {
	if len(codes) == 0 {
		return errors.New("it needs the codes of the errors to expect, such as validation_failed")
	}
	for _, code := range codes {
		if err := checkCode(code); err != nil {
			return err
		}
	}
	if set == nil {
		return nil
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	for _, code := range codes {
		set.announced[code] = true
	}
	return nil
}

// checkCode returns an error that names other codes if the API has no such code.
func checkCode(code string) error {
	known := gateway.Codes()
	if status, err := strconv.Atoi(code); err == nil {
		with := slices.DeleteFunc(known, func(other string) bool { return gateway.StatusOf(other) != status })
		if len(with) > 0 {
			return fmt.Errorf("%d is a status, not an error code; the codes with this status: %s",
				status, world.JoinNames(with))
		}
		known = gateway.Codes()
	}
	return tell.CheckCode(code, known)
}

// addLocked adds what a guard has found. The caller holds the lock.
func (set *Set) addLocked(kind Kinds, at time.Time, noticed tell.Noticed) {
	if set.closed || set.kinds&kind == 0 {
		return
	}
	if set.found[kind] == nil {
		set.found[kind] = map[string]*finding{}
	}
	known := set.found[kind][noticed.What]
	if known == nil {
		known = &finding{at: at, Noticed: noticed}
		set.found[kind][noticed.What] = known
	}
	known.count++
}

// Renew tells the guards that the world is a new one, where made-up keys come again.
func (set *Set) Renew() {
	if set == nil {
		return
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	clear(set.keys)
}

// Close makes the guards find nothing more.
func (set *Set) Close() {
	if set == nil {
		return
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	set.closed = true
}

// Reports returns a text for each guard that has found something.
func (set *Set) Reports() (reports []string) {
	if set == nil {
		return nil
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	for _, each := range names {
		if found := set.found[each.kind]; len(found) > 0 {
			reports = append(reports, report("emulator: "+each.name+": "+each.heading, found))
		}
	}
	return reports
}

// report lists findings in the order in which they were found. It counts those that it does not show.
func report(heading string, found map[string]*finding) string {
	var list []*finding
	for _, each := range found {
		list = append(list, each)
	}
	slices.SortFunc(list, func(a, b *finding) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.What, b.What))
	})
	lines := []string{heading + ":"}
	for _, each := range list[:min(len(list), findingsShown)] {
		lines = append(lines, each.lines()...)
	}
	if left := len(list) - findingsShown; left > 0 {
		lines = append(lines, fmt.Sprintf("  … and %d more", left))
	}
	return strings.Join(lines, "\n")
}

// lines describes a finding: when and what, where, how often, and the advice.
func (found *finding) lines() []string {
	line := "  "
	if !found.at.IsZero() {
		line += world.Stamp(found.at) + " "
	}
	line += found.What
	switch {
	case found.count > 1 && found.Subject != "":
		line += fmt.Sprintf(", first in %s (%d times)", found.Subject, found.count)
	case found.count > 1:
		line += fmt.Sprintf(" (%d times)", found.count)
	case found.Subject != "":
		line += ", in " + found.Subject
	}
	lines := []string{line}
	for _, advice := range found.Advice {
		lines = append(lines, "    "+advice)
	}
	return lines
}
