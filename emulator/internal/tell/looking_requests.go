package tell

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the question about calls of the API. It reads the journal and needs no transaction.

// Issue is one thing that is wrong with a call: where, and what.
type Issue struct{ In, Path, Code, Message string }

// Call is one call of the API. Number is its place in the journal, from the oldest call that the journal has.
type Call struct {
	Number                  int
	ID                      string
	At                      time.Time
	Method, Path, Operation string
	KeyLabel                string
	Status                  int
	Code                    string
	Refused                 Grounds
	Rejected                []RejectedItem
	MoreRejected            int // items that Rejected leaves out
	IdempotencyKey          string
	MadeUp, Replayed        bool
	Fault                   int
	Body, Reply             string
}

// RejectedItem is an item of a batch that was rejected.
type RejectedItem struct {
	Index     int
	Key, Code string
	Refused   Grounds
}

// Grounds are why a call or an item was refused. Missing is the kind of thing that was not found, MissingID what the
// request called it, and Advice what is near to it.
type Grounds struct {
	Reason                     string
	Issues                     []Issue
	MoreIssues                 int // that Issues leaves out
	Missing, MissingID, Advice string
}

// Operation is one operation of the API.
type Operation struct{ ID, Method, Path string }

// Journal has the newest calls, oldest first, how many it keeps, and which have gone.
type Journal struct {
	Calls      []Call
	Size       int
	Gone       func(matches func(operation, code string, status int) bool) int
	Operations []Operation
	Codes      []string
}

// Requests asks for calls. An empty field selects everything.
type Requests struct {
	Journal              func() Journal
	Operation, Code, Key string
	Status               int
}

func (q Requests) words() words { return words{"requests", "call", "calls"} }

// String describes the question as failures show it.
func (q Requests) String() string {
	status := ""
	if q.Status != 0 {
		status = strconv.Itoa(q.Status)
	}
	return describe(q.Operation, "of "+q.Operation, status, "with status "+status, q.Code, "with code "+q.Code,
		q.Key, fmt.Sprintf("with key %q", q.Key))
}

// check returns an UnknownName if nothing could ever match.
func (q Requests) check(journal *Journal) error {
	operations := make([]string, len(journal.Operations))
	for i, op := range journal.Operations {
		operations[i] = op.ID
	}
	codes := slices.Clone(journal.Codes)
	for i := range journal.Calls { // a fault may answer with a code of its own
		codes = append(codes, journal.Calls[i].Code)
	}
	codes = slices.DeleteFunc(codes, func(code string) bool { return code == "" })
	err := errors.Join(
		checkWord("operation", q.Operation, operations),
		checkCode(q.Code, codes),
	)
	if q.Status != 0 && (q.Status < 100 || q.Status > 999) {
		err = errors.Join(err, fmt.Errorf("there is no HTTP status %d; a status is a number such as %d or %d",
			q.Status, http.StatusOK, http.StatusNotFound))
	}
	return err
}

// misses counts the conditions that a call does not meet.
func (q Requests) misses(call *Call) int {
	return countTrue(q.Operation != "" && call.Operation != q.Operation, q.Status != 0 && call.Status != q.Status,
		q.Code != "" && call.Code != q.Code, q.Key != "" && call.IdempotencyKey != q.Key)
}

// gone counts the calls that the journal no longer has and that may match.
func (q Requests) gone(journal *Journal) int {
	return journal.Gone(func(operation, code string, status int) bool {
		return q.misses(&Call{Operation: operation, Code: code, Status: status, IdempotencyKey: q.Key}) == 0
	})
}

// Doubt says how many calls that may have the key asked for the journal no longer has. It is "" if there are none. The
// journal knows of calls that are gone what the other conditions ask for.
func (q Requests) Doubt() string {
	if q.Key == "" {
		return ""
	}
	return q.Note()
}

// Note says how many calls that the question may ask for the journal no longer has. It is "" if there are none.
func (q Requests) Note() string {
	journal := q.Journal()
	gone := q.gone(&journal)
	if gone == 0 {
		return ""
	}
	verb, are := "match", "are"
	if q.Key != "" {
		verb = "may match"
	}
	if gone == 1 {
		are = "is"
		if q.Key == "" {
			verb = "matches"
		}
	}
	return fmt.Sprintf("%d older %s that %s %s gone: the journal keeps %d calls; ask before there are more",
		gone, plainPlural("call", gone), verb, are, journal.Size)
}

func plainPlural(noun string, count int) string {
	if count == 1 {
		return noun
	}
	return noun + "s"
}

func (q Requests) read(_ *world.Tx, limit int) ([]Call, error) {
	journal := q.Journal()
	found := slices.DeleteFunc(slices.Clone(journal.Calls), func(call Call) bool { return q.misses(&call) > 0 })
	if limit > 0 {
		found = found[max(0, len(found)-limit):]
	}
	return found, q.check(&journal)
}

// count counts the calls. Without a key it knows those that are gone too.
func (q Requests) count(tx *world.Tx) (int, error) {
	found, err := q.read(tx, 0)
	if q.Key != "" || err != nil {
		return len(found), err
	}
	journal := q.Journal()
	return len(found) + q.gone(&journal), nil
}

//nolint:unparam // other questions have an error
func (q Requests) lines(_ *world.Tx, call *Call) ([]string, error) { return callLines(call), nil }

// callLines describe a call, and what was wrong with it.
func callLines(call *Call) []string {
	name := cmp.Or(call.Operation, call.Method+" "+call.Path)
	line := fmt.Sprintf("%s  %s %d", world.Stamp(call.At), name, call.Status)
	if call.Code != "" {
		line += " " + withReason(call.Code, call.Refused.Reason)
	}
	if call.IdempotencyKey != "" {
		line += fmt.Sprintf("  key %q", call.IdempotencyKey)
		if call.MadeUp {
			line += ", made up by the SDK"
		}
	}
	if call.Replayed {
		line += "  replayed"
	}
	if call.Fault != 0 {
		line += fmt.Sprintf("  fault %d", call.Fault)
	}
	lines := append([]string{line}, issueLines(&call.Refused, issuesListed)...)
	for i, item := range call.Rejected {
		if i == issuesListed {
			lines = append(lines, fmt.Sprintf("… and %d more rejected items", len(call.Rejected)+call.MoreRejected-i))
			break
		}
		text := fmt.Sprintf("item %d (key %q) rejected: %s", item.Index, item.Key,
			withReason(item.Code, item.Refused.Reason))
		lines = append(lines, strings.Join(append([]string{text}, issueLines(&item.Refused, 1)...), "; "))
	}
	return lines
}

const issuesListed = 3 // of a call, where several calls are listed

// issueLines returns a line for each of the first issues, and counts the others.
func issueLines(grounds *Grounds, limit int) (lines []string) {
	more := grounds.MoreIssues
	for i, issue := range grounds.Issues {
		if i == limit {
			more += len(grounds.Issues) - i
			break
		}
		lines = append(lines, fmt.Sprintf("%s %s: %s", issue.In, cmp.Or(issue.Path, "/"), issue.Message))
	}
	if more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more", more))
	}
	return lines
}

//nolint:unparam // other questions have an error
func (q Requests) missing(*world.Tx, func() []Refusal) (string, error) {
	journal := q.Journal()
	r := &report{head: []string{fmt.Sprintf("requests: no call %s", q)}}
	calls := slices.Clone(journal.Calls)
	if len(calls) == 0 {
		r.head = append(r.head, "nothing has called the API")
		return r.partsText(), nil
	}
	slices.SortStableFunc(calls, func(a, b Call) int {
		return cmp.Or(
			cmp.Compare(q.misses(&a), q.misses(&b)),
			cmp.Compare(editDistance(q.Operation, a.Operation), editDistance(q.Operation, b.Operation)),
			cmp.Compare(editDistance(q.Key, a.IdempotencyKey), editDistance(q.Key, b.IdempotencyKey)),
			cmp.Compare(b.Number, a.Number),
		)
	})
	var list tally
	for i := range calls {
		lines := callLines(&calls[i])
		_, what, _ := strings.Cut(strings.Join(lines, "\n"), "  ")
		if !list.seen(what) {
			list.add(0, lines...)
		}
	}
	r.add(rankNear, "calls that there are, nearest first", list.counted())
	return r.text(), nil
}
