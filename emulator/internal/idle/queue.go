package idle

import (
	"context"
	"sync"
)

// Job names what work is to be done about, and its Organization.
type Job struct {
	Org, Ref string

	generation int
}

// Queue has work that takes place outside of the world: so much at once, the rest in order. Its goroutines hold no
// lock while they work. A nil Queue has no work.
type Queue struct {
	atOnce int
	work   func(context.Context, Job) (after func())
	under  *Counter // jobs that are in the queue or under way
	worker *Counter // goroutines

	mu         sync.Mutex
	jobs       []Job
	running    int
	generation int // of the world; Renew begins another one
	closed     bool
	ctx        context.Context // of the generation
	cancel     context.CancelFunc
}

// NewQueue returns a queue whose jobs are done by work. If after is not nil, it is called when the job no longer counts
// as under way.
func NewQueue(atOnce int, work func(context.Context, Job) (after func())) *Queue {
	q := &Queue{atOnce: atOnce, work: work, under: New(), worker: New()}
	q.beginLocked()
	return q
}

// beginLocked begins a generation.
func (q *Queue) beginLocked() {
	q.generation++
	q.ctx, q.cancel = context.WithCancel(context.Background())
	_ = q.ctx.Done() // makes its channel here, and not in the synctest bubble of a job
}

// Add queues a job. After Close it does nothing.
func (q *Queue) Add(org, ref string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.under.Begin()
	q.jobs = append(q.jobs, Job{org, ref, q.generation})
	if q.running < q.atOnce {
		q.running++
		q.worker.Begin()
		go q.run()
	}
}

func (q *Queue) run() {
	defer q.worker.End()
	for {
		job, ctx, ok := q.next()
		if !ok {
			return
		}
		after := q.work(ctx, job)
		q.under.End()
		if after != nil {
			after()
		}
	}
}

// next returns the first job in the queue. ok is false if there is none; then the worker has ended.
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

// IsCurrent reports whether a job belongs to the current world.
func (q *Queue) IsCurrent(job Job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return job.generation == q.generation
}

// Busy reports whether any job is in the queue or under way.
func (q *Queue) Busy() bool { return q != nil && q.under.Busy() }

// Wait waits until no job is in the queue or under way. If the context ends first, Wait returns its error.
func (q *Queue) Wait(ctx context.Context) error {
	if q == nil {
		return nil
	}
	return q.under.Wait(ctx)
}

// Renew drops the jobs of a world that has been replaced. It ends the context of those that are under way.
func (q *Queue) Renew() {
	if q == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropLocked()
	q.beginLocked()
}

// dropLocked empties the queue and ends the context of what is under way.
func (q *Queue) dropLocked() {
	q.cancel()
	for range q.jobs {
		q.under.End()
	}
	q.jobs = nil
}

// Close empties the queue, ends the context of what is under way, and waits for that. The caller must not hold a lock
// that the work waits for.
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
