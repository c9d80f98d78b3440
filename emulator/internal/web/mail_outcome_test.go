package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// outcome presses a button of the page of an email, and returns the text of the page that follows.
func (b browser) outcome(id string, form url.Values) string {
	b.Helper()
	status, page := b.post(mailPath(id)+"/outcome", form)
	require.Equal(b, 200, status, page)
	return text(page)
}

// happened returns the facts of the newest email.
func (b browser) happened() string {
	b.Helper()
	facts := []string{}
	for _, fact := range b.emu.Outbox().Last().Facts {
		facts = append(facts, strings.TrimSpace(fact.Type+" "+fact.Kind+" "+fact.URL))
	}
	return strings.Join(facts, ", ")
}

func TestTheRecipientOfMailDoesWhatTheButtonsSay(t *testing.T) {
	for _, test := range []struct{ form, says, want string }{
		{"type=delivered", "Delivered.", "accepted, delivered"},
		{"type=bounced&kind=hard", "hard bounce, code 5.1.1", "accepted, bounced hard"},
		{"type=bounced&kind=soft", "soft bounce, code 4.2.2", "accepted, bounced soft"},
		{"type=complained", "Reported as spam.", "accepted, delivered, complained"},
		{"type=opened", "Opened.", "accepted, delivered, opened"},
		{"type=unsubscribed", "Unsubscribed", "accepted, delivered, unsubscribed"},
	} {
		b := open(t, emulator.WithSeedFile(acme))
		b.trial("kim@example.com")
		form, err := url.ParseQuery(test.form)
		require.NoError(t, err)
		require.Contains(t, b.outcome(b.emu.Sends().Last().ID, form), test.says, test.form)
		require.Equal(t, test.want, b.happened())
	}
}

func TestAClickChoosesALink(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.mailTo("order-receipt", "alex@example.com", map[string]any{"trackingUrl": "https://track.example/1"})
	require.Regexp(t, `<option value="1">1 Track your parcel</option>`, b.page(mailPath(id)))
	for _, link := range []string{"", "0", "-1", "3", "x", "1.5"} {
		require.Contains(t, b.outcome(id, url.Values{"type": {"clicked"}, "link": {link}}),
			"Choose one of the 2 links of the email.", link)
	}
	require.Contains(t, b.outcome(id, url.Values{"type": {"clicked"}, "link": {"2"}}), "does not lead to the web")
	require.Equal(t, "accepted", b.happened())
	b.outcome(id, url.Values{"type": {"clicked"}, "link": {"1"}})
	require.Equal(t, "accepted, delivered, clicked  https://track.example/1", b.happened())
	require.Contains(t, text(b.page(mailPath(id))), "Clicked : https://track.example/1")
}

func TestAClickOnAnUnsubscribeLinkIsRefused(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.trial("kim@example.com")
	id := b.emu.Sends().Last().ID
	require.Contains(t, b.outcome(id, url.Values{"type": {"clicked"}, "link": {"1"}}), "use the button Unsubscribe")
	require.Contains(t, text(b.page(mailPath(id))), "Click the email has no link whose clicks count")
	require.Equal(t, "accepted", b.happened())
}

func TestWhatCannotHappenToMailIsRefused(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.mailTo("order-receipt", "alex@example.com", nil)
	require.Contains(t, b.outcome(id, url.Values{"type": {"unsubscribed"}}), "The email has no SubscriptionGroup")
	b.outcome(id, url.Values{"type": {"bounced"}, "kind": {"hard"}})
	for form, want := range map[string]string{
		"type=opened":                       "Opened cannot follow bounced.",
		"type=bounced&kind=hard":            "Bounced cannot follow bounced.",
		"type=bounced&kind=medium":          "The kind of a bounce is hard or soft.",
		"type=opened&kind=hard":             "Only bounced has a kind",
		"":                                  "Unknown fact",
		"type=%3Cb%3E":                      "Unknown fact",
		"type=accepted":                     "Unknown fact",
		"type=" + strings.Repeat("x", 1000): "Unknown fact",
	} {
		values, err := url.ParseQuery(form)
		require.NoError(t, err)
		require.Contains(t, b.outcome(id, values), want, form)
	}
	require.Equal(t, "accepted, bounced hard", b.happened())

	disabled := regexp.MustCompile(`<button disabled>([^<]*)</button> <span class="quiet">([^<]*)`)
	var buttons []string
	for _, found := range disabled.FindAllStringSubmatch(b.page(mailPath(id)), -1) {
		buttons = append(buttons, found[1]+": "+found[2])
	}
	require.Contains(t, buttons, "Open: opened cannot follow bounced")
	require.Contains(t, buttons, "Bounce, hard: it has happened already")

	skipped := b.mailTo("order-receipt", "alex@example.com", nil)
	require.Contains(t, b.outcome(skipped, url.Values{"type": {"opened"}}), "this one is Skipped")
	status, _ := b.post(mailPath("nothing")+"/outcome", url.Values{"type": {"opened"}})
	require.Equal(t, 404, status)
	_, page := b.do("POST", mailPath(id)+"/outcome", url.Values{"type": {"opened"}}) // without the session's token
	require.Contains(t, page, "The form was refused")
}

func TestHostileMailStaysSmallAndInert(t *testing.T) {
	const evil = `</textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>`
	for name, html := range map[string]string{
		"a megabyte":  "<p>" + strings.Repeat("word ", 200_000) + "</p>",
		"500 links":   strings.Repeat(`<a href="https://a.example/`+strings.Repeat("x", 1500)+`">Link</a> `, 500),
		"bad links":   strings.Repeat(`<a href="javascript:alert(1)">`+strings.Repeat("y", 500)+`</a>`, 500),
		"code":        evil,
		"unfinished":  `<!doctype html><a href="https://a.example/"><style><!--`,
		"no doctype":  `<!-- <!doctype html -->` + evil,
		"other signs": "<p>\u202e\u200bאבג" + strings.Repeat("a", 10_000) + "</p><a href='data:text/html,x'>d</a>",
	} {
		b := open(t, inline(map[string]any{"subject": evil + strings.Repeat("s", 5000), "html": html}))
		id := b.mailTo("inline", "alex@example.com", nil)
		page := b.page(mailPath(id))
		require.Less(t, len(page), 200_000, name)
		require.NotContains(t, page, "<script>", name)
		require.NotContains(t, page, "<img", name)
		require.NotContains(t, page, `href="javascript:`, name)
		require.NotContains(t, page, `href="data:`, name)
		require.Contains(t, page, "subject_long")
		require.NotContains(t, b.page("/dashboard/mail"), "<script>")
		require.Contains(t, b.page(mailPath(id)+"/html?dark=1"), "invert(1)")
	}
}

func TestManyLinksOfMailAreShownInParts(t *testing.T) {
	b := open(t, inline(map[string]any{
		"subject": "Links", "html": strings.Repeat(`<a href="https://a.example/">Link</a> `, 120),
	}))
	id := b.mailTo("inline", "alex@example.com", nil)
	row := regexp.MustCompile(`<td class="number">(\d+)</td>`)
	for path, want := range map[string]struct{ first, last string }{
		"":           {"1", "50"},
		"?links=51":  {"51", "100"},
		"?links=101": {"101", "120"},
		"?links=999": {"1", "50"},
		"?links=x":   {"1", "50"},
	} {
		rows := row.FindAllStringSubmatch(b.page(mailPath(id)+path), -1)
		require.Equal(t, want.first, rows[0][1], path)
		require.Equal(t, want.last, rows[len(rows)-1][1], path)
	}
	require.Contains(t, b.page(mailPath(id)), `<a href="`+mailPath(id)+`?links=51#links">Later links</a>`)
	require.Contains(t, text(b.page(mailPath(id)+"?links=51")), "Make something happen")
}
