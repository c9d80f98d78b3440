package browsertest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAnOpenPageShowsNewEmail(t *testing.T) {
	t.Parallel()
	b := open(t, emulator.WithSeedFile(acme))
	b.visit("/dashboard/mail", http.StatusOK)
	world{t, b.emu, b.emu.Client()}.order("alex@example.com", "ord_1")
	b.do(chromedp.WaitVisible(chromedp.Search(link("Your order ord_1"))))
}

func TestAnOpenPageShowsHostileEmailAndNeverRunsIt(t *testing.T) {
	t.Parallel()
	b := open(t, emulator.WithSeed(hostileSeed()))
	b.visit("/dashboard/mail", http.StatusOK)
	world{t, b.emu, b.emu.Client()}.track("greeted", "alex@example.com", map[string]any{"link": hostileLink})
	b.do(chromedp.WaitVisible(chromedp.Search(link("<script>"))))
	require.False(t, value[bool](b, `"ran" in window`), "a text ran as a script")
}

func TestTheTimeThatIsLeftToDecideCountsDown(t *testing.T) {
	t.Parallel()
	b := open(t, emulator.WithSeedFile(acme), emulator.WithLiveClock())
	w := world{t, b.emu, b.emu.Client()}
	path := "/dashboard/confirmations/" + w.ask(w.broadcast("Winter sale"))
	b.emu.Advance(10 * time.Minute) // less than ten minutes are shown with seconds
	b.visit(path, http.StatusOK)
	left := value[string](b, `new Promise((done) => {
		const left = document.querySelector("time[data-left]");
		new MutationObserver(() => done(left.textContent)).observe(left, { childList: true });
	})`)
	require.Regexp(t, `^4 min \d+ s$`, left)
}

func TestALinkToAConfirmationLeadsBackToItAfterSigningIn(t *testing.T) {
	t.Parallel()
	b := signedOut(t, emulator.WithSeedFile(acme))
	w := world{t, b.emu, b.emu.Client()}
	path := "/dashboard/confirmations/" + w.ask(w.broadcast("Winter sale"))
	b.visit(path, http.StatusUnauthorized)
	b.signIn()
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	require.NoError(t, err)
	require.Equal(t, b.emu.URL()+path, at)
}
