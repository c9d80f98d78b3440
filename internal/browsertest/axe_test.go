package browsertest_test

import (
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// axe returns the source of axe-core, which package-lock.json pins.
var axe = sync.OnceValues(func() (string, error) {
	source, err := os.ReadFile("node_modules/axe-core/axe.min.js")
	if err != nil {
		return "", fmt.Errorf("%w; run `npm ci --ignore-scripts` in internal/browsertest, as `make browser` does", err)
	}
	return string(source), nil
})

// Sets of rules: all of WCAG 2.1 A and AA with what axe-core calls best practice, and the one about colors.
const (
	allRules = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]`
	contrast = `["color-contrast"]`
)

// check tests a set of rules. It leaves out what is in frames: that is email, which others write.
const check = `axe.run(document, {
	runOnly: %s,
	resultTypes: ["violations"], iframes: false, preload: false, selectors: false,
}).then(result => result.violations.map(rule => ({
	rule: rule.id, help: rule.help,
	nodes: rule.nodes.slice(0, 3).map(node => node.html.slice(0, 300) + "\n    " + node.failureSummary),
})))`

// violation is a rule that a page breaks, and some elements where it does.
type violation struct {
	Rule, Help string
	Nodes      []string
}

// injectAxe loads axe-core into the page. The page's content security policy does not concern what the browser itself
// loads.
func (b tab) injectAxe() {
	b.Helper()
	source, err := axe()
	require.NoError(b, err)
	b.do(chromedp.Evaluate[chromedp.Void](source + "; null"))
}

// inaccessible describes the rules of accessibility that the page breaks as it looks now.
func (b tab) inaccessible(rules string) (faults []string) {
	b.Helper()
	for _, v := range value[[]violation](b, fmt.Sprintf(check, rules)) {
		faults = append(faults, fmt.Sprintf("%s (%s):\n  %s", v.Rule, v.Help, strings.Join(v.Nodes, "\n  ")))
	}
	return faults
}
