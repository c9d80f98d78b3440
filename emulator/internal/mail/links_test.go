package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
)

func TestLinksComeInDocumentOrderWithTheirText(t *testing.T) {
	for _, c := range []struct {
		name, html string
		want       []mail.Link
	}{
		{"nothing", "", nil},
		{"no link", "<p>https://example.com</p>", nil},
		{"an anchor without href", `<a name="top">Top</a>`, nil},
		{"two", `<a href="/b">B</a> and <a href="/a">A</a>`, []mail.Link{{"B", "/b"}, {"A", "/a"}}},
		{"twice the same", `<a href="/b">B</a><a href="/b">B</a>`, []mail.Link{{"B", "/b"}, {"B", "/b"}}},
		{"entities",
			`<a href="https://example.com/?a=1&amp;b=%20&#38;c=&quot;">Tom &amp; J&eacute;r&ocirc;me&nbsp;!</a>`,
			[]mail.Link{{"Tom & Jérôme !", `https://example.com/?a=1&b=%20&c="`}}},
		{"markup and white space", "<A HREF='/x'\n>\n  <b>Confirm</b>\n  <i>now</i><br>please </A>",
			[]mail.Link{{"Confirm now please", "/x"}}},
		{"an image", `<a href="/x"><img src="l.png" alt="Acme logo"></a>`, []mail.Link{{"Acme logo", "/x"}}},
		{"spaces around the URL", `<a href=" /x ">x</a>`, []mail.Link{{"x", "/x"}}},
		{"an empty URL", `<a href="">x</a>`, []mail.Link{{"x", ""}}},
		{"a table, and a tag that is not closed", `<table><tr><td><a href="/x">x</td></tr></table><a href=/y>y`,
			[]mail.Link{{"x", "/x"}, {"y", "/y"}}},
		{"not a link",
			`<!-- <a href="/c">c</a> --><style>a</style><script>"<a href='/s'>"</script>` +
				`<area href="/z"><link href="/l">`,
			nil},
		{"noscript, which email clients show", `<body><noscript><a href="/n">n</a></noscript>`,
			[]mail.Link{{"n", "/n"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, mail.Links(c.html))
		})
	}
}

func TestATooDeeplyNestedDocumentHasNoLinks(t *testing.T) {
	require.Empty(t, mail.Links(strings.Repeat("<div>", 100_000)+`<a href="/x">x</a>`))
}

func TestRewriteChangesOnlyLinks(t *testing.T) {
	upper := func(url string) string {
		if mail.Followable(url) {
			return strings.ToUpper(url) + `?"&`
		}
		return url
	}
	for _, c := range []struct{ name, html, want string }{
		{"nothing", "", ""},
		{"a link", `<p>x <a class="b" href="https://a.b/c">y</a>`,
			`<p>x <a class="b" href="HTTPS://A.B/C?&#34;&amp;">y</a>`},
		{"entities and another case", `<A HREF='https://a.b/?x=1&amp;y'>z</A>`,
			`<a href="HTTPS://A.B/?X=1&amp;Y?&#34;&amp;">z</A>`},
		{"links that are not followed", `<a href="mailto:a@b.c">x</a><a HREF=/x>y</a><a name=z>`,
			`<a href="mailto:a@b.c">x</a><a HREF=/x>y</a><a name=z>`},
		{"comments, styles and other elements",
			`<!--<a href="https://a.b">--><style>a{}</style><link href="https://a.b"><area href="https://a.b">`,
			`<!--<a href="https://a.b">--><style>a{}</style><link href="https://a.b"><area href="https://a.b">`},
		{"oddities", "<!DOCTYPE html>\r\n<td BGCOLOR=red>&nbsp;&bogus;<br/>1 < 2",
			"<!DOCTYPE html>\r\n<td BGCOLOR=red>&nbsp;&bogus;<br/>1 < 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, mail.Rewrite(c.html, upper))
		})
	}
}

func FuzzRewritingNothingKeepsTheBytes(f *testing.F) {
	f.Add(`<a href="/x">x</a>`)
	f.Add("<table>\r\n<A HREF=x><td")
	f.Fuzz(func(t *testing.T, html string) {
		require.Equal(t, html, mail.Rewrite(html, func(url string) string { return url }))
	})
}

func FuzzLinksNeverPanics(f *testing.F) {
	f.Add(`<a href="/x">x</a>`)
	f.Add(`<table><a href=x><td><svg><a xlink:href=y>`)
	f.Fuzz(func(_ *testing.T, html string) {
		mail.Links(html)
	})
}
