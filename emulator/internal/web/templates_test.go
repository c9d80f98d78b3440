package web_test

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// receipt opens the dashboard of acme and returns the page of the Template of receipts.
func receipt(t *testing.T) (b browser, path string) {
	t.Helper()
	b = open(t, emulator.WithSeedFile(acme))
	return b, "/dashboard/templates/" + b.emu.ID("template", "order-receipt")
}

// templates returns a seed with Templates.
func templates(list ...emulator.SeedTemplate) emulator.Option {
	return emulator.WithSeed(emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "a.example"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "a", Name: "A", Email: "a@a.example", Default: true}},
		Templates:      list,
	})
}

func template(key string, definition map[string]any) emulator.SeedTemplate {
	return emulator.SeedTemplate{Key: key, Name: "The " + key, Purpose: "Transactional", Definition: definition}
}

// attribute returns the unescaped value of an attribute that begins with a text.
func attribute(t *testing.T, page, begin string) string {
	t.Helper()
	_, value, found := strings.Cut(page, begin)
	require.True(t, found, "no %s in %s", begin, page)
	value, _, _ = strings.Cut(value, `"`)
	return html.UnescapeString(value)
}

// templateReply is what is known of a reply besides the page.
type templateReply struct {
	status int
	header http.Header
	at     *url.URL // after redirects
}

func (b browser) asked(method, path string, form url.Values) (got templateReply, page string) {
	b.Helper()
	response, page := b.do(method, path, form)
	return templateReply{response.StatusCode, response.Header, response.Request.URL}, page
}

// frame returns the email in the frames of a page.
func (b browser) frame(page string) string {
	b.Helper()
	got, email := b.asked(http.MethodGet, attribute(b.T, page, `desktop width" src="`), nil)
	require.Equal(b, 200, got.status)
	require.Contains(b, got.header.Get("Content-Security-Policy"), "sandbox")
	require.Contains(b, got.header.Get("Content-Security-Policy"), "default-src 'none'")
	require.Equal(b, 2, strings.Count(page, "<iframe sandbox "))
	return email
}

func TestTemplatesAreListedAndFound(t *testing.T) {
	var list []emulator.SeedTemplate
	for i := range 120 {
		list = append(list, template(fmt.Sprintf("t%03d", i), map[string]any{"subject": "S", "text": "x"}))
	}
	b := open(t, templates(list...))
	first := b.page("/dashboard/templates")
	require.Equal(t, 50, strings.Count(first, "/dashboard/mail?template="))
	require.Contains(t, text(first), "The t000 "+"t000 Transactional Active a@a.example")
	second := b.page("/dashboard/templates?before=t049")
	require.Contains(t, first, `href="/dashboard/templates?before=t049" rel="next"`)
	require.Contains(t, text(second), "The t050")
	require.Contains(t, second, `href="/dashboard/templates">First</a>`)
	last := b.page("/dashboard/templates?before=t099")
	require.Equal(t, 20, strings.Count(last, "/dashboard/mail?template="))
	require.NotContains(t, last, "rel=\"next\"")

	found := b.page("/dashboard/templates?q=THE+T11&status=Active")
	require.Equal(t, 10, strings.Count(found, "/dashboard/mail?template="))
	require.Contains(t, found, `value="THE T11"`)
	require.Contains(t, text(b.page("/dashboard/templates?status=Archived")), "No Template fits. Show all .")
}

func TestAnEmptyListOfTemplatesTeachesHowToFillIt(t *testing.T) {
	b := open(t, emulator.WithSeed(emulator.Seed{Organization: emulator.SeedOrganization{Name: "A"}}))
	require.Contains(t, b.page("/dashboard/templates"), "client.Templates.Create(ctx, ")
}

func TestTheFirstPreviewHasAValueForEveryBinding(t *testing.T) {
	b, path := receipt(t)
	page := b.page("/dashboard/templates/order-receipt") // a key redirects
	require.NotContains(t, b.page("/dashboard/templates/order-receipt/text"), "<html", "and so does that of a part")
	shown := text(page)
	require.Contains(t, shown, "Subject Your order 1001")
	require.Contains(t, shown, "Preheader Order 1001 is confirmed")
	require.Contains(t, shown, "From Acme Outdoor &lt;shop@acme.example&gt;")
	require.Contains(t, shown, "Missing nothing")
	require.Regexp(t, "/data/lines/…/name lineNameText (text ){2}–", shown)
	require.Contains(t, shown, "Sensitive, kept nowhere but in the email: /data/paymentReference .")
	require.Contains(t, shown, "Example line | 49.95")
	email := b.frame(page)
	for _, want := range []string{"Thank you, Alex", "Example line", "49.95 EUR", "https://example.com/tracking-url"} {
		require.Contains(t, email, want)
	}
	require.Contains(t, b.page(path+"/definition"), `"sensitiveTransactionalVariablePaths": [`)
	require.Contains(t, b.page(path+"/text"), "We have received order 1001.")

	welcome := text(b.page("/dashboard/templates/trial-welcome"))
	require.Contains(t, welcome, "Used by Journey Trial onboarding , Active")
	issue := text(b.page("/dashboard/templates/trail-notes-issue"))
	require.Contains(t, issue, "Used by Newsletter Trail Notes")
	status, _ := b.get("/dashboard/templates/nothing")
	require.Equal(t, 404, status)
}

func TestAnEditedStateIsRenderedAndStaysInTheURL(t *testing.T) {
	b, path := receipt(t)
	for name, filler := range map[string]string{"short": "", "long": strings.Repeat("x", 4000)} {
		state := `{"data": {"orderId": "<i>&#39;" , "more": "` + filler + `"}, "profile": {"firstName": "Zoë"}}`
		form := url.Values{"state": {state}, "csrf": {b.csrf()}}
		got, page := b.asked(http.MethodPost, path, form)
		require.Equal(t, 200, got.status, name)
		at := got.at
		require.Equal(t, name == "short", at.Query().Has("state"))
		require.Less(t, len(at.String()), 4000)
		require.Contains(t, page, html.EscapeString(state))
		require.Contains(t, text(page), "Missing 4 bindings with nothing to print")
		require.Regexp(t, `/data/lines line repeat list missing .* /data/orderId – subject text –`, text(page))
		require.Contains(t, b.frame(page), "Thank you, Zoë")
		require.Contains(t, b.frame(page), "We have received order &lt;i&gt;&amp;#39;.")
		again := b.page(at.RequestURI())
		require.Contains(t, again, html.EscapeString(state), "the URL shows the same state again")
	}
	gone := text(b.page(path))
	require.NotContains(t, gone, "was kept only in the session")
	status, page := b.get(path + "?kept=99")
	require.Equal(t, 422, status)
	require.Contains(t, text(page), "was kept only in the session")
	require.Contains(t, text(page), "Subject Your order 1001")
}

func TestAStateMayHaveThousandsOfLines(t *testing.T) {
	b, path := receipt(t)
	lines := strings.Repeat(`{"sku": "t2", "name": "Tent", "price": "1.00"}, `, 3000)
	status, page := b.post(path, url.Values{"state": {`{"data": {"lines": [` + lines + `{"name": "Last"}]}}`}})
	require.Equal(t, 200, status, text(page))
	require.Equal(t, 3000, strings.Count(b.frame(page), ">Tent<"))
}

func TestAMistakeInTheStateSaysWhereAndKeepsTheInputAndThePreview(t *testing.T) {
	b, path := receipt(t)
	before := path + "?" + url.Values{"state": {`{"data": {"orderId": "before"}}`}}.Encode()
	for state, want := range map[string]string{
		"{\n  \"data\": {\n    \"é\": 1,,\n  }\n}": "Line 3, column 12: invalid character",
		"":                            "Line 1, column 1: unexpected end of JSON input.",
		"{\"data\": {":                "Line 1, column 10: unexpected end of JSON input.",
		"{\"data\": {}}\n}":           "Line 2, column 1: invalid character",
		"[1]":                         `The state must be an object, such as {"data": {"orderId": "1001"}}.`,
		`{"datum": {}}`:               `The state has the member "datum". It can have data, profile, event and steps.`,
		`{"data": "<script>x"}`:       `"data" must be an object.`,
		`{"system": {"a": 1}}`:        `The state has the member "system".`,
		strings.Repeat("[", 20_000):   "Line 1, column 10001: invalid character '[' exceeded max depth.",
		`{"data": {"a": 1e999999999}`: "unexpected end of JSON input",
	} {
		status, page := b.post(before, url.Values{"state": {state}, "profile": {"<b>"}})
		require.Equal(t, 422, status, state)
		require.Contains(t, html.UnescapeString(text(page)), want)
		require.Contains(t, page, html.EscapeString(state)+"</textarea>")
		require.Contains(t, page, `value="&lt;b&gt;"`)
		require.Contains(t, text(page), "Subject Your order before", "the preview of before stays")
		require.NotContains(t, page, "<script>x")
	}
}

func TestTheProfileOfAnAddressFillsTheState(t *testing.T) {
	b, path := receipt(t)
	form := func(address string) url.Values {
		return url.Values{"state": {`{"data": {"orderId": "o1"}}`}, "profile": {address}, "fill": {"1"}}
	}
	status, page := b.post(path, form(" Bruno@example.com "))
	require.Equal(t, 200, status)
	require.Contains(t, html.UnescapeString(page), `"firstName": "Bruno"`)
	require.Contains(t, b.frame(page), "Thank you, Bruno")
	require.NotContains(t, b.frame(page), "As a gold member")

	status, page = b.post(path, form("nobody@example.com"))
	require.Equal(t, 422, status)
	require.Contains(t, text(page), "There is no Profile with the address nobody@example.com.")
	require.Contains(t, b.frame(b.page(path+"?profile=bruno@example.com")), "Thank you, Bruno", "the sample has it too")

	forged, _ := b.asked(http.MethodPost, path, form("bruno@example.com"))
	require.Equal(t, 403, forged.status, "without the token of the page")
}

func TestDeclaredVariablesAreExamplesAndWhatIsNotDeclaredShows(t *testing.T) {
	b := open(t, templates(template("t", map[string]any{
		"subject":         "${/data/orderId} ${/data/other}",
		"text":            "${/data/typed} ${/profile/firstName}",
		"renderVariables": map[string]any{"orderId": "ord_77", "typed": "string", "unused": 1},
	})))
	shown := text(b.page("/dashboard/templates/t"))
	require.Contains(t, shown, "Subject ord_77 Example other")
	require.Contains(t, shown, "Example typed Alex")
	require.Contains(t, shown, "/data/orderId – subject text yes – /data/other – subject text no –")
	require.Regexp(t, "/profile/firstName – (text ){2}– –", shown)
}

func TestAHostileTemplateIsInert(t *testing.T) {
	evil := `</textarea></pre><script>alert(1)</script>` + strings.Repeat("x", 10_000) + "\u202e\u200b"
	seeded := template("evil", map[string]any{"subject": evil, "from": "a@a.example",
		"html": evil + `<a href="javascript:alert(1)">x</a>${/data/` + "a<script>" + `}`, "text": evil,
		"renderVariables": map[string]any{evil: evil}})
	seeded.Name, seeded.Language = evil[:150], "en"
	seeded.Key = evil[:60]
	b := open(t, templates(seeded))
	id := b.emu.ID("template", seeded.Key)
	broken := "/" + id + "?state=" + url.QueryEscape(evil)
	for _, path := range []string{"", "/" + id, "/" + url.PathEscape(seeded.Key), broken} {
		_, page := b.get("/dashboard/templates" + path)
		require.Contains(t, page, "&lt;script&gt;alert(1)")
		require.Equal(t, strings.Count(page, "<script"), strings.Count(page, `<script src="/dashboard/static/`), path)
		require.Less(t, len(page), 300_000)
	}
	for part, kind := range map[string]string{"text": "text/plain; charset=utf-8", "definition": "application/json"} {
		got, _ := b.asked(http.MethodGet, "/dashboard/templates/"+id+"/"+part, nil)
		require.Equal(t, kind, got.header.Get("Content-Type"))
		require.Equal(t, "nosniff", got.header.Get("X-Content-Type-Options"))
	}
	require.Contains(t, b.frame(b.page("/dashboard/templates/"+id)), "<script>alert(1)", "only the frame has it")
}

var version = regexp.MustCompile(`v=[0-9a-f]{16}`)

func TestTheFrameHasAnotherAddressWhenTheEmailChanges(t *testing.T) {
	b := open(t, templates(template("t", map[string]any{"subject": "S", "html": "<p>one</p>"})))
	before := b.page("/dashboard/templates/t")
	require.NoError(t, b.emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{
		template("t", map[string]any{"subject": "S", "html": "<p>two</p>"})}}))
	after := b.page("/dashboard/templates/t")
	require.NotEqual(t, version.FindString(before), version.FindString(after))
	require.Contains(t, b.frame(after), "two")
}

func TestATemplateThatCannotBeSentSaysWhy(t *testing.T) {
	draft := template("draft", map[string]any{})
	empty := template("empty", map[string]any{"subject": "${/nothing/x}", "text": "x"})
	b := open(t, emulator.WithSeed(emulator.Seed{Templates: []emulator.SeedTemplate{draft, empty}}))
	require.Contains(t, text(b.page("/dashboard/templates")), "nobody cannot send")
	require.Contains(t, text(b.page("/dashboard/templates/draft")), "The Template has no content yet.")
	shown := text(b.page("/dashboard/templates/empty"))
	require.Contains(t, shown, "the subject is empty: there is nothing to print at /nothing/x")
	require.Contains(t, shown, "The Template has no sender, and the Organization has no default SenderProfile.")
}

func TestAPreviewLoadsImagesOfOtherMachinesOnlyIfAsked(t *testing.T) {
	const image = `<img src="https://cdn.example/a.png">`
	remote := templates(template("remote", map[string]any{"subject": "S", "html": image}),
		template("own", map[string]any{"subject": "S", "body": map[string]any{"root": "a", "elements": map[string]any{
			"a": map[string]any{"type": "Html", "props": map[string]any{}, "children": []string{"b"}},
			"b": map[string]any{"type": "Body", "props": map[string]any{}, "children": []string{"c"}},
			"c": map[string]any{"type": "Image", "props": map[string]any{
				"alt": "A", "src": map[string]any{"$state": "/data/picture"}}},
		}}}))
	b := open(t, emulator.WithSeedFile(acme), remote)
	path := "/dashboard/templates/" + b.emu.ID("template", "remote")
	for _, again := range []string{"", "&again=1"} {
		page := b.page(path + "?profile=alex@example.com" + again)
		require.Contains(t, text(page), "Images on other machines are not loaded. Load them")
		require.NotContains(t, b.images(page), "https:;")

		page = b.page(attribute(t, page, `not loaded.`+"\n"+`<a href="`))
		require.NotContains(t, page, "not loaded")
		require.Contains(t, b.images(page), "img-src data: http: https:;")
	}
	page := b.page("/dashboard/templates/" + b.emu.ID("template", "own"))
	require.Contains(t, b.frame(page), "/dashboard/static/sample.svg")
	require.NotContains(t, page, "not loaded", "the sample picture is on this machine")
	require.Contains(t, b.images(page), "img-src data: http")
}

// images returns the policy of the frames of a preview.
func (b browser) images(page string) string {
	b.Helper()
	got, _ := b.asked(http.MethodGet, attribute(b.T, page, `desktop width" src="`), nil)
	require.Equal(b, 200, got.status)
	return got.header.Get("Content-Security-Policy")
}
