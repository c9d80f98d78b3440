package browsertest_test

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// screens are how each page is looked at. The page is not loaded again for the next one.
var screens = []screen{
	desktop,
	{1280, "dark", "no-preference"},
	{360, "dark", "reduce"},
	{360, "light", "reduce"},
}

func TestEveryPageIsAccessibleInEveryState(t *testing.T) {
	for _, s := range states() {
		t.Run(strings.Trim(s.page+" "+s.name, "/ "), func(t *testing.T) {
			t.Parallel()
			b := signedOut(t, append([]emulator.Option{emulator.WithSeedFile(acme)}, s.options...)...)
			path := s.prepare(world{t, b.emu, b.emu.Client()})
			b.signInTo("/dashboard"+path, s.status)
			b.isFine(screens...)
		})
	}
}

// isFine tests the page that the tab shows, on some screens.
func (b tab) isFine(screens ...screen) {
	b.Helper()
	for _, fault := range b.faults(screens...) {
		b.Error(fault)
	}
}

// faults describes what is wrong with the page that the tab shows, on some screens. If a width comes again, only the
// colors are new.
func (b tab) faults(screens ...screen) (all []string) {
	b.Helper()
	b.injectAxe()
	rules := map[int64]string{}
	for _, s := range screens {
		b.do(b.looks(s))
		faults := b.inaccessible(cmp.Or(rules[s.width], allRules))
		rules[s.width] = contrast
		if width := value[int64](b, "document.scrollingElement.scrollWidth"); width > s.width {
			faults = append(faults, fmt.Sprintf("the page is %d px wide; what is widest: %s",
				width, value[string](b, widest)))
		}
		if bad := value[string](b, squeezed); bad != "" {
			faults = append(faults, "words break after a few letters in "+bad)
		}
		if value[bool](b, barless) {
			faults = append(faults, "the bars of a chart have the color of the page")
		}
		if s.motion == "reduce" && value[bool](b, moves) {
			faults = append(faults, "something moves, although the user prefers less motion")
		}
		for _, fault := range faults {
			all = append(all, fmt.Sprintf("%d px, %s: %s", s.width, s.scheme, fault))
		}
	}
	return all
}

// widest names the elements that reach beyond the screen and are in no area that scrolls.
const widest = `[...document.querySelectorAll("main *, header *")].filter(e =>
	e.getBoundingClientRect().right > innerWidth && !e.closest(".scroll, pre")
).slice(0, 5).map(e => e.outerHTML.slice(0, 120)).join("\n")`

// squeezed is a cell of a table that is too narrow for its words, "" if there is none.
const squeezed = `[...document.querySelectorAll("td")].find(e =>
	e.clientWidth < 64 && e.innerText.split(/\s/).some(word => word.length > 12))?.outerHTML.slice(0, 120) ?? ""`

// barless reports whether somebody cannot see the bars of a chart.
const barless = `[...document.querySelectorAll(".chart rect")].some(e =>
	getComputedStyle(e).fill === getComputedStyle(document.body).backgroundColor)`

// moves reports whether an animation runs.
const moves = `document.getAnimations().some(animation => animation.playState === "running")`

func TestPagesForPeopleWhoAreNotSignedIn(t *testing.T) {
	for _, path := range []string{"/dashboard", "/dashboard/mail", "/login?token=used"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := signedOut(t)
			b.visit(path, http.StatusUnauthorized)
			b.isFine(screens...)
		})
	}
}

func TestAFormFromElsewhereIsRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.seen.expect(b.emu.URL()+"/dashboard/confirmations/1/approve", http.StatusForbidden)
	response, err := chromedp.RunResponse(b.ctx, chromedp.Evaluate[chromedp.Void](`
		const form = document.createElement("form")
		form.method = "post"
		form.action = "/dashboard/confirmations/1/approve"
		document.body.append(form)
		form.submit()`))
	if err != nil || response.Status != http.StatusForbidden {
		t.Fatalf("%v, %v", response, err)
	}
	b.isFine(screens...)
}
