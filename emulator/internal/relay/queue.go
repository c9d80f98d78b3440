package relay

import (
	"context"
	"log/slog"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/idle"
)

// maxConversations is how many conversations there are at once. Further emails wait in order.
const maxConversations = 8

// Job is an EmailSend whose email is to be handed over.
type Job struct {
	Org, Send string

	generation int
}

// Queue holds the conversations with a server. Its goroutines hold no lock while they speak. A nil Queue has none.
type Queue struct {
	server *Server
	log    *slog.Logger
	take   func(Job) *Mail   // returns the email, or nil if it must not be handed over any more
	ended  func(Job, Result) // records how the conversation ended
	under  *idle.Counter     // emails that are in the queue or under way
	worker *idle.Counter     // goroutines

	mu         sync.Mutex
	jobs       []Job
	running    int
	generation int // of the world; Renew begins another one
	closed     bool
	ctx        context.Context // of the generation
	cancel     context.CancelFunc
}

// Open returns a queue for a server.
func Open(server *Server, log *slog.Logger, take func(Job) *Mail, ended func(Job, Result)) *Queue {
	q := &Queue{server: server, log: log, take: take, ended: ended, under: idle.New(), worker: idle.New()}
	q.beginLocked()
	return q
}

// beginLocked begins a generation.
func (q *Queue) beginLocked() {
	q.generation++
	q.ctx, q.cancel = context.WithCancel(context.Background())
	_ = q.ctx.Done() // makes its channel here, and not in the synctest bubble of a conversation
}

// Add queues an email. After Close it does nothing.
func (q *Queue) Add(org, send string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.under.Begin()
	q.jobs = append(q.jobs, Job{org, send, q.generation})
	if q.running < maxConversations {
		q.running++
		q.worker.Begin()
		go q.work()
	}
}

func (q *Queue) work() {
	defer q.worker.End()
	for {
		job, ctx, ok := q.next()
		if !ok {
			return
		}
		q.converse(ctx, job)
	}
}

// next returns the first email in the queue. ok is false if there is none; then the worker has ended.
func (q *Queue) next() (job Job, ctx context.Context, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.jobs) == 0 {
		q.running--
		return job, nil, false
	}
	job, q.jobs = q.jobs[0], q.jobs[1:]
	return job, q.ctx, true
}

func (q *Queue) converse(ctx context.Context, job Job) {
	mail := q.take(job)
	if mail == nil {
		q.under.End()
		return
	}
	result, quit := q.server.hand(ctx, mail)
	level := slog.LevelWarn
	if result.Kind == Unsent || result.Kind == Taken && len(result.Refusals) == 0 {
		level = slog.LevelDebug
	}
	q.log.Log(ctx, level, "relay: a conversation ended",
		"send", job.Send, "result", result.Kind, "reply", result.String())
	q.ended(job, result)
	q.under.End()
	quit()
}

// IsCurrent reports whether a job belongs to the current world.
func (q *Queue) IsCurrent(job Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return job.generation == q.generation
}

// Busy reports whether any email is in the queue or under way.
func (q *Queue) Busy() bool { return q != nil && q.under.Busy() }

// Wait waits until no email is in the queue or under way. If the context ends first, Wait returns its error.
func (q *Queue) Wait(ctx context.Context) error {
	if q == nil {
		return nil
	}
	return q.under.Wait(ctx)
}

// Renew drops the emails of a world that has been replaced. It stops the conversations about them.
func (q *Queue) Renew() {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropLocked()
	q.beginLocked()
}

// dropLocked empties the queue and stops the conversations.
func (q *Queue) dropLocked() {
	q.cancel()
	for range q.jobs {
		q.under.End()
	}
	q.jobs = nil
}

// Close empties the queue, stops the conversations and waits until their ends are recorded. The caller must not hold
// the lock that take and ended wait for.
func (q *Queue) Close() {
	if q == nil {
		return
	}
	q.mu.Lock()
	q.closed = true
	q.dropLocked()
	q.mu.Unlock()
	_ = q.worker.Wait(context.Background())
}
