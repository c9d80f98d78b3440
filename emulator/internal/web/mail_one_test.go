package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// whole opens a page that must exist, and returns where it is.
func (b browser) whole(path string) (at string, header http.Header, content string) {
	b.Helper()
	response, content := b.do(http.MethodGet, path, nil)
	require.Equal(b, 200, response.StatusCode, content)
	return response.Request.URL.Path, response.Header, content
}

func TestOneMailShowsWhatItIsAndWhereItComesFrom(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	send, err := b.emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "order-receipt"),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
		CC:         []string{"boss@example.com"},
		Data:       map[string]any{"orderId": "ord_1", "trackingUrl": "https://track.example/1?a=b"},
		Tracking:   &segmentflow.Tracking{Clicks: true},
	}, segmentflow.WithIdempotencyKey("receipt:ord_1"))
	require.NoError(t, err)
	b.emu.Advance(time.Minute)

	page := b.page(mailPath(send.ID))
	require.Contains(t, page, "<h1>Your order ord_1</h1>")
	msg := b.emu.Outbox().Only(t)
	for _, want := range []string{
		"Sent", "boss@example.com", "receipt:ord_1", "its current version",
		"Delivered", "Accepted by the API", "We have received order ord_1.", "support@acme.example",
		"https://track.example/1?a=b", "click tracking", "Mime-Version", "/data/total",
	} {
		require.Contains(t, page, want)
	}
	for _, path := range []string{
		"/dashboard/people/" + send.ProfileID, "/dashboard/templates/" + send.TemplateID,
		"/dashboard/requests/" + b.emu.Requests().Operation("sendEmail").Last().ID,
		"/dashboard/find/" + send.ID, "/dashboard/find/" + msg.ID, mailPath(send.ID) + "/eml",
	} {
		require.Contains(t, page, `href="`+path+`"`)
	}
	require.Contains(t, page, `href="https://track.example/1?a=b" rel="noopener noreferrer"`)
	require.NotContains(t, page, "/c/", "the page shows where tracked links lead")

	at, _, _ := b.whole(mailPath(msg.ID))
	require.Equal(t, mailPath(send.ID), at, "a message id leads to its EmailSend")
	status, _ := b.get(mailPath("7e0f6f2a-5a0f-4d53-9d52-7c8f7f3f2a10"))
	require.Equal(t, 404, status)
	status, _ = b.get(mailPath("nothing"))
	require.Equal(t, 404, status)
}

func TestMailOfAJourneyLeadsToItsRunAndEvent(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.trial("kim@example.com")
	send := b.emu.Sends().Only(t)
	page := b.page(mailPath(send.ID))
	require.Contains(t, page, `<a href="/dashboard/runs/`+b.emu.Runs("trial-onboarding").Last().RunID+`">`)
	require.Contains(t, page, `<a href="/dashboard/events/`+b.emu.Events().Last().EventID+`">trial.started</a>`)
	require.Contains(t, page, `<span class="tag">unsubscribe</span>`)
	require.Contains(t, text(page), "entered by the event trial.started")
	require.Contains(t, page, "List-Unsubscribe")
	require.NotContains(t, page, "list_unsubscribe_missing")
}

func TestMailThatWasNotSentSaysWhy(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.mailTo("order-receipt", "alex@example.com", nil)
	require.NoError(t, b.emu.Complain(b.emu.Outbox().Last()))
	skipped := b.mailTo("order-receipt", "alex@example.com", nil)
	failed := b.mailWith(segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", "order-receipt"), Subject: "   ",
		To: &segmentflow.Recipient{Email: "kim@example.com"},
	})

	page := text(b.page(mailPath(skipped)))
	require.Contains(t, page, "Skipped : nothing was sent to alex@example.com, "+
		"because the recipient has reported an email as spam")
	require.Contains(t, page, "Why was it skipped?")
	require.Contains(t, page, "There is no email to check.")
	require.Contains(t, page, "Nothing else can happen to it, because it was not sent.")
	for _, part := range []string{"html", "text", "raw", "eml"} {
		status, page := b.get(mailPath(skipped) + "/" + part)
		require.Equal(t, 404, status)
		require.Contains(t, page, "It is Skipped, and no content of it was kept.")
	}
	if send := b.emu.Sends().Status("Failed").Last(); send != nil {
		require.Contains(t, text(b.page(mailPath(failed))), "the email could not be rendered")
	}
}

func TestThePartsOfMailAreServedAlone(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.mailTo("order-receipt", "alex@example.com", map[string]any{"orderId": `../"Ä\r\n ord_1`})
	msg := b.emu.Outbox().Only(t)
	for part, want := range map[string]struct{ media, content string }{
		"html": {"text/html; charset=utf-8", msg.HTML[strings.Index(msg.HTML, "<html"):]},
		"text": {"text/plain; charset=utf-8", msg.Text},
		"raw":  {"text/plain; charset=utf-8", string(msg.Raw())},
		"eml":  {"message/rfc822", string(msg.Raw())},
		"why":  {"text/plain; charset=utf-8", b.emu.Explain(id)},
	} {
		_, header, content := b.whole(mailPath(id) + "/" + part)
		require.Equal(t, want.media, header.Get("Content-Type"), part)
		require.Contains(t, content, want.content)
	}
	_, header, _ := b.whole(mailPath(id) + "/eml")
	require.Equal(t, `attachment; filename=your-order-r-n-ord-1-`+id[:8]+`.eml`, header.Get("Content-Disposition"))
	status, _ := b.get(mailPath(id) + "/other")
	require.Equal(t, 404, status)
}

func TestTheHTMLOfMailIsShownInTwoFramesAndInTheDark(t *testing.T) {
	b := open(t, inline(map[string]any{"subject": "Hello", "html": `<!doctype html><style>
		@media (prefers-color-scheme: dark) { p { color: #eee } }</style><p>Hello</p>
		<img src="https://cdn.example/a.png" alt="A">`}))
	id := b.mailTo("inline", "alex@example.com", nil)
	page := b.page(mailPath(id))
	require.Equal(t, 2, strings.Count(page, `sandbox="allow-popups allow-popups-to-escape-sandbox"`))
	require.Contains(t, page, `<a href="`+mailPath(id)+`?images=1">Load them</a>`)

	_, header, html := b.whole(mailPath(id) + "/html")
	policy := header.Get("Content-Security-Policy")
	require.Contains(t, policy, "sandbox allow-popups")
	require.Contains(t, policy, "default-src 'none'")
	require.NotContains(t, policy, "https:;", "no image of another host")
	require.True(t, strings.HasPrefix(html, `<!doctype html><base target="_blank">`), html)
	require.NotContains(t, html, "(min-width: 0)")

	dark := b.page(mailPath(id) + "?dark=1")
	require.Contains(t, dark, "This is a simulation.")
	require.Contains(t, dark, `src="`+mailPath(id)+`/html?dark=1"`)
	require.Contains(t, dark, `<a href="`+mailPath(id)+`">Show it light</a>`)
	require.Contains(t, b.page(mailPath(id)+"/html?dark=1"), "@media (min-width: 0)")
	_, header, _ = b.whole(mailPath(id) + "/html?images=1")
	require.Contains(t, header.Get("Content-Security-Policy"), "img-src data: http: https:;")
}

func TestMailWithoutADarkDesignIsInverted(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.mailTo("order-receipt", "alex@example.com", nil)
	require.Contains(t, b.page(mailPath(id)+"/html?dark=1"), "filter: invert(1)")
	require.NotContains(t, b.page(mailPath(id)+"/html"), "filter: invert(1)")
}

func TestSensitiveValuesAreOnlyInTheMailItself(t *testing.T) {
	b := open(t, inline(map[string]any{
		"subject": "Code ${/data/code} for you", "html": `<p>${/data/code}</p><a href="https://a.example/${/data/code}">
		${/data/code}</a><a href="${/data/code}">broken</a><img src="${/data/code}">`,
		"sensitiveTransactionalVariablePaths": []string{"/data/code"},
	}))
	id := b.mailTo("inline", "alex@example.com", map[string]any{"code": "s3cret77"})
	require.NoError(t, b.emu.Click(b.emu.Outbox().Only(t), "a.example"))
	for _, path := range []string{mailPath(id), mailPath(id) + "/why", "/dashboard/mail"} {
		require.NotContains(t, b.page(path), "s3cret", path)
	}
	require.Contains(t, text(b.page("/dashboard/mail?subject=s3cret")), "No EmailSend matches the search")
	page := text(b.page(mailPath(id)))
	require.Regexp(t, `It has [23] links\.`, page)
	require.Contains(t, page, "Clicked")
	for _, part := range []string{"html", "text", "raw"} {
		require.Contains(t, b.page(mailPath(id)+"/"+part), "s3cret77")
	}
}
