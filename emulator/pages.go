package emulator

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// Pages of the product's lists. Decided here: a list goes from the newest to the oldest, and a cursor names its list, its
// direction and the thing from which it goes on, so that it stays good while things are added and removed.

// pageOf reads where a call wants to go on in a list. in is where its cursor stood, the query or the body.
func pageOf(list, in string, cursor *string, limit *int) (store.Page, error) {
	page := store.Page{Limit: 50}
	if limit != nil {
		page.Limit = *limit
	}
	if cursor == nil {
		return page, nil
	}
	refused := invalid([]wire.Issue{{In: in, Path: "/cursor", Code: wire.CodeFormat, Message: "must be a nextCursor or previousCursor of this list"}})
	raw, err := base64.RawURLEncoding.DecodeString(*cursor)
	if err != nil {
		return page, refused
	}
	parts := strings.Split(string(raw), " ")
	if len(parts) != 4 || parts[0] != list || parts[1] != "next" && parts[1] != "previous" {
		return page, refused
	}
	at, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return page, refused
	}
	page.From, page.Back = &store.Place{At: time.UnixMilli(at), ID: parts[3]}, parts[1] == "previous"
	return page, nil
}

// cursors are the nextCursor and previousCursor of a page.
func cursors[T any](list string, page store.Listed[T]) (next, previous nullable.Nullable[string]) {
	return pageCursor(list, "next", page.Next), pageCursor(list, "previous", page.Previous)
}

func pageCursor(list, direction string, from *store.Place) nullable.Nullable[string] {
	if from == nil {
		return opted("")
	}
	raw := strings.Join([]string{list, direction, strconv.FormatInt(from.At.UnixMilli(), 10), from.ID}, " ")
	return opted(base64.RawURLEncoding.EncodeToString([]byte(raw)))
}
