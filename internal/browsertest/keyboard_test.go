package browsertest_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// focus describes what has the focus. Its place is the number of the element in the page.
type focus struct {
	Place   int
	HTML    string
	Visible bool // the element is on the screen, and looks different from when it has no focus
}

const focused = `(() => {
	const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e)
	return {
		place: [...document.querySelectorAll("*")].indexOf(e),
		html: e.outerHTML.slice(0, 120),
		visible: box.width > 0 && box.right > 0 && box.bottom > 0 && box.top < innerHeight &&
			(e.tagName === "IFRAME" || style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2),
	}
})()`

// reachable are the numbers of the elements that the keyboard must reach.
const reachable = `(() => {
	const all = [...document.querySelectorAll("*")]
	const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"
	return [...document.querySelectorAll(can)]
		.filter(e => !e.disabled && e.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
		.map(e => all.indexOf(e))
})()`

func TestTheKeyboardReachesEverything(t *testing.T) {
	t.Parallel()
	for _, page := range []string{"", "/mail", "/people", "/faults", "/world"} {
		t.Run("dashboard"+page, func(t *testing.T) {
			b := open(t, emulator.WithSeedFile(acme))
			w := world{t, b.emu, b.emu.Client()}
			w.days()
			b.visit("/dashboard"+page, 200)
			b.tabsThrough()
		})
	}
	t.Run("confirmation", func(t *testing.T) {
		b := open(t, emulator.WithSeedFile(acme))
		w := world{t, b.emu, b.emu.Client()}
		b.visit("/dashboard/confirmations/"+w.ask(w.broadcast("Winter sale")), 200)
		b.tabsThrough()
	})
}

// tabsThrough presses the tabulator until every element had the focus that must get it.
func (b tab) tabsThrough() {
	b.Helper()
	waiting := map[int]bool{}
	for _, place := range value[[]int](b, reachable) {
		waiting[place] = true
	}
	require.NotEmpty(b, waiting)
	for range 3*len(waiting) + 20 { // a field for a date and the links of an email take several
		if len(waiting) == 0 {
			return
		}
		b.do(chromedp.KeyEvent(kb.Tab))
		at := value[focus](b, focused)
		if waiting[at.Place] {
			require.True(b, at.Visible, "the focus is not visible: %s", at.HTML)
		}
		delete(waiting, at.Place)
	}
	for place := range waiting {
		b.Errorf("the keyboard does not reach %s", value[string](b, element(place)))
	}
}

func TestTheFirstLinkSkipsToTheContent(t *testing.T) {
	t.Parallel()
	b := open(t, emulator.WithSeedFile(acme))
	w := world{t, b.emu, b.emu.Client()}
	w.ask(w.broadcast("Winter sale"))
	b.visit("/dashboard", 200)
	b.do(chromedp.KeyEvent(kb.Tab))
	at := value[focus](b, focused)
	require.Contains(b, at.HTML, "Skip to the content")
	require.True(b, at.Visible)
	b.do(chromedp.KeyEvent(kb.Enter))
	require.Equal(b, "main", value[string](b, "document.activeElement.id"))
	b.do(chromedp.KeyEvent(kb.Tab))
	require.True(b, value[bool](b, `document.querySelector("main").contains(document.activeElement)`))
}

func element(place int) string {
	return fmt.Sprintf(`document.querySelectorAll("*")[%d].outerHTML.slice(0, 200)`, place)
}
