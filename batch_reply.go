package segmentflow

import (
	"fmt"
	"strconv"
	"strings"
)

// batchReply is the reply to a batch. The counts are nil if it does not have them. It has no method that decodes it,
// because encoding/json would then read each item twice.
type batchReply struct {
	Total    *int            `json:"total"`
	Accepted *int            `json:"accepted"`
	Rejected *int            `json:"rejected"`
	Items    []batchItemJSON `json:"items"`

	sent []encodedItem // what the reply must answer
}

// result returns the reply in its public form, with the counts that it does not have.
func (r *batchReply) result() *BatchResult {
	result := &BatchResult{Total: len(r.Items), Items: make([]BatchResultItem, len(r.Items))}
	for n := range r.Items {
		result.Items[n] = r.Items[n].result()
		if r.Items[n].Send != nil {
			result.Accepted++
		} else {
			result.Rejected++
		}
	}
	if r.Total != nil {
		result.Total = *r.Total
	}
	if r.Accepted != nil {
		result.Accepted = *r.Accepted
	}
	if r.Rejected != nil {
		result.Rejected = *r.Rejected
	}
	return result
}

// wrong returns what is missing or wrong in the reply, or "". Nobody would know that an item was sent if its result was
// missing.
func (r *batchReply) wrong() string {
	found := make([]int, len(r.sent)) // how many results each item has
	var unknown, undecided, nameless []int
	for n := range r.Items {
		item := &r.Items[n]
		if item.Index < 0 || item.Index >= len(r.sent) {
			unknown = append(unknown, item.Index)
			continue
		}
		found[item.Index]++
		switch {
		case item.Send == nil && (len(item.Error) == 0 || string(item.Error) == "null"):
			undecided = append(undecided, item.Index)
		case item.Send != nil && item.Send.ID == "":
			nameless = append(nameless, item.Index)
		}
	}

	var missing, repeated []int
	for index, n := range found {
		switch {
		case n == 0:
			missing = append(missing, index)
		case n > 1:
			repeated = append(repeated, index)
		}
	}

	var wrong []string
	for _, kind := range []struct {
		indexes []int
		text    string
	}{
		{missing, "no result for %s"},
		{repeated, "more than one result for %s"},
		{unknown, "a result for %s, which was not sent"},
		{undecided, "neither a send nor an error for %s"},
		{nameless, "a send without id for %s"},
	} {
		if len(kind.indexes) > 0 {
			wrong = append(wrong, fmt.Sprintf(kind.text, itemList(kind.indexes)))
		}
	}
	if text := r.miscounted(); text != "" {
		wrong = append(wrong, text)
	}
	if len(wrong) == 0 {
		return ""
	}
	return "the reply has " + strings.Join(wrong, "; ")
}

// miscounted returns which counts of the reply are not those of its items, or "".
func (r *batchReply) miscounted() string {
	accepted := 0
	for n := range r.Items {
		if r.Items[n].Send != nil {
			accepted++
		}
	}
	var counts []string
	for _, count := range []struct {
		name  string
		given *int
		right int
	}{
		{"total", r.Total, len(r.Items)}, {"accepted", r.Accepted, accepted},
		{"rejected", r.Rejected, len(r.Items) - accepted},
	} {
		if count.given != nil && *count.given != count.right {
			counts = append(counts, fmt.Sprintf("%s %d instead of %d", count.name, *count.given, count.right))
		}
	}
	return strings.Join(counts, ", ")
}

// itemList names the first items.
func itemList(indexes []int) string {
	const most = 5
	names := make([]string, min(len(indexes), most))
	for n := range names {
		names[n] = strconv.Itoa(indexes[n])
	}
	text := "item " + names[0]
	if len(names) > 1 {
		text = "items " + strings.Join(names, ", ")
	}
	if more := len(indexes) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
