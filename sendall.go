package segmentflow

import (
	"context"
	"iter"
	"sync"
)

// A batch is full at this size too: with one more item it stays below the API's limit of 8 MiB (decided here).
const fullBatch = 4 << 20

const defaultConcurrency = 4

// SendAllOptions sets up [EmailsService.SendAll]. The zero value is fine.
type SendAllOptions struct {
	Defaults    *BatchDefaults        // what items without it take over
	Concurrency int                   // batches under way at once; 4 when it is not positive
	Progress    func(SendAllProgress) // called after each batch, in order, in the goroutine that ranges
}

// SendAllProgress counts the items that have been answered so far: Done is Accepted and Rejected together.
type SendAllProgress struct{ Done, Accepted, Rejected int }

// SendAll sends any number of emails in batches of at most 100 (documented as BatchSend) and yields what became of each,
// in the items' order; Index counts over all of them. It holds no more than Concurrency batches at a time. Items whose
// Data is no JSON object are rejected in their place, like those that the API rejects.
//
// A batch that fails as a whole, after its retries, yields its *[Error] once, with the index of its first item, and ends
// the range. So does the context. Give the items idempotency keys of your own: then everything can be sent again, and what
// was sent before is replayed. Ranging may stop at any time; batches under way are then cancelled, and their items may or
// may not have been sent. Nothing is left running after the range.
func (s *EmailsService) SendAll(ctx context.Context, items iter.Seq[BatchSendItem], opts SendAllOptions) iter.Seq2[BatchResultItem, error] {
	return func(yield func(BatchResultItem, error) bool) {
		if items == nil {
			items = func(func(BatchSendItem) bool) {}
		}
		next, stop := iter.Pull(items)
		defer stop()
		var running sync.WaitGroup
		defer running.Wait()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		if opts.Concurrency <= 0 {
			opts.Concurrency = defaultConcurrency
		}
		var queue []*chunk
		var progress SendAllProgress
		taken := 0
		for {
			for len(queue) < opts.Concurrency {
				c := nextChunk(next, taken)
				if len(c.results) == 0 {
					break
				}
				taken += len(c.results)
				queue = append(queue, c)
				c.body.Defaults = opts.Defaults
				running.Go(func() { c.send(ctx, s) })
			}
			if len(queue) == 0 {
				return
			}
			c := queue[0]
			queue = queue[1:]
			<-c.done
			if c.err != nil {
				yield(BatchResultItem{Index: c.first}, c.err)
				return
			}
			if opts.Progress != nil {
				c.count(&progress)
				opts.Progress(progress)
			}
			for _, item := range c.results {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// chunk is one batch of many.
type chunk struct {
	first   int // index of its first item among all
	results []BatchResultItem
	body    batchBody
	sent    []int // for each item of body, its place in results
	err     error
	done    chan struct{}
}

// nextChunk takes as many items as fit into a batch; it is empty at the end.
func nextChunk(next func() (BatchSendItem, bool), first int) *chunk {
	c := &chunk{first: first, done: make(chan struct{})}
	for size := 0; len(c.results) < maxBatch && size < fullBatch; {
		item, ok := next()
		if !ok {
			break
		}
		place := len(c.results)
		result := BatchResultItem{Index: first + place, IdempotencyKey: item.IdempotencyKey}
		var is issues
		raw := item.encode("", &is)
		if result.Err = is.err(itemLabel(result.Index)); result.Err == nil {
			c.body.Items, c.sent = append(c.body.Items, raw), append(c.sent, place)
			size += len(raw)
		}
		c.results = append(c.results, result)
	}
	return c
}

func (c *chunk) send(ctx context.Context, s *EmailsService) {
	defer close(c.done)
	if len(c.sent) == 0 {
		return
	}
	var resp Response
	batch, err := s.batch(ctx, &c.body, issues{}, []CallOption{WithResponse(&resp)})
	c.body.Items = nil
	if err != nil {
		c.err = err
		return
	}
	answered := 0
	for _, item := range batch.Items {
		if item.Index < 0 || item.Index >= len(c.sent) {
			continue
		}
		place := c.sent[item.Index]
		item.Index = c.first + place
		if item.Err != nil {
			item.Err.route = itemLabel(item.Index)
		}
		c.results[place] = item
		answered++
	}
	if answered != len(c.sent) {
		c.err = &Error{Status: resp.Status, Message: "the reply does not answer every item", RequestID: resp.RequestID,
			IdempotencyKey: resp.IdempotencyKey, Attempts: resp.Attempts, route: itemLabel(c.first)}
	}
}

func (c *chunk) count(progress *SendAllProgress) {
	for _, item := range c.results {
		progress.Done++
		if item.Err != nil {
			progress.Rejected++
		} else {
			progress.Accepted++
		}
	}
}
