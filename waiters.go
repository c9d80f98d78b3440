package segmentflow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	firstPollWait   = time.Second
	longestPollWait = 30 * time.Second

	// lastPoll is how long before the deadline of its context a waiter polls for the last time.
	lastPoll = 500 * time.Millisecond
)

// Wait polls an EmailSend until its status is Sent, Failed or Skipped, and returns it (an addition of this package,
// scope emails:read). A send that is Failed or Skipped is no error; its FailureMessage says why. A status that this
// package does not know is not final.
//
// The first poll is made at once. The waits between polls grow from 1 s to 30 s, of which up to half is subtracted at
// random; [WithBackoff] changes them. Polls only read, and opts apply to each. A failed poll is retried as in Retrieve.
// If that does not help, Wait ends with its error; only a rate limit does not end it. Shortly before the deadline of
// the context, Wait polls for the last time.
//
// If Wait ends with an error, it also returns what it has seen last, or nil if it has seen nothing. The end of the
// context is such an error, an *[Error] that wraps the context's.
func (s *EmailsService) Wait(ctx context.Context, id string, opts ...CallOption) (*EmailSend, error) {
	w := poller[EmailSend, EmailSendStatus]{
		client: s.client,
		op:     retrieveEmail,
		poll:   func(opts []CallOption) (*EmailSend, error) { return s.Retrieve(ctx, id, opts...) },
		status: func(send *EmailSend) EmailSendStatus { return send.Status },
		final:  []EmailSendStatus{EmailSendStatusSent, EmailSendStatusFailed, EmailSendStatusSkipped},
	}
	return wait(ctx, w, opts)
}

// WaitRun polls a run until its status is completed, failed or exited, and returns it (an addition of this package,
// scope journeys:read). A failed run is no error; its Error says why. In everything else WaitRun is like
// [EmailsService.Wait].
func (s *JourneysService) WaitRun(ctx context.Context, runID string, opts ...CallOption) (*JourneyRun, error) {
	w := poller[JourneyRun, JourneyRunStatus]{
		client: s.client,
		op:     retrieveJourneyRun,
		poll:   func(opts []CallOption) (*JourneyRun, error) { return s.RetrieveRun(ctx, runID, opts...) },
		status: func(run *JourneyRun) JourneyRunStatus { return run.Status },
		final:  []JourneyRunStatus{JourneyRunStatusCompleted, JourneyRunStatusFailed, JourneyRunStatusExited},
	}
	return wait(ctx, w, opts)
}

// Wait polls a Broadcast until its status is Sent, Failed or Archived, and returns it (an addition of this package,
// scope broadcasts:read). The waits of a draft last until somebody schedules or approves it: give the context a
// deadline. A Failed Broadcast is no error. In everything else Wait is like [EmailsService.Wait].
func (s *BroadcastsService) Wait(ctx context.Context, id string, opts ...CallOption) (*Broadcast, error) {
	w := poller[Broadcast, BroadcastStatus]{
		client: s.client,
		op:     retrieveBroadcast,
		poll:   func(opts []CallOption) (*Broadcast, error) { return s.Retrieve(ctx, id, opts...) },
		status: func(broadcast *Broadcast) BroadcastStatus { return broadcast.Status },
		final:  finalCarrier(),
	}
	return wait(ctx, w, opts)
}

// Wait polls a Newsletter Issue until its status is Sent, Failed or Archived, and returns it (an addition of this
// package, scope newsletters:read). In everything else Wait is like [BroadcastsService.Wait].
func (s *NewsletterIssuesService) Wait(ctx context.Context, id string, opts ...CallOption) (*NewsletterIssue, error) {
	w := poller[NewsletterIssue, BroadcastStatus]{
		client: s.client,
		op:     retrieveNewsletterIssue,
		poll:   func(opts []CallOption) (*NewsletterIssue, error) { return s.Retrieve(ctx, id, opts...) },
		status: func(issue *NewsletterIssue) BroadcastStatus { return issue.Status },
		final:  finalCarrier(),
	}
	return wait(ctx, w, opts)
}

// WaitExtraction polls the extraction of a Brand Kit until it is complete or has failed, and returns its progress (an
// addition of this package, scope brand-kit:read). A failed extraction is no error; its Error says why. If there is no
// extraction, or it was cleared meanwhile, the next one is waited for: give the context a deadline. In everything else
// WaitExtraction is like [EmailsService.Wait].
func (s *BrandKitsService) WaitExtraction(
	ctx context.Context, brandID string, opts ...CallOption,
) (*BrandKitExtractionProgress, error) {
	const complete, failed = "complete", "failed"
	w := poller[BrandKitExtractionProgress, string]{
		client: s.client,
		op:     retrieveBrandKitExtractionProgress,
		poll: func(opts []CallOption) (*BrandKitExtractionProgress, error) {
			return s.ExtractionProgress(ctx, brandID, opts...)
		},
		status: func(progress *BrandKitExtractionProgress) string {
			switch {
			case progress.IsComplete:
				return complete
			case progress.IsFailed:
				return failed
			case progress.CurrentStep != nil:
				return *progress.CurrentStep
			}
			return "none"
		},
		final: []string{complete, failed},
	}
	return wait(ctx, w, opts)
}

func finalCarrier() []BroadcastStatus {
	return []BroadcastStatus{BroadcastStatusSent, BroadcastStatusFailed, BroadcastStatusArchived}
}

// poller is what a waiter polls, and which statuses end the wait.
type poller[T any, S ~string] struct {
	client *Client
	op     operation
	poll   func(opts []CallOption) (*T, error)
	status func(*T) S
	final  []S
}

// wait polls until a T has a final status. It returns the T that it has seen last.
func wait[T any, S ~string](ctx context.Context, p poller[T, S], opts []CallOption) (last *T, err error) {
	var resp Response
	opts = append(slices.Clip(opts), WithResponse(&resp))
	ended := Error{route: p.op.label()} // the error, if the wait ends between two polls
	var stopped error                   // that of the last pause; one more poll follows it
	for tries, polls := 1, 0; ; tries++ {
		seen, err := p.poll(opts)
		ended.Attempts += resp.Attempts
		if seen != nil {
			last = seen
			polls++
		}

		var limited error // the rate limit that has refused the poll
		pause := max(p.client.polling(tries), 0)
		switch {
		case seen != nil && slices.Contains(p.final, p.status(seen)):
			return seen, err
		case seen != nil && (err == nil || p.status(seen) != ""): // another field of the reply may be wrong
			between := context.WithValue(ctx, pollsKey{}, polls)
			if err = stopped; err == nil {
				stopped = p.client.rest(between, beforeDeadline(ctx, pause))
			}
		case stopped != nil:
			err = stopped
		case errors.Is(err, ErrRateLimited) && !errors.Is(err, ctx.Err()): // ctx did not end the poll
			limited = err
			if err = ctx.Err(); err == nil {
				e, _ := errors.AsType[*Error](limited)
				err = p.client.rest(ctx, max(pause, e.RetryAfter))
			}
		default:
			return last, err
		}

		if err == nil && ctx.Err() == nil {
			continue
		}
		err = cmp.Or(err, stopped, ctx.Err())
		ended.cause = endOf(ctx, err, limited)
		if last != nil {
			ended.Message = fmt.Sprintf("the wait ended at the status %s: %v", p.status(last), ended.cause)
		}
		ended.hide(*p.client.apiKey)
		return last, &ended
	}
}

// endOf returns why a wait has ended: the error of its last pause, the end of the context, and the rate limit that had
// refused the last poll.
func endOf(ctx context.Context, err, limited error) error {
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		err = fmt.Errorf("%w: %w", over, err)
	}
	if limited != nil {
		err = fmt.Errorf("%w: %w", err, limited)
	}
	return err
}

// beforeDeadline shortens a wait that would leave no time for a poll before the deadline of the context.
func beforeDeadline(ctx context.Context, pause time.Duration) time.Duration {
	deadline, limited := ctx.Deadline()
	if left := time.Until(deadline) - lastPoll; limited && left > 0 {
		return min(pause, left)
	}
	return pause
}

type pollsKey struct{}

// Polls is for functions that [WithSleep] takes. If the wait is between two polls of a waiter such as
// [EmailsService.Wait], Polls returns how many polls the waiter has made. Before a retry it returns 0.
func Polls(ctx context.Context) int {
	polls, _ := ctx.Value(pollsKey{}).(int)
	return polls
}

// pollBackoff returns the wait after the nth poll of a waiter.
func pollBackoff(poll int) time.Duration { return spread(firstPollWait, longestPollWait, poll) }
