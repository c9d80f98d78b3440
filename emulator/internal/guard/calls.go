package guard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The operations whose bodies the guards read.
const (
	trackEvent = "trackEvent"
	sendBatch  = "batchSendEmails"
)

// ofCalls are the guards that look at calls.
const ofCalls = Errors | Shapes | Keys

// Calls looks at the calls of the API. It passes them on unchanged.
func (set *Set) Calls(api http.Handler) http.Handler {
	if !set.Has(ofCalls) {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		seen := &call{site: callSite()}
		req = gateway.Follow(req, &seen.Entry)
		if set.Has(Shapes|Keys) && req.Body != nil && req.Body != http.NoBody {
			own := *req // a copy, because the request belongs to the caller
			own.Body = copied{io.TeeReader(req.Body, &seen.body), req.Body}
			req = &own
		}
		defer func() {
			seen.gone = req.Context().Err() != nil
			set.judge(seen)
		}()
		api.ServeHTTP(w, req)
	})
}

// call is what the guards know of a call besides its entry in the journal.
type call struct {
	gateway.Entry
	site string // where it was made, or ""
	body bytes.Buffer
	gone bool // its caller did not wait for the answer
}

// copied is a body that is copied while it is read.
type copied struct {
	io.Reader
	io.Closer
}

// judge looks at a call that was answered.
func (set *Set) judge(seen *call) {
	set.mu.Lock()
	defer set.mu.Unlock()
	if set.kinds&Errors != 0 {
		set.errorsLocked(seen)
	}
	status := seen.Status
	if seen.Faked { // the work may have been done all the same
		status = seen.Work
	}
	if status >= http.StatusBadRequest || status == 0 {
		return
	}
	if set.kinds&Keys != 0 {
		set.keysLocked(seen)
	}
	if set.kinds&Shapes != 0 && seen.Operation == trackEvent {
		set.shapesLocked(seen)
	}
}

// at adds the place of a call to what a guard has found in it.
func (seen *call) at(noticed tell.Noticed) tell.Noticed {
	if seen.site != "" {
		noticed.What += ", called at " + seen.site
	}
	return noticed
}

// errorsLocked finds refusals that nothing announced. A fault and a rate limit announce theirs.
func (set *Set) errorsLocked(seen *call) {
	ownWish := seen.Faked || seen.Status == http.StatusTooManyRequests
	gaveUp := seen.gone && seen.Status == http.StatusServiceUnavailable
	if ownWish || gaveUp {
		return
	}
	refusal := tell.Refusal{
		Operation: seen.Operation,
		Method:    seen.Method,
		Path:      seen.Path,
		Status:    seen.Status,
		Code:      seen.Error,
		Reason:    seen.Grounds.Reason,
		Issues:    seen.Grounds.Issues,
	}
	if seen.Status >= http.StatusBadRequest && !set.announced[seen.Error] {
		set.addLocked(Errors, seen.At, seen.at(refusal.Notice()))
	}
	for i, item := range seen.Rejected {
		if set.announced[item.Error] {
			continue
		}
		refusal.Item, refusal.Index, refusal.Key = true, item.Index, item.Key
		refusal.Code, refusal.Reason, refusal.Issues = item.Error, item.Grounds.Reason, item.Grounds.Issues
		set.addLocked(Errors, seen.At, seen.at(refusal.Notice()))
		if left := seen.RejectedItems - len(seen.Rejected); left > 0 && i == len(seen.Rejected)-1 {
			more := fmt.Sprintf("%s rejected %d more items, which the journal does not have", seen.Operation, left)
			set.addLocked(Errors, seen.At, seen.at(tell.Noticed{What: more}))
		}
	}
}

// keysLocked finds writes whose key is made up, or that have none.
func (set *Set) keysLocked(seen *call) {
	const option = "try: segmentflow.WithIdempotencyKey(…) with a key that a repeated job finds again, " +
		`such as "receipt:" and the id of the order`
	switch {
	case seen.Operation == sendBatch:
		set.itemKeysLocked(seen)
	case !seen.TakesKey:
	case seen.IdempotencyKey == "":
		set.addLocked(Keys, seen.At, seen.at(tell.Noticed{
			What:   seen.Operation + " came without an idempotency key",
			Advice: []string{"try: the header Idempotency-Key"},
		}))
	case gateway.IsMadeUp(seen.IdempotencyKey) && set.newKeyLocked(seen.Operation, seen.IdempotencyKey):
		set.addLocked(Keys, seen.At, seen.at(tell.Noticed{
			What:   seen.Operation + " came with an idempotency key that the SDK made up",
			Advice: []string{option},
		}))
	}
}

// newKeyLocked reports whether a key was not seen before. A call that the SDK repeats has the same key.
func (set *Set) newKeyLocked(operation, key string) bool {
	name := operation + " " + key
	seen := set.keys[name]
	set.keys[name] = true
	return !seen
}

// itemKeysLocked finds the items of a batch whose key is made up.
func (set *Set) itemKeysLocked(seen *call) {
	var body struct {
		Items []struct{ IdempotencyKey string }
	}
	if json.Unmarshal(seen.body.Bytes(), &body) != nil {
		return
	}
	var made []int
	for i, item := range body.Items {
		rejected := slices.ContainsFunc(seen.Rejected, func(other gateway.Rejected) bool { return other.Index == i })
		if !rejected && gateway.IsMadeUp(item.IdempotencyKey) && set.newKeyLocked("sendEmail", item.IdempotencyKey) {
			made = append(made, i)
		}
	}
	if len(made) == 0 {
		return
	}
	set.addLocked(Keys, seen.At, seen.at(tell.Noticed{
		What: fmt.Sprintf("batchSendEmails came with idempotency keys that the SDK made up for %d of %d items, "+
			"the first at /items/%d", len(made), len(body.Items), made[0]),
		Advice: []string{"try: IdempotencyKey in each BatchSendItem, with a key that a repeated job finds again"},
	}))
}

// shapesLocked finds properties of an event whose type has changed.
func (set *Set) shapesLocked(seen *call) {
	var body struct {
		Event string
		Data  any
	}
	decoder := json.NewDecoder(&seen.body)
	decoder.UseNumber()
	if decoder.Decode(&body) != nil {
		return
	}
	place := world.Stamp(seen.At)
	if seen.site != "" {
		place += " (" + seen.site + ")"
	}
	for _, changed := range set.shapes.see(body.Event, body.Data, place) {
		set.addLocked(Shapes, seen.At, changed)
	}
}
