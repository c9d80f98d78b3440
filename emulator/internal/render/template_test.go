package render_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

func TestATemplateReturnsItsSenderAndSensitivePaths(t *testing.T) {
	template := parse(t, `{"from": "A <a@acme.example>", "replyTo": "b@acme.example",
		"subject": "s", "renderVariables": [1],
		"sensitiveTransactionalVariablePaths": ["/data/a", "data/b~1c"], "html": "x"}`)
	require.Equal(t, "A <a@acme.example>", template.From())
	require.Equal(t, "b@acme.example", template.ReplyTo())
	require.Equal(t, []string{"/data/a", "/data/b~1c"}, template.SensitivePaths())
}

func TestADraftMayLackSubjectOrBody(t *testing.T) {
	for definition, want := range map[string][2]bool{
		`{}`: {false, false},
		`{"subject": null, "body": null, "preheader": null, "html": null, "from": null}`: {false, false},
		`{"subject": " ", "html": ""}`:                    {false, false},
		`{"subject": "${/data/a}"}`:                       {true, false},
		`{"subject": {"$state": "/data/a"}, "text": "x"}`: {true, true},
		`{"html": "x"}`:                                   {false, true},
		`{"subject": {"$template": ""}, "body": {"root": "a", "elements": {"a": {"type":"Hr"}}}}`: {false, true},
	} {
		subject, body := parse(t, definition).Complete()
		require.Equal(t, want, [2]bool{subject, body}, definition)
	}
	out, err := parse(t, `{}`).Render(&cond.Env{}, "")
	require.NoError(t, err)
	require.Equal(t, render.Output{Missing: []render.Missing{}}, out)
}

func TestReadsFindsEveryPrintedPointer(t *testing.T) {
	// with returns a definition whose body has this element and one that is not in the tree.
	with := func(element string) string {
		return `{"subject": "s", "body": {"root": "r", "elements": {"r": {"type": "Body", "children": ["a"]},
			"orphan": {"type": "Text", "props": {"text": {"$state": "/data/orphan"}}}, "a": ` + element + `}}}`
	}
	for name, c := range map[string]struct {
		definition string
		reads      bool
	}{
		"a link":   {with(`{"type": "Link", "props": {"href": {"$state": "/system/url"}}}`), true},
		"below it": {with(`{"type": "Link", "props": {"href": {"$state": "/system/url/x"}}}`), true},
		"above it": {with(`{"type": "Link", "props": {"href": {"$state": "/system"}}}`), false},
		"a name with the same start": {
			with(`{"type": "Link", "props": {"href": {"$state": "/system/urls"}}}`), false,
		},
		"a template in an else": {
			with(`{"type": "Text", "props":
				{"text": {"$cond": true, "$then": 1, "$else": {"$template": "${system/url}"}}}}`), true,
		},
		"Markdown's link": {
			with(`{"type": "Markdown", "props": {"content": {"$template": "[a](${/system/url})"}}}`), true,
		},
		"a style": {
			with(`{"type": "Hr", "props": {"style": {"color": {"$state": "/system/url"}}}}`), true,
		},
		"a repeat":             {with(`{"type": "Hr", "repeat": {"statePath": "/system/url"}}`), true},
		"an item of that name": {with(`{"type": "Text", "props": {"text": {"$item": "system/url"}}}`), false},
		"a condition":          {with(`{"type": "Hr", "visible": {"$state": "/system/url"}}`), false},

		"the subject":   {`{"subject": "${/system/url}"}`, true},
		"the preheader": {`{"preheader": "${/system/url}"}`, true},
		"inline html":   {`{"html": "<a href=\"${/system/url}\">"}`, true},
		"inline text":   {`{"text": "${/system/url}"}`, true},
	} {
		template := parse(t, c.definition)
		require.Equal(t, c.reads, template.Reads("/system/url"), name)
		require.Equal(t, c.reads, template.Reads("system/url"), name)
		require.False(t, template.Reads("/data/orphan"), "an element outside the tree prints nothing")
	}
	require.False(t, parse(t, `{"subject": "${/a}"}`).Reads("/~2"))
}

func TestSubjectReadsFindsWhatTheSubjectWouldReveal(t *testing.T) {
	template := parse(t, `{"subject": "${/data/card/number} ${/data/codes}", "preheader": "${/data/other}"}`)
	for path, reads := range map[string]bool{
		"/data/card/number": true, "/data/card": true, "/data/card/number/0": true, "/data/codes/1": true,
		"/data/card/holder": false, "/data/other": false, "/data/cards": false, "/~2": false,
	} {
		require.Equal(t, reads, template.SubjectReads(path), path)
	}
}

func TestTheSubjectCanBeRenderedAlone(t *testing.T) {
	template := parse(t, `{"subject": "A\t${/data/a}\n${/data/b}!", "html": "${/data/c}"}`)
	subject, missing, err := template.RenderSubject(env(t, `{"data": {"a": "<1>\r\n2"}}`))
	require.NoError(t, err)
	require.Equal(t, "A <1> 2 !", subject)
	require.Equal(t, []render.Missing{{Path: "/data/b", Prop: "subject"}}, missing)
}

func TestBlankReplacesOnlyWhatThePathsName(t *testing.T) {
	for name, c := range map[string]struct {
		data, want string
		paths      []string
	}{
		"a member":       {`{"a": 1, "b": 2}`, `{"a": "[redacted]", "b": 2}`, []string{"/data/a"}},
		"a whole object": {`{"a": {"b": 1}}`, `{"a": "[redacted]"}`, []string{"/event/a"}},
		"deep and in a list": {
			`{"a": [{"b": 1, "c": 2}, 3]}`, `{"a": [{"b": "[redacted]", "c": 2}, 3]}`,
			[]string{"/data/a/0/b"},
		},
		"a null": {`{"a": null}`, `{"a": "[redacted]"}`, []string{"/data/a"}},
		"absent values": {
			`{"a": {"b": 1}, "l": [1]}`, `{"a": {"b": 1}, "l": [1]}`,
			[]string{"/data/x", "/data/a/b/c", "/data/l/1", "/data/l/-1", "/data/l/00", "/data/l/x"},
		},
		"several": {
			`{"a": {"b": 1, "c": 2}}`, `{"a": {"b": "[redacted]", "c": "[redacted]"}}`,
			[]string{"/data/a/b", "/data/a/c"},
		},
		"one inside another": {`{"a": {"b": 1}}`, `{"a": "[redacted]"}`, []string{"/data/a", "/data/a/b"}},
		"escaped names": {
			`{"a/b": {"c~d": 1}}`, `{"a/b": {"c~d": "[redacted]"}}`,
			[]string{"/data/a~1b/c~0d"},
		},
		"a malformed escape":           {`{"a~2": 1}`, `{"a~2": "[redacted]"}`, []string{"/data/a~2"}},
		"an empty name":                {`{"": 1, "a": 2}`, `{"": "[redacted]", "a": 2}`, []string{"/event/"}},
		"the root":                     {`{"a": 1}`, `"[redacted]"`, []string{"/data"}},
		"nothing":                      {`{"a": 1}`, `{"a": 1}`, nil},
		"data that is not a container": {`3`, `3`, []string{"/data/a"}},
	} {
		data, err := cond.Decode([]byte(c.data))
		require.NoError(t, err)
		untouched, _ := cond.Decode([]byte(c.data))
		want, err := cond.Decode([]byte(c.want))
		require.NoError(t, err)
		require.Equal(t, want, render.Blank(data, c.paths), name)
		require.Equal(t, untouched, data, "the original stays as it was")
	}
	require.Nil(t, render.Blank(nil, []string{"/data/a"}))
}

func TestStylesBecomeInlineCSS(t *testing.T) {
	for style, want := range map[string]string{
		`{"backgroundColor": "#fff"}`:                           `background-color:#fff;`,
		`{"WebkitTextSizeAdjust": "none"}`:                      `-webkit-text-size-adjust:none;`,
		`{"msTextSizeAdjust": "100%"}`:                          `-ms-text-size-adjust:100%;`,
		`{"msoLineHeightRule": "exactly"}`:                      `mso-line-height-rule:exactly;`,
		`{"border-top": "0", "borderBottom": 0}`:                `border-top:0;border-bottom:0;`,
		`{"padding": 8, "paddingTop": 1.5, "fontWeight": 700}`:  `font-weight:700;padding:8px;padding-top:1.5px;`,
		`{"lineHeight": 1.5, "opacity": 0.5, "fontSize": "12"}`: `font-size:12px;line-height:1.5;opacity:0.5;`,
		`{"color": "red;"}`:                                     `color:red;`,
		`{"color": "red; position: fixed"}`:                     ``,
		`{"color": ""}`:                                         ``,
		`{"color": null}`:                                       ``,
		`{"width": "calc(100% - (2 * 4px))"}`:                   `width:calc(100% - (2 * 4px));`,
		`{"width": "calc(1px"}`:                                 ``,
		`{"width": ")("}`:                                       ``,
		`{"width": "[)]("}`:                                     ``,
		`{"fontFamily": "'A, serif"}`:                           ``,
		`{"fontFamily": "\"A (B\", 'C'"}`:                       `font-family:&#34;A (B&#34;, &#39;C&#39;;`,

		`{"backgroundImage": "URL('HTTPS://x.example/a(1).png')"}`: `background-image:` +
			`URL(&#39;HTTPS://x.example/a(1).png&#39;);`,

		`{"backgroundImage": "url(//x.example)"}`:    ``,
		`{"backgroundImage": "url(data:image/png)"}`: ``,
		`{"color": "r/**/ed"}`:                       ``,
	} {
		out := show(t, tree(`"root": {"type": "Row", "props": {"style": `+style+`}}`), `{}`)
		got := ""
		if _, after, found := strings.Cut(out.HTML, `role="presentation" style="`); found {
			got, _, _ = strings.Cut(after, `"`)
		}
		require.Equal(t, want, got, style)
	}
}
