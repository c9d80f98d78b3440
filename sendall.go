package segmentflow

import (
	"context"
	"encoding/json"
	"iter"
	"sync"
)

// A batch that has reached this size is full. Its last item may exceed it: the batch still stays below the API's limit
// of 8 MiB (decided here).
const fullBatch = 4 << 20

const defaultConcurrency = 4

// SendAllOptions configures [EmailsService.SendAll]. The zero value is valid.
type SendAllOptions struct {
	Defaults    *BatchDefaults        // values for the items that leave a field empty
	Concurrency int                   // batches in flight at once; 4 if not positive
	Progress    func(SendAllProgress) // called after each batch, in order, in the goroutine of the range loop
}

// SendAllProgress counts the items with a result so far. Done is the sum of Accepted and Rejected.
type SendAllProgress struct{ Done, Accepted, Rejected int }

// SendAll sends any number of emails in batches of at most 100 (documented as BatchSend). It returns an iterator over
// the results, in the order of the items; Index counts over all items. SendAll keeps at most Concurrency batches in
// memory. An item whose Data is not a JSON object is rejected at its place, like an item that the API rejects.
//
// If the API answers that there were too many requests, a batch waits as long as the API asks and tries again, as often
// as that takes. The end of the context ends it, and so does its deadline, if a wait would lead past it. With
// WithMaxRetries(0) no batch waits.
//
// If a whole batch fails after its retries, SendAll yields its *[Error] once, with the index of the batch's first item,
// and ends. It does the same when the context ends. Set an idempotency key on each item: then you can send all items
// again, and items that were already sent return their first result.
//
// You can leave the range loop at any time. Batches in flight are then cancelled; their items may or may not have been
// sent. No goroutine is left running after the loop.
func (s *EmailsService) SendAll(
	ctx context.Context, items iter.Seq[BatchSendItem], opts SendAllOptions,
) iter.Seq2[BatchResultItem, error] {
	return func(yield func(BatchResultItem, error) bool) {
		if ctx == nil {
			yield(BatchResultItem{}, withoutContext(batchSendEmails))
			return
		}
		if items == nil {
			items = func(func(BatchSendItem) bool) {}
		}
		if opts.Concurrency <= 0 {
			opts.Concurrency = defaultConcurrency
		}

		next, stop := iter.Pull(items)
		defer stop()
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()

		var queue []*pendingBatch
		var progress SendAllProgress
		taken := 0
		for {
			for len(queue) < opts.Concurrency {
				p := nextBatch(s.client, next, taken)
				if len(p.results) == 0 {
					break
				}
				taken += len(p.results)
				queue = append(queue, p)
				p.body.Defaults = opts.Defaults
				running.Go(func() { p.send(ctx, s) })
			}
			if len(queue) == 0 {
				return
			}

			p := queue[0]
			queue = queue[1:]
			<-p.done
			if p.err != nil {
				yield(BatchResultItem{Index: p.first}, p.err)
				return
			}

			if opts.Progress != nil {
				p.count(&progress)
				opts.Progress(progress)
			}
			for _, item := range p.results {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// pendingBatch is one of the batches of SendAll.
type pendingBatch struct {
	first   int // index of its first item among all items
	results []BatchResultItem
	body    batchBody
	sent    []int  // for each item of body, its position in results
	key     string // of the header
	err     error
	done    chan struct{}
}

// nextBatch takes as many items as fit into one batch. The batch is empty if there are no more items.
func nextBatch(c *Client, next func() (BatchSendItem, bool), first int) *pendingBatch {
	p := &pendingBatch{first: first, done: make(chan struct{})}
	for size := 0; len(p.results) < maxBatch && size < fullBatch; {
		item, ok := next()
		if !ok {
			break
		}

		position := len(p.results)
		result := BatchResultItem{Index: first + position, IdempotencyKey: item.IdempotencyKey}
		var is issues
		item.Data = is.object("/data", item.Data)
		var raw json.RawMessage
		if len(is.list) == 0 {
			raw = item.encode(c, "", &is)
		}
		if result.Err = is.err(itemLabel(result.Index)); result.Err == nil {
			p.body.Items, p.sent = append(p.body.Items, raw), append(p.sent, position)
			size += len(raw)
		}
		p.results = append(p.results, result)
	}
	if len(p.sent) > 0 {
		p.key = c.keySource() // here and not while batches are sent, so that the order of the keys is always the same
	}
	return p
}

// send sends the batch and stores the outcome of each item in results, or the error of the whole batch in err.
func (p *pendingBatch) send(ctx context.Context, s *EmailsService) {
	defer close(p.done)
	if len(p.sent) == 0 {
		return
	}

	var resp Response
	batch, err := s.batch(ctx, request{body: &p.body, endure: true, madeUp: p.key}, []CallOption{WithResponse(&resp)})
	p.body.Items = nil
	if err != nil {
		p.err = err
		return
	}

	answered := 0
	for _, item := range batch.Items {
		if item.Index < 0 || item.Index >= len(p.sent) {
			continue
		}
		position := p.sent[item.Index]
		item.Index = p.first + position
		if item.Err != nil {
			item.Err.route = itemLabel(item.Index)
		}
		p.results[position] = item
		answered++
	}

	if answered != len(p.sent) {
		p.err = &Error{
			Status:         resp.Status,
			Message:        "the reply does not contain a result for every item",
			RequestID:      resp.RequestID,
			IdempotencyKey: resp.IdempotencyKey,
			Attempts:       resp.Attempts,
			route:          itemLabel(p.first),
		}
	}
}

// count adds the outcomes of the batch to progress.
func (p *pendingBatch) count(progress *SendAllProgress) {
	for _, item := range p.results {
		progress.Done++
		if item.Err != nil {
			progress.Rejected++
		} else {
			progress.Accepted++
		}
	}
}
