package web

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file tells open pages that there is something new. The script live.js then fetches the page again and replaces
// the elements with data-live. Without JavaScript a page shows what was true when it was opened.

func livePages() map[string]page {
	return map[string]page{"GET /dashboard/live": live}
}

// live sends the world's version as server-sent events, at once and after each change. It ends with the connection,
// with the emulator, and when its server begins to shut down.
func live(v *visit) error {
	ctx, cancel := context.WithCancel(v.r.Context())
	defer cancel()
	out := http.NewResponseController(v.w)
	defer context.AfterFunc(gateway.Ending(v.r), func() {
		cancel()
		_ = out.SetWriteDeadline(time.Unix(1, 0)) // a browser that reads nothing must not delay the end
	})()

	v.w.Header().Set("Content-Type", "text/event-stream")
	if v.r.Method == http.MethodHead {
		return nil
	}
	_ = world.Follow(ctx, v.World, func(version uint64) error {
		if _, err := fmt.Fprintf(v.w, "retry: 1000\ndata: %d\n\n", version); err != nil {
			return err
		}
		return out.Flush()
	})
	return nil
}
