package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// show adds an element to the page, and the style of its class.
const show = `(() => {
	const sheet = new CSSStyleSheet()
	sheet.replaceSync(%q)
	document.adoptedStyleSheets = [sheet]
	document.querySelector("main").insertAdjacentHTML("beforeend", %q)
	return true
})()`

// TestBrokenPagesAreFound breaks the page of the people, which is fine, in one way at a time.
func TestBrokenPagesAreFound(t *testing.T) {
	const text = `<p class="broken">broken</p>`
	low := func(scheme string) string {
		return "@media (prefers-color-scheme: " + scheme + ") { .broken { color: #777; background: #888 } }"
	}
	only := func(width string) string {
		return ".broken { display: none } @media (" + width + ") { .broken { display: inline } }"
	}
	// Less than !important would lose against the dashboard's own style for people who prefer less motion.
	moving := "@keyframes turn { to { rotate: 1turn } } .broken { animation: turn 1s infinite !important }"
	const wideLight, wideDark = "1280 px, light: ", "1280 px, dark: "
	const narrowLight, narrowDark = "360 px, light: ", "360 px, dark: "
	for _, broken := range []struct {
		name, style, html string
		want              []string
	}{
		{"nothing", "", text, nil},
		{"low contrast in light", low("light"), text,
			[]string{wideLight + "color-contrast", narrowLight + "color-contrast"}},
		{"low contrast in dark", low("dark"), text,
			[]string{wideDark + "color-contrast", narrowDark + "color-contrast"}},
		{"a field without a label", "", `<input class="broken">`, []string{wideLight + "label", narrowDark + "label"}},
		{"a label that only wide screens lack", only("width > 800px"), `<input class="broken">`,
			[]string{wideLight + "label"}},
		{"a label that only narrow screens lack", only("width < 800px"), `<input class="broken">`,
			[]string{narrowDark + "label"}},
		{"too wide for a phone", ".broken { width: 500px }", text,
			[]string{narrowDark + "the page is", narrowLight + "the page is"}},
		{"motion", moving, text, []string{narrowDark + "something moves", narrowLight + "something moves"}},
	} {
		t.Run(broken.name, func(t *testing.T) {
			t.Parallel()
			b := signedOut(t)
			b.signInTo("/dashboard/people", 200)
			require.True(t, value[bool](b, fmt.Sprintf(show, broken.style, broken.html)))
			faults := b.faults(screens...)
			require.Len(t, faults, len(broken.want), "%q", faults)
			for i, want := range broken.want {
				require.Contains(t, faults[i], want)
			}
		})
	}
}

func TestSightingsOfWhatMustNotHappen(t *testing.T) {
	t.Parallel()
	b := open(t)
	for expression, want := range map[string]string{
		`console.error("broken")`:                            "a script wrote to the console: error",
		`setTimeout(() => { throw Error("broken") })`:        "an exception",
		`fetch("http://elsewhere.example/").catch(() => {})`: "Content Security Policy",
		`new Image().src = "http://elsewhere.example/"`:      "Content Security Policy",
	} {
		value[bool](b, "("+expression+", new Promise(done => setTimeout(() => done(true))))")
		require.Contains(t, fmt.Sprint(b.seen.all()), want, expression)
	}
	require.Error(t, chromedp.Do(b.ctx, chromedp.Navigate("http://elsewhere.example/")))
	require.Contains(t, fmt.Sprint(b.seen.all()), "a request left the emulator: http://elsewhere.example/")

	b.signIn()
	b.seen.begin(b.emu.URL())
	b.visit("/dashboard/people", 200)
	require.Empty(t, b.seen.all(), "a tab that forgets begins anew")
}
