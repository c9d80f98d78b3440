package web_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// api sends a call of the API and returns its id.
func (b browser) api(method, path, body string, headers ...string) string {
	b.Helper()
	headers = append([]string{"x-api-key", emulator.DefaultAPIKey, "content-type", "application/json"}, headers...)
	return b.send(method, "/api/v1"+path, body, headers...).header.Get("x-request-id")
}

// receipt returns the body of a call that sends an email.
func (b browser) sendReceipt() string {
	b.Helper()
	return fmt.Sprintf(`{"templateId": %q, "to": {"email": "a@example.com"}, "data": {"text": "it's <b>"}}`,
		b.emu.ID("template", "order-receipt"))
}

func TestRequestsAreEmptyAtFirst(t *testing.T) {
	b := open(t)
	require.Contains(t, text(b.page("/dashboard/requests")), "Nothing has called the API since the start")
}

// TestPagesTeachCallsThatExist reads the code on empty pages as somebody does who copies it.
func TestPagesTeachCallsThatExist(t *testing.T) {
	b := open(t)
	for path, call := range map[string]string{
		"/dashboard/mail":     "curl " + origin + "/api/v1/emails",
		"/dashboard/events":   "curl " + origin + "/api/v1/events",
		"/dashboard/requests": origin + "/api/v1/segments",
	} {
		page := b.page(path)
		require.Contains(t, page, call)
		require.NotContains(t, page, "$RANDOM", "a POSIX shell has none")
	}

	sdk := map[string]bool{}
	sources, err := filepath.Glob("../../../*.go")
	require.NoError(t, err)
	for _, source := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
		require.NoError(t, err)
		for name := range file.Scope.Objects {
			sdk[name] = true
		}
	}
	pages, err := filepath.Glob("static/*.html")
	require.NoError(t, err)
	for _, page := range pages {
		raw, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, name := range regexp.MustCompile(`\bsegmentflow\.([A-Z]\w*)`).FindAllStringSubmatch(string(raw), -1) {
			require.True(t, sdk[name[1]], "%s: there is no segmentflow.%s", page, name[1])
		}
	}
}

func TestRequestsAreListedNewestFirstAndNarrowed(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	send := "/emails"
	b.api("POST", send, b.sendReceipt(), "idempotency-key", "k1")
	b.api("POST", send, b.sendReceipt(), "idempotency-key", "k1")
	b.api("POST", send, `{"to": 7}`, "idempotency-key", "k2")
	b.api("GET", "/segments", "")
	b.api("GET", "/nothing", "")
	b.emu.Fail(emulator.Fault{Operation: "listSegments", Status: 503})
	b.api("GET", "/segments", "")

	page := text(b.page("/dashboard/requests"))
	require.Regexp(t, `listSegments 503 Service Unavailable .*fault 1.*GET /api/v1/nothing 404.*listSegments 200`, page)
	for query, want := range map[string][]string{
		"":                          {"503", "404", "200", "400", "200", "200"},
		"operation=sendEmail":       {"400", "200", "200"},
		"status=4xx":                {"404", "400"},
		"status=200":                {"200", "200", "200"},
		"status=none":               {},
		"code=invalid_request":      {"400"},
		"only=replays":              {"200"},
		"only=faults":               {"503"},
		"operation=x&status=5xx":    {},
		"key=nobody":                {},
		"operation=sendEmail&only=": {"400", "200", "200"},
	} {
		page := b.page("/dashboard/requests?" + query)
		statuses := []string{}
		status := regexp.MustCompile(`<span class="(?:good|warn|bad)">(\d+)`)
		for _, found := range status.FindAllStringSubmatch(page, -1) {
			statuses = append(statuses, found[1])
		}
		require.Equal(t, want, statuses, query)
	}
	require.Contains(t, text(b.page("/dashboard/requests?status=none")), "No call in the journal matches")
	for _, query := range []string{"status=abc", "status=9", "only=this", "before=req_nothing"} {
		status, page := b.get("/dashboard/requests?" + query)
		require.Equal(t, 400, status, query)
		require.NotContains(t, page, "The emulator failed")
	}
}

func TestOlderRequestsAreOnTheNextPage(t *testing.T) {
	b := open(t)
	for range 1030 {
		b.api("GET", "/segments", "")
	}
	seen, path := 0, "/dashboard/requests?operation=listSegments"
	for path != "" {
		page := b.page(path)
		require.Less(t, len(page), 60_000)
		require.Contains(t, page, "30 older calls are no longer here: the journal keeps the newest\n1\u202f000.")
		seen += strings.Count(page, ">listSegments</a>")
		older := regexp.MustCompile(`<a href="([^"]+)" rel="next">Older`).FindStringSubmatch(page)
		path = ""
		if older != nil {
			path = strings.ReplaceAll(older[1], "&amp;", "&")
		}
	}
	require.Equal(t, 1000, seen)
}

func TestARequestIsShownInFull(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme), emulator.WithJournalBodies())
	madeUp := "auto_00000000-0000-4000-8000-000000000001"
	id := b.api("POST", "/emails", b.sendReceipt(), "idempotency-key", madeUp)
	page := b.page("/dashboard/requests/" + id)
	for _, words := range []string{
		"<h1>sendEmail</h1>", "200 OK", "POST /api/v1/emails", "made up",
		`&#34;text&#34;: &#34;it&#39;s &lt;b&gt;&#34;`, `"/dashboard/find/`,
		"--data-raw &#39;{", `-H &#34;x-api-key: $SEGMENTFLOW_API_KEY&#34;`,
	} {
		require.Contains(t, page, words)
	}
	require.NotContains(t, page, emulator.DefaultAPIKey)

	id = b.api("POST", "/emails", `{"to": 7, "subject": "</script><script>alert(1)</script>"}`)
	page = b.page("/dashboard/requests/" + id)
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, text(page), "body /to")
	require.Contains(t, text(page), "The body was not kept, so the command has none")

	for _, path := range []string{"req_nothing", id + "/body", id + "/nothing"} {
		status, _ := b.get("/dashboard/requests/" + path)
		require.Equal(t, 404, status, path)
	}
	closed := open(t)
	id = closed.api("GET", "/segments", "")
	page = text(closed.page("/dashboard/requests/" + id))
	require.Contains(t, page, "emulator.WithJournalBodies()")
	require.Contains(t, page, "The journal keeps no query")
}

func TestALongBodyIsCutAndLinked(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme), emulator.WithJournalBodies())
	long := strings.Repeat(`<\">é`, 15_000)
	body := strings.Replace(b.sendReceipt(), "it's <b>", long, 1)
	id := b.api("POST", "/emails", body, "idempotency-key", "k")
	page := b.page("/dashboard/requests/" + id)
	require.Less(t, len(page), 300_000)
	require.Contains(t, page, "--data-binary @body.json")
	require.Contains(t, page, `<a href="/dashboard/requests/`+id+`/body">`)
	answer := b.ask("GET", "/dashboard/requests/"+id+"/body", nil)
	require.Equal(t, []any{200, "text/plain; charset=utf-8"}, []any{answer.status, answer.header.Get("Content-Type")})
	require.JSONEq(t, body, answer.page)
}

func TestABatchShowsItsRejectedItems(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	item := `{"idempotencyKey": "k", "to": {"email": "a@b.example"},` +
		`"templateId": "00000000-0000-4000-8000-000000000009"}`
	b.api("POST", "/emails/batch", `{"items": [`+strings.Repeat(item+",", 24)+item+`]}`)
	page := text(b.page("/dashboard/requests/" + b.emu.Requests().Last().ID))
	require.Contains(t, page, "25 items were rejected")
	require.Contains(t, page, "… and 5 more")
}

func TestTheCommandOfARequestMakesTheSameCall(t *testing.T) {
	b := open(t, emulator.WithJournalBodies())
	id := b.api("POST", "/emails", "{}", "idempotency-key", "\u202e<k>")
	page := b.page("/dashboard/requests/" + id)
	command := regexp.MustCompile(`(?s)aria-label="The curl command">(.*?)</pre>`).FindStringSubmatch(page)[1]
	require.Equal(t, strings.Join([]string{
		"curl", "-X POST", origin + "/api/v1/emails", `-H "x-api-key: $SEGMENTFLOW_API_KEY"`,
		`-H $'idempotency-key: \342\200\256<k>'`,
	}, " \\\n  "), unescape(command))
}

func unescape(page string) string {
	return html.UnescapeString(page)
}

func TestADroppedReplyAndAHostileRequestAreShown(t *testing.T) {
	b := open(t)
	b.emu.Fail(emulator.Fault{Drop: true})
	_, err := b.emu.Client().Segments.List(t.Context(), nil, segmentflow.WithCallMaxRetries(0))
	require.Error(t, err)
	page := b.page("/dashboard/requests?status=none")
	require.Contains(t, text(page), "no reply")
	page = b.page("/dashboard/requests/" + b.emu.Requests().Last().ID)
	require.Contains(t, text(page), "The work was not done")
	b.emu.ClearFaults()

	hostile := "/" + url.PathEscape(`<script>alert(1)</script>'"`+strings.Repeat("x", 300))
	id := b.api("DELETE", hostile, "")
	page = b.page("/dashboard/requests/" + id)
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, text(page), "The journal has only the beginning of the path")
	require.NotContains(t, b.page("/dashboard/requests"), "<script>alert")
}
