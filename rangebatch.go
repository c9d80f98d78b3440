package segmentflow

import "sync/atomic"

// rangeBatch is one of the batches of SendAll.
type rangeBatch struct {
	first   int // index of its first item among all items
	results []BatchResultItem
	items   []encodedItem
	sent    []int // for each of items, its position in results
	size    int   // of items

	pass     *pass
	response Response
	err      error
	whole    bool // each item has a result, also if there is an error
	panics   any
	done     atomic.Bool
}

func (b *rangeBatch) add(item sourceItem) {
	if item.result.Err == nil {
		b.items, b.sent = append(b.items, item.encodedItem), append(b.sent, len(b.results))
	}
	b.size += len(item.json)
	b.results = append(b.results, item.result)
}

// send sends the batch and stores the outcome of each item in results, or the error of the whole batch in err.
func (b *rangeBatch) send(r *sending, req request) {
	b.err = &Error{
		Message: "a middleware or the transport has ended its goroutine, by runtime.Goexit or FailNow",
		route:   batchSendEmails.label(),
	}
	defer func() {
		b.panics = recover()
		b.pass.leave(false)
	}()

	options := func(settings *callOptions) {
		*settings = r.call
		settings.responses = []*Response{&b.response}
	}
	batch, err := r.emails.batch(r.ctx, req, b.items, r.opts.Defaults, []CallOption{options})
	b.items = nil
	if batch == nil {
		b.err = err
		return
	}
	b.whole, b.err = b.accept(batch), err
}

// accept takes the results out of the reply. It reports whether there is one for each item.
func (b *rangeBatch) accept(batch *BatchResult) bool {
	answered := 0
	for _, item := range batch.Items {
		if item.Index < 0 || item.Index >= len(b.sent) {
			continue
		}
		position := b.sent[item.Index]
		if b.results[position].Send == nil && b.results[position].Err == nil {
			answered++
		}
		item.Index = b.first + position
		if item.Err != nil {
			item.Err.route = itemLabel(item.Index)
		}
		b.results[position] = item
	}
	return answered == len(b.sent)
}

// count adds the outcomes of the batch to progress.
func (b *rangeBatch) count(progress *SendAllProgress) {
	for _, item := range b.results {
		progress.Done++
		if item.Err != nil {
			progress.Rejected++
		} else {
			progress.Accepted++
		}
	}
}
