package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/shell"
)

// This file has the pages about calls of the API, which the journal knows.

const longestShown = 32 << 10 // bytes of a body on a page

func requestPages() map[string]page {
	return map[string]page{
		"GET /dashboard/requests":              listRequests,
		"GET /dashboard/requests/{id}":         showRequest,
		"GET /dashboard/requests/{id}/{which}": wholeBody,
	}
}

// called is a call as the pages show it.
type called struct {
	gateway.Entry
	address string // of the emulator
}

// Name returns the operation of a call, or its method and path if no operation has them. All uploads have one name.
func (c called) Name() string {
	if c.IsUpload() {
		return c.Method + " (upload URL)"
	}
	return cmp.Or(c.Operation, c.Method+" "+c.Path)
}

// IsUpload reports whether the call was for an upload URL, which belongs to no operation.
func (c called) IsUpload() bool { return strings.HasPrefix(c.Path, "/uploads/") }

// Who returns who called: the label of the API key, or what can be shown of a key without label.
func (c called) Who() string { return cmp.Or(c.Label, c.Key, "no key") }

// ShortKey returns the beginning of the idempotency key.
func (c called) ShortKey() string { return gateway.Clip(c.IdempotencyKey, 60) }

// Answer returns the status of the reply in words.
func (c called) Answer() string {
	if c.Status == 0 {
		return "no reply"
	}
	return strings.TrimSpace(strconv.Itoa(c.Status) + " " + http.StatusText(c.Status))
}

// Class returns the class of the style sheet for the status.
func (c called) Class() string {
	switch {
	case c.Status == 0 || c.Status >= http.StatusInternalServerError:
		return "bad"
	case c.Status >= http.StatusBadRequest:
		return "warn"
	}
	return "good"
}

// MoreRejected returns how many rejected items of a batch are not shown.
func (c called) MoreRejected() int { return c.RejectedItems - len(c.Rejected) }

// document is a body or a reply on the page of a call.
type document struct {
	Text string // "" if it was not kept
	Cut  bool   // Text is only its beginning
	Size int
}

func documentOf(kept string) document {
	d := document{Text: kept, Size: len(kept)}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(kept), "", "  ") == nil {
		d.Text = pretty.String()
	}
	if len(d.Text) > longestShown {
		d.Text, d.Cut = gateway.Clip(d.Text, longestShown), true
	}
	return d
}

// Sent returns the body of the call.
func (c called) Sent() document { return documentOf(c.Body) }

// Answered returns the body of the reply.
func (c called) Answered() document { return documentOf(c.Reply) }

// LongBody reports whether the command has the body in a file.
func (c called) LongBody() bool { return len(c.Body) > shell.MaxBody }

// CutPath reports whether the journal has only the beginning of the path.
func (c called) CutPath() bool { return strings.HasSuffix(c.Path, "…") }

// Curl returns a command that makes the same call, with a key from the environment.
func (c called) Curl() string {
	return shell.Curl(shell.Call{
		Method:         c.Method,
		Address:        c.address,
		Path:           (&url.URL{Path: c.Path}).EscapedPath(),
		Key:            c.Key != "",
		IdempotencyKey: c.IdempotencyKey,
		Body:           c.Body,
	})
}

// requestFilter is what the list of calls is narrowed to. Its options are those that the journal has.
type requestFilter struct {
	Operation, Status, Code, Key, Only  string
	Operations, Statuses, Codes, Labels []string
}

var statusClasses = []string{"2xx", "3xx", "4xx", "5xx"}

// matches reports whether the list has a call.
func (f *requestFilter) matches(c called) bool {
	status := c.statusName()
	class := status[:1] + "xx"
	return (f.Operation == "" || f.Operation == c.Name()) &&
		(f.Status == "" || f.Status == status || f.Status == class) &&
		(f.Code == "" || f.Code == c.Error) &&
		(f.Key == "" || f.Key == c.Who()) &&
		(f.Only != "replays" || c.Replayed) &&
		(f.Only != "faults" || c.Fault != 0)
}

// statusName returns the status as the filter names it.
func (c called) statusName() string {
	if c.Status == 0 {
		return "none"
	}
	return strconv.Itoa(c.Status)
}

// wrong returns what is wrong with a filter, "" if nothing is.
func (f *requestFilter) wrong() string {
	number, err := strconv.Atoi(f.Status)
	isStatus := err == nil && number >= 100 && number <= 999
	switch {
	case f.Status != "" && f.Status != "none" && !isStatus && !slices.Contains(statusClasses, f.Status):
		return fmt.Sprintf("There is no status %q. A status is a number such as 404, a class such as 4xx, or none.",
			gateway.Clip(f.Status, 100))
	case f.Only != "" && f.Only != "replays" && f.Only != "faults":
		return fmt.Sprintf("The list cannot show only %q, but only replays or only faults.", gateway.Clip(f.Only, 100))
	}
	return ""
}

// offer adds what a call has to the options.
func (f *requestFilter) offer(c called) {
	for _, option := range []struct {
		list  *[]string
		value string
	}{
		{&f.Operations, c.Name()}, {&f.Statuses, c.statusName()}, {&f.Codes, c.Error}, {&f.Labels, c.Who()},
	} {
		if option.value != "" && !slices.Contains(*option.list, option.value) {
			*option.list = append(*option.list, option.value)
		}
	}
}

// settle sorts the options, and adds those that are chosen.
func (f *requestFilter) settle() {
	f.Statuses = append(f.Statuses, statusClasses...)
	for _, option := range []struct {
		list   *[]string
		chosen string
	}{
		{&f.Operations, f.Operation}, {&f.Statuses, f.Status}, {&f.Codes, f.Code}, {&f.Labels, f.Key},
	} {
		if option.chosen != "" && !slices.Contains(*option.list, option.chosen) {
			*option.list = append(*option.list, option.chosen)
		}
		slices.Sort(*option.list)
	}
}

// requestList is a page of the list of calls.
type requestList struct {
	requestFilter
	Calls  []called
	Pager  pager
	Any    bool // the journal has a call
	Narrow bool // the list may leave calls out
	Gone   int  // how many calls are no longer in the journal
	Size   int  // how many it keeps
}

func listRequests(v *visit) error {
	query := v.r.URL.Query()
	list := requestList{Size: gateway.JournalSize, requestFilter: requestFilter{
		Operation: query.Get("operation"),
		Status:    query.Get("status"),
		Code:      query.Get("code"),
		Key:       query.Get("key"),
		Only:      query.Get("only"),
	}}
	if wrong := list.wrong(); wrong != "" {
		return v.show(http.StatusBadRequest, "problem.html", "The list cannot be shown", wrong)
	}
	entries, gone := v.Journal.All()
	for _, n := range gone {
		list.Gone += n
	}
	list.Any = len(entries) > 0
	list.Narrow = list.Operation+list.Status+list.Code+list.Key+list.Only != ""

	before := query.Get("before")
	begun := before == ""
	next := ""
	for i := range entries {
		call := called{Entry: entries[i]}
		list.offer(call)
		switch {
		case !begun:
			begun = call.ID == before
		case !list.matches(call):
		case len(list.Calls) == rowsOnPage:
			next = list.Calls[rowsOnPage-1].ID
		default:
			list.Calls = append(list.Calls, call)
		}
	}
	if !begun {
		return v.show(http.StatusBadRequest, "problem.html", "This place of the list is gone",
			"The journal keeps the newest "+format.Count(gateway.JournalSize)+" calls, and has no call with the id "+
				"that the address names after before=. Open the list again.")
	}
	list.settle()
	list.Pager = pagesOf(v, next)
	return v.show(http.StatusOK, "requests.html", "Requests", list)
}

// findRequest returns the call that the path names. If the journal does not have it, it reports false.
func findRequest(v *visit) (called, bool) {
	entry, ok := v.Journal.Find(v.r.PathValue("id"))
	return called{Entry: entry, address: v.address}, ok
}

func noRequest(v *visit) error {
	return v.show(http.StatusNotFound, "problem.html", "There is no such call",
		"The journal keeps the newest "+format.Count(gateway.JournalSize)+" calls of this process, until a reset.")
}

// requestPage is the page of one call.
type requestPage struct {
	called
	Keeps bool // the journal keeps bodies
}

func showRequest(v *visit) error {
	call, ok := findRequest(v)
	if !ok {
		return noRequest(v)
	}
	return v.show(http.StatusOK, "request.html", call.Name(), requestPage{call, v.Journal.KeepsBodies()})
}

// wholeBody serves a body or a reply as it was kept.
func wholeBody(v *visit) error {
	call, ok := findRequest(v)
	if !ok {
		return noRequest(v)
	}
	kept, known := map[string]string{"body": call.Body, "reply": call.Reply}[v.r.PathValue("which")]
	if !known || kept == "" {
		return v.missing()
	}
	return v.plain(plainText, kept)
}
