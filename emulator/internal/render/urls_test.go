package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

const (
	badLink  = "must be an http, https, mailto, tel or sms URL, or the #fragment of a place in the email"
	badImage = "must be an http or https URL"
)

func link(href string) string {
	return tree(`"root": {"type": "Link", "props": {"text": "label", "href": ` + href + `}}`)
}

func TestADeadURLIsReportedWhereItIs(t *testing.T) {
	const at = "/body/elements/root/props/"
	for _, href := range []string{
		`""`, `" "`, `"www.x.example"`, `"/a"`, `"//x.example"`, `"https://"`, `"http:foo"`, `"#"`, `"javascript:x"`,
		`5`, `true`,
		`"ftp://x.example"`, `"https://x.example/a\nb"`, `["https://x.example", "b"]`, `{"$template": "x.example"}`,
		`{"$template": "javascript:${/data/v}"}`, `{"$template": "/a/${/data/v}"}`, `{"$template": "www.${/data/v}"}`,
		`{"$template": " x.example/${/data/v}:"}`, `{"$template": "//${/data/v}"}`, `{"$template": "https:${/data/v}"}`,
		`{"$template": "https:/${/data/v}"}`, `{"$template": "https://?q=${/data/v}"}`,
		`{"$template": "?q=${/data/v}"}`,
		`{"$template": "https://a b${/data/v}"}`, `{"$template": "ftp://${/data/v}"}`,
		`{"$template": "${/data/v}\n/a"}`,
	} {
		faulty{"href " + href, link(href), at + "href", badLink}.check(t)
		button := strings.Replace(link(href), `"Link"`, `"Button"`, 1)
		faulty{"button " + href, button, at + "href", badLink}.check(t)
		image := strings.NewReplacer(`"Link"`, `"Image"`, `"text"`, `"alt"`, `"href"`, `"src"`).Replace(link(href))
		faulty{"src " + href, image, at + "src", badImage}.check(t)
	}
	for _, src := range []string{`"mailto:a@b.c"`, `"tel:1"`, `"#a"`, `"cid:logo"`, `"data:image/png;base64,x"`} {
		faulty{"src " + src, tree(`"root": {"type": "Image", "props": {"src": ` + src + `}}`), at + "src",
			badImage}.check(t)
	}
	faulty{"then", link(`{"$cond": true, "$then": "/a", "$else": "https://x.example"}`), at + "href/$then",
		badLink}.check(t)
	faulty{"else", link(`{"$cond": true, "$then": {"$state": "/data/v"}, "$else": {"$template": "x:${/data/v}"}}`),
		at + "href/$else", badLink}.check(t)
	faulty{"inner", link(`{"$cond": true, "$then": {"$cond": false, "$then": ""}}`), at + "href/$then/$then",
		badLink}.check(t)
	faulty{"a chosen level", tree(`"root": {"type": "Heading", "props": {"as": {"$cond": true, "$then": "h7"}}}`),
		at + "as/$then", "must be one of h1, h2, h3, h4, h5 and h6"}.check(t)
}

func TestADeadURLInMarkdownIsReportedWithItsNumber(t *testing.T) {
	const many = "has links or images that do not work in email: those with the numbers "
	const at, one = "/body/elements/root/props/content",
		"has a link or image that does not work in email: the one with number "
	content := func(v string) string { return tree(`"root": {"type": "Markdown", "props": {"content": ` + v + `}}`) }
	for v, want := range map[string]string{
		`"[a](/b)"`:                                    one + "1",
		`"[a](https://x.example) ![b](b.png)"`:         one + "2",
		`"[a][1]\n\n[1]: www.x.example"`:               one + "1",
		`"<ftp://x.example>"`:                          one + "1",
		`"[a]()"`:                                      one + "1",
		`{"$template": "[a](b/${/data/v})"}`:           one + "1",
		`{"$template": "[a](${/data/v}) ![](data:x)"}`: one + "2",
		`"[![a](b.png)](c)"`:                           many + "1 and 2",
	} {
		faulty{v, content(v), at, want}.check(t)
	}
	faulty{"then", content(`{"$cond": true, "$then": "[a](b)"}`), at + "/$then", one + "1"}.check(t)
	for _, v := range []string{
		"`[a](b)`", "    [a](b)", `\[a](b)`,
		"[a](#b) [c](tel:1) <https://x.example> <a@x.example> ![d](HTTPS://x.example/d)",
	} {
		parse(t, content(quote(t, v)))
	}
}

func TestAllDeadURLsAreReported(t *testing.T) {
	_, findings := render.Parse([]byte(tree(`"root": {"type": "Body", "children": ["a", "b", "c"]},
		"a": {"type": "Link", "props": {"href": "/a"}}, "b": {"type": "Image", "props": {"src": "b.png"}},
		"c": {"type": "Button", "props": {"href": {"$cond": true, "$then": "c", "$else": "d"}}}`)))
	require.Equal(t, []cond.Finding{
		{Path: "/body/elements/a/props/href", Message: badLink}, {Path: "/body/elements/b/props/src",
			Message: badImage},
		{Path: "/body/elements/c/props/href/$else", Message: badLink},
		{Path: "/body/elements/c/props/href/$then", Message: badLink},
	}, findings)
}

func TestLinksThatEmailCarries(t *testing.T) {
	for href, c := range map[string]struct{ html, text string }{
		`"tel:+49 30 1"`:          {"tel:+49%2030%201", "label (tel:+49%2030%201)"},
		`"SMS:+4930"`:             {"SMS:+4930", "label (SMS:+4930)"},
		`"#top"`:                  {"#top", "label"},
		`" HTTPS://X.Y/ "`:        {"HTTPS://X.Y/", "label (HTTPS://X.Y/)"},
		`"https://x/100%/"`:       {"https://x/100%/", "label (https://x/100%/)"},
		`"mailto:a@x.test"`:       {"mailto:a@x.test", "label (mailto:a@x.test)"},
		`{"$state": "/data/tel"}`: {"tel:1", "label (tel:1)"},
	} {
		out := show(t, link(href), `{"data": {"tel": "tel:1"}}`)
		require.Contains(t, out.HTML, `href="`+c.html+`"`)
		require.Equal(t, c.text, out.Text)
		require.Empty(t, out.Missing)
	}
	for _, props := range []string{`{"text": "a"}`, `{"text": "a", "href": null}`} {
		require.Contains(t, show(t, tree(`"root": {"type": "Link", "props": `+props+`}`), `{}`).HTML, ">a</a>")
	}
	out := show(t, link(`{"$cond": {"$state": "/data/no"}, "$then": "https://x.example"}`), `{}`)
	require.Equal(t, "label", out.Text)
}

func TestADeadBoundURLIsMissing(t *testing.T) {
	state := `{"data": {"bad": "www.x.example", "empty": "", "at": "@evil.example", "good": "https://x.example",
		"s": "s",
		"list": ["/a", "https://x.example"], "md": "[a](/b) [c](https://x.example)"}}`
	for href, missing := range map[string]string{
		`{"$state": "/data/bad"}`:                                     "/data/bad",
		`{"$state": "/data/empty"}`:                                   "/data/empty",
		`{"$state": "/data/gone"}`:                                    "/data/gone",
		`{"$template": "${/data/bad}/${/data/s}"}`:                    "/data/bad",
		`{"$template": "https://x.example${/data/at}"}`:               "/data/at",
		`{"$template": "https://${/data/gone}/"}`:                     "/data/gone",
		`{"$template": "mailto:${/data/empty}"}`:                      "/data/empty",
		`{"$cond": true, "$then": {"$state": "/data/bad"}}`:           "/data/bad",
		`{"$state": "/data/good"}`:                                    "",
		`{"$template": "http${/data/s}://x.example"}`:                 "",
		`{"$template": "${/data/good}/${/data/at}?a=${/data/empty}"}`: "",
	} {
		out := show(t, link(href), state)
		want := []render.Missing{}
		if missing != "" {
			want = append(want, render.Missing{Path: missing, Element: "root", Prop: "href"})
		}
		require.Equal(t, want, out.Missing, href)
		require.Equal(t, missing != "", !strings.Contains(out.HTML, "href"), href)
	}
	out := show(t, tree(`"root": {"type": "Markdown", "props": {"content": {"$state": "/data/md"}}}`), state)
	require.Equal(t, []render.Missing{{Path: "/data/md", Element: "root", Prop: "content"}}, out.Missing)
	require.Equal(t, "a c (https://x.example)", out.Text)
	out = show(t,
		tree(`"root": {"type": "Link", "repeat": {"statePath": "/data/list"}, "props": {"href": {"$item": ""}}}`),
		state)
	require.Equal(t, []render.Missing{{Path: "", Element: "root", Prop: "href"}}, out.Missing)
	out = show(t, tree(`"root": {"type": "Image", "props": {"src": {"$state": "/data/empty"}}}`), state)
	require.Equal(t, []render.Missing{{Path: "/data/empty", Element: "root", Prop: "src"}}, out.Missing)
}

// placed are URLs with bindings, and what they are.
var placed = map[string]string{
	"https://x.example/?q=${/data/v}&r=1":            "https://x.example/?q=a%2Bb%26c%23d%40e%2Ff%25%20g&r=1",
	"https://x.example/${/data/v}/x":                 "https://x.example/a%2Bb%26c%23d%40e%2Ff%25%20g/x",
	"https://x.example/#${/data/v}":                  "https://x.example/#a%2Bb%26c%23d%40e%2Ff%25%20g",
	"${/data/base}":                                  "https://x.example/a?b=c%20d&e=f",
	"${/data/base}&v=${/data/v}":                     "https://x.example/a?b=c%20d&e=f&v=a%2Bb%26c%23d%40e%2Ff%25%20g",
	"mailto:${/data/mail}?body=${/data/mail}":        "mailto:a+b@x.example?body=a%2Bb%40x.example",
	"tel:${/data/tel}":                               "tel:+49%20(30)%201",
	"https://${/data/sub}.x.example/":                "https://shop.x.example/",
	"https://x.example/?a=${/data/n}&b=${/data/yes}": "https://x.example/?a=1.5&b=true",
}

const placedState = `{"data": {"v": "a+b&c#d@e/f% g", "base": " https://x.example/a?b=c d&e=f", "mail": "a+b@x.example",
	"tel": "+49 (30) 1", "sub": "shop", "n": 1.50, "yes": true}}`

func TestABindingInsideAURLIsEncodedForItsPlace(t *testing.T) {
	escaped := strings.NewReplacer("&", "&amp;", "'", "&#39;")
	for given, want := range placed {
		template := `{"$template": ` + quote(t, given) + `}`
		inHTML := `href="` + escaped.Replace(want) + `"`
		for _, definition := range []string{
			link(template),
			link(`{"$cond": true, "$then": ` + template + `}`),
			tree(`"root": {"type": "Markdown", "props": {"content": {"$template": ` + quote(t,
				"[label]("+given+")") + `}}}`),
			`{"html": ` + quote(t, `<a href="`+strings.ReplaceAll(given, "&", "&amp;")+`">label</a>`) + `}`,
			`{"html": ` + quote(t, `<a href="`+given+`">label</a>`) + `}`,
		} {
			out := show(t, definition, placedState)
			require.Contains(t, out.HTML, inHTML, definition)
			require.Equal(t, "label ("+want+")", out.Text)
			require.Empty(t, out.Missing)
		}
		for quoted, markup := range map[string]string{"'": `<a href='` + given + `'>label</a>`,
			"": `<A HREF=` + given + ` id=x>label</A>`} {
			out := show(t, `{"html": `+quote(t, markup)+`}`, placedState)
			require.Contains(t, strings.ToLower(out.HTML), "href="+quoted+strings.ToLower(escaped.Replace(want))+quoted)
			require.Equal(t, "label ("+want+")", out.Text)
		}
	}
	out := show(t, tree(`"root": {"type": "Text", "props": {"text": "x", "style": {"backgroundImage":
		{"$template": "url('https://x.example/?q=${/data/v}'), url(${/data/image})"}}}}`),
		`{"data": {"v": "a&b') c", "image": "https://x.example/(1).png"}}`)
	require.Contains(t, out.HTML,
		`url(&#39;https://x.example/?q=a%26b%27%29%20c&#39;), url(https://x.example/%281%29.png)`)
}

func TestABindingInsideAURLOfATextPartIsEncoded(t *testing.T) {
	const given = "Hi ${/data/v}: (https://x.y/?q=${/data/v}) ${/data/u}/${/data/v}\nHTTP://x.y/${/data/v} ${/data/v}"
	out := show(t, `{"text": `+quote(t, given)+`}`,
		`{"data": {"v": "a b&c", "u": "https://x.example"}}`)
	require.Equal(t, "Hi a b&c: (https://x.y/?q=a%20b%26c) https://x.example/a%20b%26c\n"+
		"HTTP://x.y/a%20b%26c a b&c", out.Text)
}
