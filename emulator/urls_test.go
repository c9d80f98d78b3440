package emulator_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// page returns the definition of an email with one Link, one Image and one Markdown.
func page(href, src, content any) object {
	return object{"subject": "Hello", "body": object{"root": "body", "elements": object{
		"body":  object{"type": "Body", "children": []any{"link", "image", "words"}},
		"link":  object{"type": "Button", "props": object{"text": "Go", "href": href}},
		"image": object{"type": "Image", "props": object{"alt": "Logo", "src": src}},
		"words": object{"type": "Markdown", "props": object{"content": content}},
	}}}
}

// seedPage replaces a Template of the sample.
func seedPage(emu *emulator.Emulator, key, purpose string, definition object) error {
	return emu.Seed(emulator.Seed{Templates: []emulator.SeedTemplate{{
		Key: key, Purpose: purpose, SenderProfile: "shop", Definition: definition,
	}}})
}

func TestADeadURLIsRefusedAtEveryDoor(t *testing.T) {
	p := openPress(t)
	chosen := object{"$cond": true, "$then": "cid:logo", "$else": object{"$template": "javascript:${/data/x}"}}
	definition := page("www.acme.example", chosen, "[a](/b)")
	const below = "/body/elements/"
	paths := []string{
		below + "image/props/src/$else", below + "image/props/src/$then", below + "link/props/href",
		below + "words/props/content",
	}
	for _, door := range [][2]string{
		{"POST", "/api/v1/templates"},
		{"PUT", "/api/v1/templates/" + p.emu.ID("template", "autumn-sale")},
	} {
		refused := p.do(422, door[0], door[1], object{"name": "N", "definition": definition})["details"].(object)
		require.Equal(t, "template_invalid", refused["reason"])
		for i, issue := range refused["issues"].([]any) {
			require.Equal(t, "/definition"+paths[i], issue.(object)["path"])
			require.NotContains(t, issue.(object)["message"], "acme.example")
		}
		require.Len(t, refused["issues"], len(paths))
	}

	err := seedPage(p.emu, "autumn-sale", "Promotional", definition)
	for _, path := range paths {
		require.ErrorContains(t, err, "/templates/0/definition"+path)
	}
	_, err = emulator.New(emulator.WithSeed(parsed(t, shopSeed("S")+`  - key: dead
    purpose: General
    definition:
      subject: S
      body:
        root: a
        elements:
          a: {type: Link, props: {text: T, href: "tel:"}}
`)))
	require.ErrorContains(t, err, "line 14: /templates/1/definition/body/elements/a/props/href: ")
}

func TestADeadBoundURLIsReportedAsMissing(t *testing.T) {
	p := openPress(t)
	definition := page(object{"$state": "/profile/site"}, object{"$template": "https://${/profile/cdn}/logo.png"},
		object{"$template": "[a](${/profile/site}) [Leave](${/system/unsubscribeUrl})"})
	require.NoError(t, seedPage(p.emu, "autumn-sale", "Promotional", definition))
	require.NoError(t, p.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{
		Email: "alex@example.com", Properties: object{"site": "www.acme.example", "cdn": "a@evil.example"},
	}}}))
	want := []any{
		object{"path": "/profile/site", "element": "link", "prop": "href"},
		object{"path": "/profile/cdn", "element": "image", "prop": "src"},
		object{"path": "/profile/site", "element": "words", "prop": "content"},
	}

	path := p.draft(nil)
	shown := p.do(200, "POST", path+"/preview", object{})["sample"].(object)
	require.Equal(t, want, shown["missing"])
	warnings := p.do(200, "POST", path+"/preflight", nil)["warnings"].([]any)
	require.Equal(t, "bindings_missing", warnings[0].(object)["code"])
	require.Len(t, warnings[0].(object)["details"].(object)["missing"], len(want))

	require.NoError(t, p.emu.Human().Approve(p.confirm(path)))
	msg := p.emu.Outbox().Only(t)
	require.Equal(t, []emulator.Missing{
		{"/profile/site", "link", "href"}, {"/profile/cdn", "image", "src"}, {"/profile/site", "words", "content"},
	}, msg.Missing)
	require.NotContains(t, msg.HTML, "acme.example\"")
	require.NotContains(t, msg.HTML, "evil.example")
}

func TestDeadLinksOfInlineHTMLAreAWarning(t *testing.T) {
	p := openPress(t)
	html := inline(nil)["html"].(string) + "\n<a href='www.acme.example'>a</a><img src=\"cid:x\"><a href=\"#top\">b</a>"
	for _, path := range []string{
		p.draft(inline(object{"html": html})),
		p.issue(object{"title": "Dead", "subject": "Hello", "html": html}),
	} {
		found := p.do(200, "POST", path+"/preflight", nil)
		require.Empty(t, found["blockers"])
		require.Equal(t, "link_dead", found["warnings"].([]any)[0].(object)["code"])
		require.Equal(t, object{"count": 2.0, "links": []any{
			object{"line": 2.0, "element": "a", "attribute": "href", "url": "www.acme.example"},
			object{"line": 2.0, "element": "img", "attribute": "src", "url": "cid:x"},
		}}, found["warnings"].([]any)[0].(object)["details"])
		shown := p.do(200, "POST", path+"/preview", object{})["sample"].(object)
		require.Equal(t, html, strings.ReplaceAll(shown["html"].(string), "https://emulator.test/u/test",
			"${/system/unsubscribeUrl}"))
	}

	path := p.draft(inline(object{"html": html + strings.Repeat("<a href=/x>x</a>", 100)}))
	details := p.do(200, "POST", path+"/preflight", nil)["warnings"].([]any)[0].(object)["details"].(object)
	require.InDelta(t, 102, details["count"], 0)
	require.Len(t, details["links"], 20)
}

func TestALinkThatReadersDoNotSeeIsNoUnsubscribeLink(t *testing.T) {
	p := openPress(t)
	for _, html := range []string{
		`<a title='href="${/system/unsubscribeUrl}"' href="https://x.example">Leave</a>`,
		`<!-- <a href="${/system/unsubscribeUrl}">Leave</a> -->`,
		`<div style="display:none"><a href="${/system/unsubscribeUrl}">Leave</a></div>`,
	} {
		path := p.draft(inline(object{"html": "<p>Hi</p>" + html}))
		require.Contains(t, codes(p.do(200, "POST", path+"/preflight", nil)["blockers"]), "unsubscribe_link_missing")
	}
}

// value is a value that would change a URL in every way.
const value = "a+b & c=d#e?f/@g:h%20ü"

func TestBoundValuesStayInTheirPlaceInAURL(t *testing.T) {
	const given = "https://acme.example/${/data/v}/x?q=${/data/v}&r=1#${/data/v}"
	for name, definition := range map[string]object{
		"a tree":      page(object{"$template": given}, "https://acme.example/logo.png", "x"),
		"Markdown":    page("#a", "https://acme.example/logo.png", object{"$template": "[Go](" + given + ")"}),
		"inline html": {"subject": "S", "html": `<a href="` + given + `">Go</a>`},
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			require.NoError(t, seedPage(s.emu, "order-receipt", "Transactional", definition))
			s.send(&segmentflow.SendEmailParams{
				TemplateID: s.receipt(),
				To:         &segmentflow.Recipient{Email: "alex@example.com"},
				Data:       object{"v": value},
			})
			msg := s.emu.Outbox().Only(t)
			link := msg.Link("/x?q=")
			u, err := url.Parse(link)
			require.NoError(t, err)
			require.Equal(t, "acme.example", u.Host)
			require.Equal(t, "/"+value+"/x", u.Path)
			require.Equal(t, url.Values{"q": {value}, "r": {"1"}}, u.Query())
			require.Equal(t, value, u.Fragment)
			require.Contains(t, msg.Text, "Go ("+link+")")
		})
	}
}

func TestATrackedLinkArrivesUnchanged(t *testing.T) {
	const site = "https://x.example/"
	for _, c := range []struct{ written, url, location string }{
		{site + "?a=1&region=2&copy=3", site + "?a=1&region=2&copy=3", site + "?a=1&region=2&copy=3"},
		{site + "?a=1&amp;region=2", site + "?a=1&region=2", site + "?a=1&region=2"},
		{site + "100%/", site + "100%/", site + "100%25/"},
		{site + `ü ö?q=%41+"`, site + `ü ö?q=%41+"`, site + "%C3%BC%20%C3%B6?q=%41+%22"},
		{site + "a,b;c?d[]=1#e", site + "a,b;c?d[]=1#e", site + "a,b;c?d%5B%5D=1#e"},
		{" HTTPS://X.EXAMPLE/A ", "HTTPS://X.EXAMPLE/A", "HTTPS://X.EXAMPLE/A"},
		{"https://münchen.example/", "https://münchen.example/", "https://m%C3%BCnchen.example/"},
	} {
		t.Run(c.written, func(t *testing.T) {
			s := openShop(t)
			html := `<p title='href="https://y.example"'><noscript><a href='` + c.written + `'>Go</a></noscript></p>`
			require.NoError(t, seedPage(s.emu, "order-receipt", "Transactional", object{"subject": "S", "html": html}))
			msg := s.sendOrder("alex@example.com", tracked)
			require.Contains(t, msg.Text, "Go (")
			require.Contains(t, msg.Link("Go"), "/c/")
			got := call(t, s.emu, "HEAD", pathOf(t, msg.Link("Go")), "")
			require.Equal(t, c.location, got.header.Get("Location"))
			require.NoError(t, s.emu.Click(msg, "Go"))
			facts := s.emu.Outbox().Only(t).Facts
			require.Equal(t, c.url, facts[len(facts)-1].URL)
		})
	}
}

func TestTheTextOfInlineHTMLIsWhatReadersSee(t *testing.T) {
	s := openShop(t)
	require.NoError(t, seedPage(s.emu, "order-receipt", "Transactional", object{"subject": "S", "html": `
		<div style="display:none;max-height:0;mso-hide:all">Only in the inbox</div>
		<ol start="3"><li>First<li><a href="https://x.example/?a=1&region=2">Second</a></ol><pre>a  b
  c</pre>`}))
	require.Equal(t, "3. First\n4. Second (https://x.example/?a=1&region=2)\n\na  b\n  c",
		s.sendOrder("alex@example.com").Text)
}

func TestTheURLsOfAPlainTextEmailEndWhereTheyShould(t *testing.T) {
	msg := &emulator.Message{Text: "https://en.wikipedia.org/wiki/Go_(game) (see HTTPS://X.Y/a) [http://x.y/b]. http:"}
	require.Equal(t, []emulator.Link{
		{"https://en.wikipedia.org/wiki/Go_(game)", "https://en.wikipedia.org/wiki/Go_(game)"},
		{"HTTPS://X.Y/a", "HTTPS://X.Y/a"}, {"http://x.y/b", "http://x.y/b"},
	}, msg.Links())
}
