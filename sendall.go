package segmentflow

import (
	"context"
	"iter"
	"sync"
	"time"
)

// A batch that has reached this size is full. Its last item may exceed it: the batch still stays below the API's limit
// of 8 MiB (decided here).
const fullBatch = 4 << 20

const (
	defaultConcurrency = 4
	defaultLinger      = time.Second
)

// SendAllOptions configures [EmailsService.SendAll]. The zero value is valid.
type SendAllOptions struct {
	Defaults    *BatchDefaults        // values for the items that leave a field empty
	Concurrency int                   // batches in flight at once; 4 if not positive
	Progress    func(SendAllProgress) // called after each batch, in order, in the goroutine of the range loop

	// Linger is how long a batch that is not full waits for more items, after its first. Then it is sent, unless it
	// would only have to wait for others. 0 means a second. With a negative value, only the last batch is not full.
	Linger time.Duration

	// CallOptions apply to each batch. The key of WithIdempotencyKey is that of the whole range. WithResponse has the
	// last batch whose results have been yielded.
	CallOptions []CallOption
}

// SendAllProgress counts the items with a result so far. Done is the sum of Accepted and Rejected.
type SendAllProgress struct{ Done, Accepted, Rejected int }

// SendAll sends any number of emails in batches of at most 100 (documented as BatchSend). It returns an iterator over
// the results, in the order of the items; Index counts over all items. A result is yielded as soon as its batch and all
// earlier ones are done. An item whose Data is not a JSON object is rejected at its place, like an item that the API
// rejects.
//
// SendAll ranges over items in a goroutine of its own, at the same time as the body of the loop runs. It keeps at most
// the items of Concurrency full batches in memory, and reads the next item when there is room for it. It encodes each
// item before it reads the next, so items may use the same map again. An item that does not come delays neither the
// results of others nor the end of the range.
//
// If the API answers that there were too many requests, the whole range pauses for the time that the API asks for, and
// up to a tenth longer. Then half as many batches are sent at once, and more again when they succeed. This happens as
// often as necessary: [WithMaxRetries], [WithCallMaxRetries] and [WithCallTimeout] do not count it. Only the end of the
// context ends it, and its deadline, if the pause would lead past it.
//
// If a batch fails otherwise, after its retries, SendAll yields its *[Error] once, with the index of the batch's first
// item, and ends. If all that is wrong is a field in the reply, it yields the results of the batch before. When the
// context ends, SendAll sends no further batch. It yields the results that have arrived, then, unless every item has
// one, the error once, with the index of the first item without a result.
//
// After an error or a crash, send all items again under the same idempotency keys: no email is sent twice, and an item
// that was already sent returns its first result. An item without a key of its own gets one that follows from the key
// of the range and its index, as in BatchSend. The key of the range is that of [WithIdempotencyKey] in CallOptions.
// Without one it is made up, and the error contains it.
//
// You can leave the loop at any time. Batches in flight are then cancelled; their items may or may not have been sent.
// After the loop no goroutine is left, unless items is still looking for an item. That goroutine ends as soon as items
// yields or returns, so items should watch the context. A panic or runtime.Goexit in items, or a panic in a middleware,
// continues in the goroutine of the loop.
func (s *EmailsService) SendAll(
	ctx context.Context, items iter.Seq[BatchSendItem], opts SendAllOptions,
) iter.Seq2[BatchResultItem, error] {
	return func(yield func(BatchResultItem, error) bool) {
		if ctx == nil {
			yield(BatchResultItem{}, withoutContext(batchSendEmails))
			return
		}
		r := sending{emails: s, opts: opts}
		for _, opt := range opts.CallOptions {
			if opt != nil {
				opt(&r.call)
			}
		}
		if items == nil {
			return
		}
		if r.opts.Concurrency <= 0 {
			r.opts.Concurrency = defaultConcurrency
		}
		if r.opts.Linger == 0 {
			r.opts.Linger = defaultLinger
		}

		var cancel context.CancelFunc
		r.ctx, cancel = context.WithCancel(ctx)
		r.gate = newGate(s.client, r.opts.Concurrency)
		r.finished = make(chan struct{}, 1)
		r.source = readSource(items)
		defer r.source.end()
		defer r.running.Wait()
		defer cancel()
		r.run(yield)
	}
}

// sending is one run of a SendAll range. The goroutine of the range loop does all but reading the items and sending the
// batches.
type sending struct {
	emails *EmailsService
	opts   SendAllOptions
	call   callOptions // of the batches
	key    string      // of the range, if it was made up; "" while no batch needs it
	gate   *gate
	source *source

	ctx      context.Context //nolint:containedctx // the struct lives as long as the call
	filling  *rangeBatch     // takes more items; nil if there is none
	linger   *time.Timer     // of filling; nil if it does not expire
	overdue  bool            // it has expired
	queue    []*rangeBatch   // those before filling whose results were not yielded, in order
	items    int             // in filling and queue
	bytes    int             // of these items
	running  sync.WaitGroup
	finished chan struct{} // has an element if a batch of queue is done since the reader looked
	progress SendAllProgress
}

// run yields all results.
func (r *sending) run(yield func(BatchResultItem, error) bool) {
	for {
		for len(r.queue) > 0 && r.queue[0].done.Load() {
			b := r.queue[0]
			r.queue = r.queue[1:]
			if !r.yield(b, yield) {
				return
			}
			r.items, r.bytes = r.items-len(b.results), r.bytes-b.size
		}
		if len(r.queue) == 0 && r.filling == nil {
			switch {
			case r.source.ended:
				return
			case r.ctx.Err() != nil:
				yield(BatchResultItem{Index: r.progress.Done}, r.ended())
				return
			}
		}
		r.step()
	}
}

// step waits until something happens.
func (r *sending) step() {
	if r.ctx.Err() != nil {
		r.drop()
		if len(r.queue) > 0 {
			<-r.finished
		}
		return
	}
	var items <-chan sourceItem
	most := r.opts.Concurrency // of full batches; a product with it could overflow
	if !r.source.ended && r.items/maxBatch < most && r.bytes/fullBatch < most {
		items = r.source.ask()
	}
	var late <-chan time.Time
	if r.linger != nil {
		late = r.linger.C
	}

	select {
	case item, ok := <-items:
		r.source.answered(ok)
		r.take(item, ok)
	case <-r.finished:
	case <-late:
		r.overdue = true
	case <-r.ctx.Done(): // the next step ends the range
	}
	if r.filling != nil && r.overdue && r.gate.free() {
		r.send()
	}
}

// take adds an item to the batch. The end of the items, or a full batch, is the time to send it.
func (r *sending) take(item sourceItem, ok bool) {
	if !ok {
		if r.filling != nil {
			r.send()
		}
		return
	}

	if r.filling == nil {
		r.filling = &rangeBatch{first: item.result.Index}
		if r.opts.Linger > 0 {
			r.linger = time.NewTimer(r.opts.Linger)
		}
	}
	r.filling.add(item)
	r.items, r.bytes = r.items+1, r.bytes+len(item.json)
	if len(r.filling.results) == maxBatch || r.filling.size >= fullBatch {
		r.send()
	}
}

// drop forgets the batch that is being filled. It was not sent.
func (r *sending) drop() {
	r.filling, r.overdue = nil, false
	if r.linger != nil {
		r.linger.Stop()
		r.linger = nil
	}
}

// send sends the batch that is being filled.
func (r *sending) send() {
	b := r.filling
	r.drop()
	r.queue = append(r.queue, b)
	if len(b.items) == 0 {
		b.done.Store(true)
		return
	}

	if r.key == "" && r.call.key == nil {
		r.key = r.emails.client.keySource()
	}
	b.pass = &pass{gate: r.gate, first: b.first}
	req := request{pass: b.pass, madeUp: r.key}
	r.running.Go(func() {
		defer r.finish(b)
		b.send(r, req)
	})
}

// finish is called when a batch is done.
func (r *sending) finish(b *rangeBatch) {
	b.done.Store(true)
	select {
	case r.finished <- struct{}{}:
	default: // the reader has not looked since an earlier batch
	}
}

// yield yields the results of a batch. It returns false if the range is over.
func (r *sending) yield(b *rangeBatch, yield func(BatchResultItem, error) bool) bool {
	if b.panics != nil {
		panic(b.panics)
	}
	for _, to := range r.call.responses {
		*to = b.response
	}
	if b.err != nil && !b.whole {
		yield(BatchResultItem{Index: b.first}, b.err)
		return false
	}

	b.count(&r.progress)
	if r.opts.Progress != nil {
		r.opts.Progress(r.progress)
	}
	for _, item := range b.results {
		if !yield(item, nil) {
			return false
		}
	}
	if b.err != nil {
		yield(BatchResultItem{Index: r.progress.Done}, b.err)
	}
	return b.err == nil
}

// ended returns the error of a range whose context has ended.
func (r *sending) ended() error {
	x := exchange{client: r.emails.client, request: request{op: batchSendEmails}, settings: r.call, key: r.key}
	if r.call.key != nil {
		x.key = *r.call.key
	}
	return x.failed(r.ctx, context.Cause(r.ctx))
}
