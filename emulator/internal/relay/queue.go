package relay

import (
	"context"
	"log/slog"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

// maxConversations is how many conversations there are at once. Further emails wait in order.
const maxConversations = 8

// Open returns a queue of EmailSends whose emails are to be handed to a server. take returns an email, or nil if it
// must not be handed over any more. ended records how the conversation ended.
func Open(
	server *Server, log *slog.Logger, take func(idle.Job) *Mail, ended func(idle.Job, Result),
) *idle.Queue {
	return idle.NewQueue(maxConversations, func(ctx context.Context, job idle.Job) (quit func()) {
		mail := take(job)
		if mail == nil {
			return nil
		}
		result, quit := server.hand(ctx, mail)
		level := slog.LevelWarn
		if result.Kind == Unsent || result.Kind == Taken && len(result.Refusals) == 0 {
			level = slog.LevelDebug
		}
		log.Log(ctx, level, "relay: a conversation ended",
			"send", job.Ref, "result", result.Kind, "reply", result.String())
		ended(job, result)
		return quit
	})
}
