package web

import (
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has what the lists have in common: the places where their pages begin, and the forms that narrow them.

const (
	rowsOnPage = 50
	termLength = 300 // bytes of a search term, or of a name that a page shows
)

// reference is what a page names, and the path of its page, "" if it has none.
type reference struct{ Name, Path string }

// term returns a field of a search.
func term(query url.Values, name string) string {
	return gateway.Clip(strings.TrimSpace(query.Get(name)), termLength)
}

// option is a choice of a form.
type option struct {
	Value, Text string
	Chosen      bool
}

// options returns choices from their values and texts in turn.
func options(chosen string, pairs ...string) (all []option) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, option{pairs[i], pairs[i+1], pairs[i] == chosen})
	}
	return all
}

// anyChosen reports whether one of the options is chosen.
func anyChosen(options []option) bool {
	return slices.ContainsFunc(options, func(one option) bool { return one.Chosen })
}

// numberIn returns a number of the query, 0 if there is none. ok is false for what is not a positive number.
func numberIn(query url.Values, name string) (number int, ok bool) {
	if !query.Has(name) {
		return 0, true
	}
	number, err := strconv.Atoi(query.Get(name))
	return number, err == nil && number > 0
}

// placeIn returns the page of a list that the query asks for. ok is false if the place in the query is none.
func placeIn(query url.Values, list string) (page world.Page, ok bool) {
	page.Limit = rowsOnPage
	before := query.Get("before")
	if before == "" {
		return page, true
	}
	parts, ok := gateway.PlaceOf(list, before)
	if !ok || len(parts) != 2 {
		return page, false
	}
	at, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return page, false
	}
	page.From = &world.Place{At: time.UnixMilli(at), ID: parts[1]}
	return page, true
}

// cursorOf returns the place of the next page, "" if there is none.
func cursorOf(list string, next *world.Place) string {
	if next == nil {
		return ""
	}
	return gateway.Cursor(list, strconv.FormatInt(next.At.UnixMilli(), 10), next.ID)
}

// numbered returns the place of the next page in a list whose places are numbers, "" if there is none.
func numbered(next int) string {
	if next == 0 {
		return ""
	}
	return strconv.Itoa(next)
}

const noSuchPlace = "No page of the list begins at the “before” of this address. Open the list again."

// pageAfterKey returns the page of a list that is sorted by key. It begins after the key that the query names. next is
// the key that the next page begins after, "" if there is none.
func pageAfterKey[T any](query url.Values, all []T, key func(T) string) (page []T, next string) {
	after := query.Get("before")
	page = slices.DeleteFunc(all, func(one T) bool { return key(one) <= after })
	if len(page) > rowsOnPage {
		page = page[:rowsOnPage]
		next = key(page[rowsOnPage-1])
	}
	return page, next
}

// first returns the first n items of a list, or all if it has fewer.
func first(n int, list any) any {
	items := reflect.ValueOf(list)
	return items.Slice(0, min(n, items.Len())).Interface()
}

// more returns how many items a list has beyond the first n.
func more(n int, list any) int { return max(0, reflect.ValueOf(list).Len()-n) }
