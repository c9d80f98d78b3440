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
		`<p title="open>c`:                                                      "c",
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
