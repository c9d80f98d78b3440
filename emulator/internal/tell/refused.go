package tell

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file writes what a test should know of a refused call: the issues of a 400 in full, and what is near to what a
// 404 did not find.

// Told is a text about a refused call, or about an item of a batch. Texts of the same Kind say the same.
type Told struct{ Kind, Text string }

// Refused returns the texts about a call. There are none if it was not answered 400 or 404, or a fault struck it.
func Refused(call *Call, operations func() []Operation) (told []Told) {
	name := cmp.Or(call.Operation, call.Method+" "+call.Path)
	if call.Fault == 0 && (call.Status == http.StatusBadRequest || call.Status == http.StatusNotFound) {
		head := fmt.Sprintf("%s was refused with %d %s", name, call.Status, call.Code)
		rest := refusedText(&call.Refused)
		if call.Operation == "" && call.Status == http.StatusNotFound {
			rest = ": " + nearRoutes(call, operations())
		}
		told = append(told, Told{head + rest, head + rest})
	}
	for i := range call.Rejected {
		item := &call.Rejected[i]
		if item.Code != world.CodeInvalidRequest && item.Code != world.CodeNotFound {
			continue
		}
		rest := refusedText(&item.Refused)
		head := fmt.Sprintf("%s rejected item %d (key %q) with %s", name, item.Index, item.Key, item.Code)
		told = append(told, Told{name + item.Code + rest, head + rest})
	}
	if call.MoreRejected > 0 && len(told) > 0 {
		last := &told[len(told)-1]
		last.Text += fmt.Sprintf("\n  … and %d more rejected items", call.MoreRejected)
	}
	return told
}

// refusedText returns what was wrong with a call, as the end of a sentence.
func refusedText(grounds *Grounds) string {
	if grounds.Missing != "" {
		text := fmt.Sprintf(": there is no %s %q. %s", grounds.Missing, grounds.MissingID, grounds.Advice)
		return strings.TrimSpace(text)
	}
	lines := issueLines(grounds, len(grounds.Issues))
	for i, issue := range grounds.Issues {
		if hint := idHint(issue); hint != "" {
			lines[i] += "; " + hint
		}
	}
	if len(lines) == 0 {
		return ""
	}
	return ":\n  " + strings.Join(lines, "\n  ")
}

// idKinds are the kinds of things whose ids members have, for emu.ID.
var idKinds = map[string]string{
	"templateId": "template", "senderProfileId": "senderProfile", "subscriptionGroupId": "subscriptionGroup",
	"segmentId": "segment", "defaultSegmentId": "segment", "profileId": "profile",
}

// idHint says how a test gets the id that a member should have, "" for other issues.
func idHint(issue Issue) string {
	kind := idKinds[issue.Path[strings.LastIndexByte(issue.Path, '/')+1:]]
	if kind == "" || issue.Code != "format" && issue.Code != "pattern" {
		return ""
	}
	return fmt.Sprintf("emu.ID(%q, …) returns the id of what a seed made", kind)
}

// nearRoutes names the operations whose method and path are nearest to those of a call that has none.
func nearRoutes(call *Call, operations []Operation) string {
	distances := map[string]int{}
	for _, op := range operations {
		want := cutLike(call.Path, op.Path)
		distances[op.ID] = editDistance(call.Method+" "+call.Path, op.Method+" "+want)
	}
	near := slices.Clone(operations)
	slices.SortStableFunc(near, func(a, b Operation) int { return cmp.Compare(distances[a.ID], distances[b.ID]) })
	var names []string
	for _, op := range near[:min(len(near), nearNames)] {
		names = append(names, fmt.Sprintf("%s %s (%s)", op.Method, op.Path, op.ID))
	}
	return "no operation has this path; the nearest are " + world.JoinNames(names)
}

// cutLike returns the path of an operation with the segments of a path in the places of its parameters.
func cutLike(path, pattern string) string {
	given, segments := strings.Split(path, "/"), strings.Split(pattern, "/")
	for i, segment := range segments {
		if strings.HasPrefix(segment, "{") && i < len(given) {
			segments[i] = given[i]
		}
	}
	return strings.Join(segments, "/")
}
