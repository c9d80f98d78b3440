package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

func TestInlineHTMLBecomesTheTextPart(t *testing.T) {
	for html, want := range map[string]string{
		`plain`:                                            `plain`,
		"<p>a</p><p>b</p>":                                 "a\n\nb",
		"<div>a</div><div>b</div>":                         "a\nb",
		"a<br>b<BR />c":                                    "a\nb\nc",
		"a<br><br>b":                                       "a\n\nb",
		"  many \n\t spaces &nbsp; here ":                  "many spaces here",
		"<b>a</b> <i>b</i><u>c</u>":                        "a bc",
		"a &lt; b &amp; c &copy; &#39;":                    "a < b & c © '",
		"1 < 2 <3 a<":                                      "1 < 2 <3 a<",
		`<h1>Keep Case</h1>text`:                           "Keep Case\n\ntext",
		`see <a href="https://x.example">it</a>.`:          "see it (https://x.example).",
		`see<a class=x HREF='https://x.example'> it </a>.`: "see it (https://x.example) .",
		`<a href=https://x.example>https://x.example</a>`:  "https://x.example",
		`<a href="https://x.example"><img src="https://x.example/i" alt="i"></a>`: "https://x.example",
		`<a name="x">anchor</a> <a href="#top">up</a> <a href="/rel">rel</a>`:     "anchor up rel",
		`<a href="https://x.example?a=1&amp;b=2">open`:                            "open (https://x.example?a=1&b=2)",

		`<a href="https://a.example">a<a href="https://b.example">b</a>`: "a (https://a.example)b (https://b.example)",

		"<ul><li>a</li><li>b</li></ul>c":                                            "- a\n- b\n\nc",
		"<table><tr><th>a</th><th>b</th></tr><tr><td>c</td><td>d</td></tr></table>": "a | b\nc | d",
		"a<hr>b": "a\n\n----------------------------------------\n\nb",
		"<head><title>t</title></head><style>s</style><Script>x</b></sCRIPT >a": "a",
		"a<!-- <b> -->b<!doctype html><?xml ?>c":                                "abc",
		`<p title="a > b" class='<x>'>c</p>`:                                    "c",
		`<p title="open>c`:                                                      "",
		"<script>never closed":                                                  "",
		"<!-- never closed":                                                     "",
		"a<p":                                                                   "a",
		"":                                                                      "",
	} {
		out := show(t, `{"subject": "s", "html": `+quote(t, html)+`}`, `{}`)
		require.Equal(t, html, out.HTML, "html is kept as given")
		require.Equal(t, want, out.Text, html)
	}
}

func TestInlineBindingsAreEscapedForTheirPlace(t *testing.T) {
	for html, want := range map[string]string{
		`<p>${/data/v}</p>`:          "<p>a&#34;&lt;b&gt; &amp;<br />\n&#39;=</p>",
		`<p title="${/data/v}">`:     `<p title="a&#34;&lt;b&gt; &amp; &#39;=">`,
		`<p title = 'x ${/data/v}'>`: `<p title = 'x a&#34;&lt;b&gt; &amp; &#39;='>`,
		`<p title=${/data/v}>`:       `<p title=a&#34;&lt;b&gt;&#32;&amp;&#32;&#39;&#61;>`,

		`<p title=x${/data/v} id="${/data/n}">`: `<p title=xa&#34;&lt;b&gt;&#32;&amp;&#32;&#39;&#61; id="1">`,

		`<a href="${/data/u}">`:                                   `<a href="https://x.example/?a=%22b%22&amp;c">`,
		`<a href="${/data/bad}">`:                                 `<a href="">`,
		`<a href=${/data/u}>`:                                     `<a href=https://x.example/?a=%22b%22&amp;c>`,
		`<a title="it's" href="https://x/${/data/n}">'${/data/n}`: `<a title="it's" href="https://x/1">'1`,
		`\${/data/n} ${name} ${ /data/n} ${/data/n`:               `${/data/n} ${name} ${ /data/n} ${/data/n`,
		`5 < ${/data/n}`:                                          `5 < 1`,
	} {
		out := show(t, `{"subject": "s", "html": `+quote(t, html)+`}`,
			`{"data": {"v": "a\"<b> &\n'=", "n": 1, "u": " https://x.example/?a=\"b\"&c ", "bad": "javascript:x"}}`)
		require.Equal(t, want, out.HTML, html)
	}
}

func TestInlineBindingsReachTheTextPart(t *testing.T) {
	out := show(t,
		`{"html": "<p>Hi ${/data/n} </p><a href=\"${/data/u}\">${/data/n}</a> <a href='${/data/gone}'>x</a>"}`,
		`{"data": {"n": "<Zoë>", "u": "https://x.example/a b"}}`)
	require.Equal(t, "Hi <Zoë>\n\n<Zoë> (https://x.example/a%20b) x", out.Text)
	require.Equal(t, []render.Missing{{Path: "/data/gone", Prop: "html"}}, out.Missing)

	out = show(t, `{"html": "<p>${/data/a}</p>", "text": "${/data/b}"}`, `{}`)
	require.Equal(t, []render.Missing{{Path: "/data/a", Prop: "html"}, {Path: "/data/b", Prop: "text"}}, out.Missing)
}

func TestAMarkInALiteralIsNotABinding(t *testing.T) {
	for _, content := range []string{
		"a \uFDD00\uFDD1 b", "a &#xFDD0;7&#xFDD1; b", "a &#xFDD0;99999999999999999999&#xFDD1; b",
	} {
		out := show(t, tree(`"root": {"type": "Markdown", "props": {"content": `+quote(t, content)+`}}`), `{}`)
		require.Contains(t, []string{"a 0 b", "a  b"}, out.Text)
	}
}

func TestTooLongMarkdownIsPlainText(t *testing.T) {
	template := parse(t, tree(`"root": {"type": "Markdown", "props": {"content": {"$state": "/data/v"}}}`))
	for _, source := range []string{
		strings.Repeat(">", 1<<20), strings.Repeat("[a](", 1<<18), strings.Repeat("_a*", 1<<18),
	} {
		out, err := template.Render(env(t, `{"data": {"v": `+quote(t, source)+`}}`), "")
		require.NoError(t, err)
		require.Equal(t, source, out.Text)
	}
	deep, err := template.Render(env(t, `{"data": {"v": `+quote(t, strings.Repeat("> ", 2000)+"x\ny\nz")+`}}`), "")
	require.NoError(t, err)
	require.Less(t, len(deep.Text), 500)
}

func TestTheTextPartHasWhatReadersSee(t *testing.T) {
	for html, want := range map[string]string{
		`<div style="display:none">preheader</div><p>a</p>`:                              "a",
		`<span style="DISPLAY : None !important; display:block">preheader</span>a`:       "a",
		`<div hidden>x</div><div style="visibility:hidden">y</div>a`:                     "a",
		`<div style="max-height:0px;overflow:hidden;mso-hide:all">x</div>a`:              "a",
		`<div style="opacity:0.0">x</div><div style="height:0;overflow:hidden">y</div>a`: "a",
		`<div style="font-size:0">x<b>y</b><i style="font-size:12px">a</i>z</div>`:       "a",
		`<div style="font-size:0pt;line-height:0">x</div>a`:                              "a",
		`<div hidden>x<a href="https://x.example">y</a><ol><li>z</ol></div>a`:            "a",
		`<a href="https://x.example" style="mso-hide:all">a</a>`:                         "a (https://x.example)",
		`<p style="opacity:0.5;max-height:10px;font-size:0.5em">a</p>`:                   "a",
		`<div style="/* of the inbox; */display:/**/none">x</div>a`:                      "a",
		"<p style='white-space:pre-line'>a  b\n c\n\nd</p>":                              "a b\nc\n\nd",
		`<p style="display:;font-size:;opacity:x">a</p>`:                                 "a",
		`<template>x</template><iframe src="x">y</iframe><noscript>a</noscript>`:         "a",
		`<svg><title>x</title></svg><textarea>a  b</textarea>`:                           "a  b",
		`<p>a<!--[if mso]>x<![endif]--></p>`:                                             "a",
		strings.Repeat("<div>", 600) + "<style>x</style>a <b>&amp;</b>\n b":              "a & b",
	} {
		require.Equal(t, want, show(t, `{"html": `+quote(t, html)+`}`, `{}`).Text, html)
	}
}

func TestTheTextPartNumbersItsLists(t *testing.T) {
	for html, want := range map[string]string{
		`<ol><li>a<li>b</ol>`:                                   "1. a\n2. b",
		`<ol start="9"><li>a<br>b<li><p>c</p><p>d</p></ol>`:     "9. a\n   b\n\n10. c\n\n    d",
		`<ol reversed><li>a<li>b<li>c</ol>`:                     "3. a\n2. b\n1. c",
		`<ol reversed start=" 2 "><li>a<li>b<li>c</ol>`:         "2. a\n1. b\n0. c",
		`<ol start="x"><li>a<li value="7">b<li>c</ol>`:          "1. a\n7. b\n8. c",
		`<ol type="a" start="26"><li>a<li>b</ol>`:               "z. a\naa. b",
		`<ol type="I" start="3"><li>a<li>b</ol>`:                "III. a\nIV. b",
		`<ol type="i" start="0"><li>a<li type="A">b</ol>`:       "0. a\nA. b",
		`<ol style="list-style: inside upper-roman"><li>a</ol>`: "I. a",
		`<ul style="list-style-type:none"><li>a<li>b</ul>`:      "a\nb",
		`<ul><li>a<ol><li>b<li>c</ol><li>d</ul>e`:               "- a\n  1. b\n  2. c\n- d\n\ne",
		`<ol><li><ul><li>a<li>b</ul></ol>`:                      "1. - a\n   - b",
		`<ol><li></li><li>a</li></ol>`:                          "2. a",
		`<ol><li><a href="https://x.example">a</a></ol>`:        "1. a (https://x.example)",
		`<ol><li>a</ol><ol><li>b</ol>`:                          "1. a\n\n1. b",
		`<li>a</li>`:                                            "- a",
	} {
		require.Equal(t, want, show(t, `{"html": `+quote(t, html)+`}`, `{}`).Text, html)
	}
}

func TestTheTextPartKeepsItsLayout(t *testing.T) {
	for html, want := range map[string]string{
		"<pre>\na  b\n\n\tc \n</pre>d":                             "a  b\n\n\tc\n\nd",
		"x<pre><b>a </b> b\n  c</pre>":                             "x\n\na  b\n  c",
		`<p style="white-space:pre-wrap">a  b` + "\n" + `  c</p>`:  "a  b\n  c",
		`<pre style="white-space:normal">a  b</pre>`:               "a b",
		"<ul><li><pre>a\n b</pre></ul>":                            "- a\n   b",
		"<table><tr><td>a<td><td>b<td></table>":                    "a | b",
		"<table><tr><td><td>a<tr><td>b<td>c<br>d</table>":          "a\nb | c\nd",
		"a<br><div>b</div><div>c<br></div>d":                       "a\nb\nc\nd",
		"a<br><br><div>b</div><div><br></div>c":                    "a\n\nb\n\nc",
		"<figure>a<figcaption>b</figcaption></figure><nav>c</nav>": "a\nb\n\nc",
	} {
		require.Equal(t, want, show(t, `{"html": `+quote(t, html)+`}`, `{}`).Text, html)
	}
}

func TestTheTextPartReadsLinksByTheRulesOfAttributes(t *testing.T) {
	for html, want := range map[string]string{
		`<a href="https://x.example/?a=1&region=2">a</a>`:                        "a (https://x.example/?a=1&region=2)",
		`<a href="https://x.example/?a=1&amp;reg=2&#38;b">a</a>`:                 "a (https://x.example/?a=1&reg=2&b)",
		`<a title=' href="https://y.example"' href=https://x.example>a</a>`:      "a (https://x.example)",
		`<a data-href="https://y.example">a</a>`:                                 "a",
		`<a title="b>c" href="https://x.example" href="https://y.example">a</a>`: "a (https://x.example)",
		`<a href="https://x.example"></a>b`:                                      "b",
		`<a href="https://x.y"><div>a</div></a><a href="tel:1"><p>b</p></a>c`:    "a (https://x.y)\nb (tel:1)\nc",
		`x<a href="https://x.example"> a</a>b`:                                   "x a (https://x.example)b",
		`<a href=" https://x.example ">https://x.example</a>`:                    "https://x.example",
		`<a href="HTTPS://X.Y">a</a> <a href="tel:1">b</a>`:                      "a (HTTPS://X.Y) b (tel:1)",
		`<a href="javascript:x">a</a> <a href="www.x.y">b</a>`:                   "a b",
		`<table><tr><td><a href="https://x.example">a</a><td>b</table>`:          "a (https://x.example) | b",
		`<area href="https://x.example">a`:                                       "a",
	} {
		require.Equal(t, want, show(t, `{"html": `+quote(t, html)+`}`, `{}`).Text, html)
	}
}

func TestInlineURLsWithBindings(t *testing.T) {
	const state = `{"data": {"v": "a&b c", "base": "https://x.example", "bad": "javascript:x", "e": ""}}`
	for html, c := range map[string]struct{ want, missing string }{
		`<a href="/p?q=${/data/v}">x</a>`:       {`<a href="/p?q=a%26b%20c">x</a>`, ""},
		`<a href='tel-x:${/data/v}'>x</a>`:      {`<a href='tel-x:a%26b%20c'>x</a>`, ""},
		`<a href="${/data/bad}/x" id="y">x</a>`: {`<a href="" id="y">x</a>`, "/data/bad"},
		`<a href=${/data/bad} id=y>x</a>`:       {`<a href="" id=y>x</a>`, "/data/bad"},
		`<a href="${/data/e}">x</a>`:            {`<a href="">x</a>`, "/data/e"},
		`<a href="https://${/data/bad}/">x</a>`: {`<a href="">x</a>`, "/data/bad"},
		`<a href="${/data/base}/?a=1&region=2&q=${/data/v}">x</a>`: {
			`<a href="https://x.example/?a=1&amp;region=2&amp;q=a%26b%20c">x</a>`, ""},
		`<a title="href=${/data/v}" href="#a">x</a>`:   {`<a title="href=a&amp;b c" href="#a">x</a>`, ""},
		`<img src="${/data/base}/${/data/v}.png">`:     {`<img src="https://x.example/a%26b%20c.png">`, ""},
		`<img src="cid:${/data/v}">`:                   {`<img src="cid:a%26b%20c">`, ""},
		`<td background="${/data/bad}">`:               {`<td background="">`, "/data/bad"},
		`<form action="https://x.example/${/data/v}">`: {`<form action="https://x.example/a%26b%20c">`, ""},
		`<img srcset="${/data/base}/a 1x, https://x.example/${/data/v} 2x">`: {
			`<img srcset="https://x.example/a 1x, https://x.example/a%26b%20c 2x">`, ""},
		`<img srcset="${/data/bad} 1x">`: {`<img srcset="">`, "/data/bad"},
		`<p style="color:${/data/v};background:url('https://x.example/${/data/v}')">`: {
			`<p style="color:a&amp;b c;background:url(&#39;https://x.example/a%26b%20c&#39;)">`, ""},
		`<p style="background:url(${/data/bad})">`: {`<p style="background:url()">`, "/data/bad"},
		`<!--[if mso]><v:rect href="https://x.example/?q=${/data/v}"><![endif]--><!-- ${/data/v} --><!x ${/data/v}>`: {
			`<!--[if mso]><v:rect href="https://x.example/?q=a%26b%20c"><![endif]--><!-- a&amp;b c --><!x a&amp;b c>`,
			""},
		`<${/data/v} title=x> </${/data/v}> <p ${/data/v}="x" y${/data/v}>`: {
			`&lt;a&amp;b c title=x> &lt;/a&amp;b c> <p a&amp;b&#32;c="x" ya&amp;b&#32;c>`, ""},
		`<noscript><a href="https://x.example/${/data/v}">x</a></noscript>`: {
			`<noscript><a href="https://x.example/a%26b%20c">x</a></noscript>`, ""},
		`<a href="https://x.example/${/data/v}`: {`<a href="https://x.example/a%26b%20c`, ""},
	} {
		out := show(t, `{"html": `+quote(t, html)+`}`, state)
		require.Equal(t, c.want, out.HTML)
		want := []render.Missing{}
		if c.missing != "" {
			want = append(want, render.Missing{Path: c.missing, Prop: "html"})
		}
		require.Equal(t, want, out.Missing, html)
	}
}

func TestDeadLinksOfInlineHTML(t *testing.T) {
	template := parse(t, `{"html": `+quote(t, `<a href="https://x.example/?a=1&region=2">a</a><a name="x"><a href="#x">
		<A HREF=www.x.example/?a&amp;b>b</a><a href>c</a><a href="https://x.example" href="/d">
		<img src="cid:${/data/v}"><area href='javascript:x'><td background="bg.png">
		<a href="${/data/v}"><a href="/${/data/v}"><a title='href="/x"' data-href="/y" href="tel:1">
		<!-- <a href="/z"> --><style>a{}</style><form action="/f"><script src="/s">"<a href='/t'>"</script>
		<noscript><a href="`+strings.Repeat("ü", 200)+`">`)+`}`)
	require.Equal(t, []render.DeadLink{
		{Line: 2, Element: "a", Attribute: "href", URL: "www.x.example/?a&b"},
		{Line: 2, Element: "a", Attribute: "href", URL: ""},
		{Line: 3, Element: "img", Attribute: "src", URL: "cid:${/data/v}"},
		{Line: 3, Element: "area", Attribute: "href", URL: "javascript:x"},
		{Line: 3, Element: "td", Attribute: "background", URL: "bg.png"},
		{Line: 4, Element: "a", Attribute: "href", URL: "/${/data/v}"},
		{Line: 6, Element: "a", Attribute: "href", URL: strings.Repeat("ü", 100) + "…"},
	}, template.DeadLinks())
	require.Empty(t, parse(t, link(`{"$state": "/data/v"}`)).DeadLinks())
}

func TestWhatReadersSee(t *testing.T) {
	for definition, want := range map[string]bool{
		`{"html": "<a href='${/system/url}'>x</a>"}`:                             true,
		`{"html": "${/system/url}"}`:                                             true,
		`{"html": "<a href='https://x.example/?u=${/system/url}'>x</a>"}`:        true,
		`{"html": "x", "text": "${/system/url}"}`:                                true,
		`{"html": "<a title='href=${/system/url}' href='https://x.y'>x</a>"}`:    false,
		`{"html": "<!-- <a href='${/system/url}'>x</a> -->y"}`:                   false,
		`{"html": "<div hidden><a href='${/system/url}'>x</a></div>y"}`:          false,
		`{"html": "<link href='${/system/url}'><title>${/system/url}</title>y"}`: false,
		`{"preheader": "${/system/url}", "html": "x"}`:                           false,
		link(`{"$state": "/system/url"}`):                                        true,
		text(`{"text": {"$state": "/system/url"}}`):                              true,
		text(`{"text": "x", "style": {"color": {"$state": "/system/url"}}}`):     false,
	} {
		require.Equal(t, want, parse(t, definition).Shows("/system/url"), definition)
	}
}
