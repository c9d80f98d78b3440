package browsertest_test

import (
	"context"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// browser has tabs that tests use one after the other, because a new one costs more than most tests do.
type browser struct {
	ctx  context.Context
	mu   sync.Mutex
	free []emptyTab
}

// emptyTab is a tab that shows nothing and keeps nothing, such as cookies.
type emptyTab struct {
	ctx     context.Context
	seen    *sightings
	discard context.CancelFunc
}

// take returns a tab that no other test uses.
func (b *browser) take() (emptyTab, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if last := len(b.free) - 1; last >= 0 {
		empty := b.free[last]
		b.free = b.free[:last]
		return empty, nil
	}
	seen := &sightings{}
	ctx, discard := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(seen.see))
	return emptyTab{ctx, seen, discard}, chromedp.Do(ctx)
}

// give lets another test use a tab.
func (b *browser) give(empty emptyTab) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free = append(b.free, empty)
}

// clear leaves the page that the tab shows, and removes what it kept.
func (e emptyTab) clear(ctx context.Context) error {
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, network.ClearBrowserCookies, cdp.Empty{})
	return err
}
