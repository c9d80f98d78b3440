package segmentflow

import (
	"iter"
	"runtime"
)

// source reads the items of a SendAll range in a goroutine of its own, so that an item that does not come keeps nothing
// else waiting. It reads an item only when it is asked to, and encodes it before the next one is read.
type source struct {
	items  chan sourceItem // closed after the last one
	more   chan struct{}   // has one element if the source is asked for an item
	stop   chan struct{}   // closed when no more items are wanted
	asked  bool            // and has not answered
	ended  bool            // items is closed, and the reader knows
	failed bool            // the source has ended by a panic or by runtime.Goexit; set before items is closed
	panics any             // the value of the panic; nil for runtime.Goexit
}

// sourceItem is an item that has been encoded. It is rejected if its result has an error.
type sourceItem struct {
	result BatchResultItem
	encodedItem
}

func readSource(items iter.Seq[BatchSendItem]) *source {
	src := &source{items: make(chan sourceItem), more: make(chan struct{}, 1), stop: make(chan struct{})}
	go src.read(items)
	return src
}

func (src *source) read(items iter.Seq[BatchSendItem]) {
	src.failed = true
	defer close(src.items)
	defer func() {
		if src.failed {
			src.panics = recover()
		}
	}()
	if src.wanted() {
		index := 0
		items(func(item BatchSendItem) bool {
			if !src.give(prepare(item, index)) {
				return false
			}
			index++
			return src.wanted()
		})
	}
	src.failed = false
}

// wanted waits until the source is asked for an item. It returns false if no more are wanted.
func (src *source) wanted() bool {
	select {
	case <-src.stop:
		return false
	default:
	}
	select {
	case <-src.more:
		return true
	case <-src.stop:
		return false
	}
}

func (src *source) give(item sourceItem) bool {
	select {
	case src.items <- item:
		return true
	case <-src.stop:
		return false
	}
}

// prepare encodes an item and decides whether it is rejected before it is sent.
func prepare(item BatchSendItem, index int) sourceItem {
	var is issues
	encoded := item.encode(index, &is)
	result := BatchResultItem{Index: index, IdempotencyKey: item.IdempotencyKey}
	result.Err = is.err(itemLabel(index))
	return sourceItem{result, encoded}
}

// ask asks for an item, unless the source has not answered yet.
func (src *source) ask() <-chan sourceItem {
	if !src.asked {
		src.asked = true
		src.more <- struct{}{}
	}
	return src.items
}

// answered notes what came through items: an item, or that the channel is closed.
func (src *source) answered(ok bool) {
	src.asked = false
	if !ok {
		src.ended = true
		src.rethrow()
	}
}

// end ends the source. It waits for its last acts, such as closing a file, unless the source is still looking for the
// item that it was asked for: that may take for ever.
func (src *source) end() {
	close(src.stop)
	if src.ended {
		return
	}
	if src.asked {
		select {
		case _, ok := <-src.items:
			if !ok {
				src.rethrow()
				return
			}
		default:
			return
		}
	}
	for range src.items {
	}
	src.rethrow()
}

// rethrow ends the goroutine of the range loop as the source has ended its own.
func (src *source) rethrow() {
	switch {
	case !src.failed:
	case src.panics != nil:
		panic(src.panics)
	default:
		runtime.Goexit()
	}
}
