// Package browsertest_test opens the dashboard in headless Chromium, as people do. It is a module of its own, so that
// no user of the SDK or the emulator gets its dependencies. `make browser` runs it.
package browsertest_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// running is the browser of all tests, nil if there is none. TestMain starts it.
var running *browser

func TestMain(m *testing.M) {
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browsertest:", err)
		code = 1
	}
	os.Exit(code)
}

// runAll starts the browser, runs all tests, and closes the browser. In CI it is an error if there is no browser.
func runAll(m *testing.M) (code int, err error) {
	path := chromium()
	if path == "" {
		if os.Getenv("CI") == "true" {
			return 1, fmt.Errorf("CI needs Chromium, and %s", noBrowser)
		}
		return m.Run(), nil
	}

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// Frames in sandboxes stay in the process of their page, so that a tab sees what happens in them.
		chromedp.Flag("disable-features", "Translate,IsolateSandboxedIframes"),
		// No name but the emulator's leads anywhere.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("font-render-hinting", "none"),
	)
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // Chromium refuses to start in one as root
	}
	allocated, free := chromedp.NewExecAllocator(context.Background(), options...)
	defer free()
	ctx, quit := chromedp.NewContext(allocated)
	defer quit()
	if err := chromedp.Do(ctx); err != nil {
		return 1, fmt.Errorf("start %s: %w", path, err)
	}
	running = &browser{ctx: ctx}
	return m.Run(), nil
}

const noBrowser = "there is none: install Debian's package chromium, or set CHROME_PATH"

// chromium returns the path of a browser, or "" if there is none.
func chromium() string {
	for _, name := range []string{os.Getenv("CHROME_PATH"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

// patience is how long a tab may take, so that no test waits for ever for what does not come. A machine of CI can be
// busy.
const patience = 4 * time.Minute

// noon is when the clocks of the tests stand still.
var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

const acme = "../../emulator/testdata/acme.yaml"

// tab is a tab of the browser at an emulator. It shares nothing with other tabs, such as cookies.
type tab struct {
	*testing.T
	ctx  context.Context
	emu  *emulator.Emulator
	seen *sightings
}

// signedOut starts an emulator at noon and opens a tab. When the test ends, nothing may have gone wrong in the tab.
func signedOut(t *testing.T, opts ...emulator.Option) tab {
	t.Helper()
	if running == nil {
		t.Skip("needs Chromium, and " + noBrowser)
	}
	return tabAt(t, emulator.Start(t, append([]emulator.Option{emulator.WithStartTime(noon)}, opts...)...))
}

// tabAt is signedOut at an emulator that runs.
func tabAt(t *testing.T, emu *emulator.Emulator) tab {
	t.Helper()
	empty, err := running.take()
	require.NoError(t, err)
	empty.seen.begin(emu.URL())
	ctx, cancel := context.WithTimeout(empty.ctx, patience)
	t.Cleanup(cancel)
	b := tab{t, ctx, emu, empty.seen}
	t.Cleanup(func() {
		err := empty.clear(ctx)
		for _, sight := range b.seen.all() {
			t.Error(sight)
		}
		if err != nil || t.Failed() {
			empty.discard()
			return
		}
		running.give(empty)
	})
	b.do(b.looks(desktop))
	return b
}

// open is signedOut, and signs in.
func open(t *testing.T, opts ...emulator.Option) tab {
	t.Helper()
	b := signedOut(t, opts...)
	b.signIn()
	return b
}

// signIn opens a link that signs in.
func (b tab) signIn() {
	b.Helper()
	b.visit(b.login(), 200)
}

// signInTo opens a link that signs in and leads on to a page, which must answer with a status.
func (b tab) signInTo(path string, status int) {
	b.Helper()
	b.seen.expect(b.emu.URL()+path, status)
	b.visit(b.login()+"&next="+url.QueryEscape(path), status)
}

// login returns the path of a link that signs in.
func (b tab) login() string { return strings.TrimPrefix(b.emu.LoginURL(), b.emu.URL()) }

// do runs steps in the tab.
func (b tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.Helper()
	require.NoError(b, chromedp.Do(b.ctx, steps...))
}

// visit opens a page, which must answer with a status. It waits until the page is loaded.
func (b tab) visit(path string, status int) {
	b.Helper()
	b.seen.expect(b.emu.URL()+path, status)
	response, err := chromedp.RunResponse(b.ctx, chromedp.Navigate(b.emu.URL()+path))
	require.NoError(b, err, path)
	require.EqualValues(b, status, response.Status, path)
}

// press clicks on what leads to another page, and waits until that is loaded.
func (b tab) press(selector string) {
	b.Helper()
	response, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.Search(selector)))
	require.NoError(b, err, selector)
	require.EqualValues(b, 200, response.Status, selector)
}

// text returns what the main part of the page says, in one line.
func (b tab) text() string {
	b.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("main")))
	require.NoError(b, err)
	return strings.Join(strings.Fields(text), " ")
}

// value returns the value of a JavaScript expression in a tab.
func value[T any](b tab, expression string) T {
	b.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b, err, expression)
	return v
}

// screen is how a page is looked at.
type screen struct {
	width  int64
	scheme string // light or dark
	motion string // reduce or no-preference
}

var desktop = screen{1280, "light", "no-preference"}

// looks returns a step after which the tab looks like a screen. The page is not loaded again.
func (b tab) looks(s screen) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: s.width, Height: 900, DeviceScaleFactor: 1,
		})
		if err != nil {
			return chromedp.Void{}, err
		}
		_, err = chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "prefers-reduced-motion", Value: s.motion},
			},
		})
		return chromedp.Void{}, err
	}
}

// withoutScripts turns JavaScript off in the tab.
func (b tab) withoutScripts() {
	b.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
		emulation.SetScriptExecutionDisabledParams{Value: true})
	require.NoError(b, err)
	b.Cleanup(func() {
		_, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled,
			emulation.SetScriptExecutionDisabledParams{Value: false})
		require.NoError(b, err)
	})
}

// picture returns a picture of what the tab shows, as PNG.
func (b tab) picture() []byte {
	b.Helper()
	shot, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{})
	require.NoError(b, err)
	return shot.Data
}
