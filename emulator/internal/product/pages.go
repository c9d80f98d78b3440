package product

import (
	"strconv"
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Pages of the product's lists. Decided here: a list goes from the newest to the oldest. A cursor names its list, its
// direction and the thing from which the list continues. So it stays valid while things are added and removed.

// pageOf returns the page of a list that a call asks for. in is the place of the cursor: the query or the body.
func pageOf(list, in string, cursor *string, limit *int) (world.Page, error) {
	page := world.Page{Limit: 50}
	if limit != nil {
		page.Limit = *limit
	}
	if cursor == nil {
		return page, nil
	}

	refused := gateway.Invalid(wire.Issue{
		In:      in,
		Path:    "/cursor",
		Code:    wire.CodeFormat,
		Message: "must be a nextCursor or previousCursor of this list",
	})
	parts, ok := gateway.PlaceOf(list, *cursor)
	if !ok || len(parts) != 3 || parts[0] != "next" && parts[0] != "previous" {
		return page, refused
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return page, refused
	}
	page.From, page.Back = &world.Place{At: time.UnixMilli(at), ID: parts[2]}, parts[0] == "previous"
	return page, nil
}

// cursors returns the nextCursor and previousCursor of a page.
func cursors[T any](list string, page world.Listed[T]) (next, previous nullable.Nullable[string]) {
	return pageCursor(list, "next", page.Next), pageCursor(list, "previous", page.Previous)
}

func pageCursor(list, direction string, from *world.Place) nullable.Nullable[string] {
	if from == nil {
		return nullIfEmpty("")
	}
	return nullIfEmpty(gateway.Cursor(list, direction, strconv.FormatInt(from.At.UnixMilli(), 10), from.ID))
}
