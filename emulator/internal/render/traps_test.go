package render_test

import (
	"encoding/json"
	"errors"
	"iter"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// show renders a definition and expects no error.
func show(t *testing.T, definition, state string) render.Output {
	t.Helper()
	out, err := parse(t, definition).Render(env(t, state), "")
	require.NoError(t, err)
	return out
}

func quote(t *testing.T, s string) string {
	t.Helper()
	quoted, err := json.Marshal(s)
	require.NoError(t, err)
	return string(quoted)
}

func TestATextPropPrintsItsValue(t *testing.T) {
	for name, c := range map[string]struct {
		value   string // of /data/v, which is absent if this is empty
		prints  string
		missing bool
	}{
		"absent":                 {"", "", true},
		"null":                   {`null`, "", true},
		"an empty string":        {`""`, "", false},
		"a blank":                {`" "`, " ", false},
		"zero":                   {`0`, "0", false},
		"trailing zeros":         {`1.50`, "1.5", false},
		"an exponent":            {`1e3`, "1000", false},
		"past a float's digits":  {`9007199254740993`, "9007199254740993", false},
		"false":                  {`false`, "false", false},
		"an object":              {`{"a": 1}`, "", true},
		"a list":                 {`[1, "b", true]`, "1, b, true", false},
		"an empty list":          {`[]`, "", false},
		"a list of objects":      {`[{"a": 1}]`, "", true},
		"a string like a number": {`"1.50"`, "1.50", false},
		"a binding":              {`"${/data/w}"`, "${/data/w}", false},
		"text and tags":          {`"<b>&amp;"`, "<b>&amp;", false},
	} {
		t.Run(name, func(t *testing.T) {
			state := `{"data": {"w": "inner"}}`
			if c.value != "" {
				state = `{"data": {"w": "inner", "v": ` + c.value + `}}`
			}
			var want []render.Missing
			for _, form := range []string{
				`{"$state": "/data/v"}`,
				`{"$template": "${/data/v}"}`,
				`{"$cond": true, "$then": {"$state": "data/v"}}`,
			} {
				out := show(t, `{"subject": `+form+`, "body": {"root": "root",
					"elements": {"root": {"type": "Text", "props": {"text": `+form+`}}}}}`, state)
				require.Equal(t, c.prints, out.Text)
				require.Equal(t, c.prints, out.Subject)
				want = []render.Missing{}
				if c.missing {
					want = []render.Missing{{"/data/v", "", "subject"}, {"/data/v", "root", "text"}}
				}
				require.Equal(t, want, out.Missing)
			}
		})
	}
}

func TestAHiddenBindingIsNeverMissing(t *testing.T) {
	out := show(t, `{"subject": "s", "preheader": "${/data/beaten}", "body": {"root": "root", "elements": {
		"root": {"type": "Html", "children": ["preview", "hidden", "unchosen"]},
		"preview": {"type": "Preview", "props": {"text": "wins"}},
		"hidden": {"type": "Section", "visible": {"$state": "/data/no"}, "children": ["inside"]},
		"inside": {"type": "Text", "props": {"text": {"$state": "/data/absent"}}},
		"unchosen": {"type": "Text", "props": {"text":
			{"$cond": {"$state": "/data/no"}, "$then": {"$state": "/data/absent"}, "$else": "x"}}}
	}}}`, `{}`)
	require.Empty(t, out.Missing)
	require.NotNil(t, out.Missing, "it is a list in JSON")
	require.Equal(t, "wins", out.Preheader)
}

func TestAnOverriddenSubjectIsNeitherReadNorResolved(t *testing.T) {
	template := parse(t, `{"subject": "${/data/absent}", "html": "x"}`)
	out, err := template.Render(env(t, `{"data": {"a": "b"}}`), "Just ${/data/a}\r\nBcc: x")
	require.NoError(t, err)
	require.Equal(t, "Just ${/data/a} Bcc: x", out.Subject)
	require.Empty(t, out.Missing)
}

func TestAHiddenPreviewDoesNotReplaceThePreheader(t *testing.T) {
	definition := `{"subject": "s", "preheader": "the line ${/data/n}", "body": {"root": "root", "elements": {
		"root": {"type": "Head", "visible": {"$state": "/data/on"}, "children": ["p"]},
		"p": {"type": "Preview", "repeat": {"statePath": "/data/list"}, "props": {"text": {"$item": ""}}}}}}`
	require.Equal(t, "the line 1", show(t, definition, `{"data": {"n": 1}}`).Preheader)
	out := show(t, definition, `{"data": {"n": 1, "on": true, "list": ["a\n", "b"]}}`)
	require.Equal(t, "a b", out.Preheader)
	require.Equal(t, 1, strings.Count(out.HTML, "a b"))
	require.Empty(t, out.Text)
}

func TestNoValueBreaksOutOfItsPlace(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`,
		`' onmouseover='alert(1)`, `" onmouseover="alert(1)`,
		`javascript:alert(1)`, ` JaVaScRiPt:alert(1)`, "java\nscript:alert(1)", "\x01javascript:alert(1)", `vbscript:x`,
		`data:text/html,<script>alert(1)</script>`,
		`https://x.example/" onclick="alert(1)`, "https://x.example/' onclick='alert(1)",
		`red;position:fixed`, `expression(alert(1))`, `\65xpression(alert(1))`,
		`url(javascript:alert(1))`, `url( "data:x" )`,
		`</style><script>alert(1)</script>`, `[x](javascript:alert(1))`, `![x](data:x)`, "`<svg onload=alert(1)>`",
		`<https://x.example/"onclick="alert(1)>`, `<b onclick=alert(1)>`,
		`--><script>alert(1)</script>`, `]]><iframe src=x>`,
		`&#106;avascript:alert(1)`, `&lt;script&gt;`, "${/data/v}", `x onload=alert(1)`, `//x.example`, `/x`, `https:`,
	}
	places := map[string]string{
		"text":    tree(`"root": {"type": "Text", "props": {"text": $V}}`),
		"heading": tree(`"root": {"type": "Heading", "props": {"text": $V, "as": $V}}`),
		"link":    tree(`"root": {"type": "Link", "props": {"text": $V, "href": $V}}`),
		"button": tree(`"root": {"type": "Button",
			"props": {"text": $V, "href": $V, "style": {"padding": $V, "margin": $V}}}`),
		"image":    tree(`"root": {"type": "Image", "props": {"src": $V, "alt": $V, "width": $V, "height": $V}}`),
		"markdown": tree(`"root": {"type": "Markdown", "props": {"content": $V}}`),
		"language": tree(`"root": {"type": "Html", "props": {"lang": $V, "dir": $V}}`),
		"preview":  tree(`"root": {"type": "Preview", "props": {"text": $V}}`),
		"style": tree(`"root": {"type": "Body",
			"props": {"style": {"color": $V, "backgroundImage": $V, "maxWidth": $V}}}`),
		"style by data": tree(`"root": {"type": "Container", "props": {"style": {"$state": "/data/style"}}}`),
		"item": tree(`"root": {"type": "Link", "repeat": {"statePath": "/data/list"},
			"props": {"text": {"$item": ""}, "href": {"$item": ""}}}`),
		"subject": `{"subject": $V, "preheader": $V, "body": {"root": "a", "elements": {"a": {"type": "Hr"}}}}`,
		"markdown's binding": tree(`"root": {"type": "Markdown", "props": {"content":
			{"$template": "a ${/data/v} [b](${/data/v}) <${/data/v}> ![c](${/data/v})"}}}`),
		"inline html": `{"html": "<p title=\"${/data/v}\">${/data/v}</p>` +
			`<a href='${/data/v}' id=${/data/v}>x</a><a href=${/data/v}>y</a><${/data/v}>"}`,
	}
	for place, definition := range places {
		t.Run(place, func(t *testing.T) {
			bound := parse(t, strings.ReplaceAll(definition, "$V", `{"$state": "/data/v"}`))
			for _, attack := range attacks {
				v := quote(t, attack)
				style := `{"color": ` + v + `, "background": ` + v + `, ` + v + `: "x"}`
				state := env(t, `{"data": {"v": `+v+`, "list": [`+v+`], "style": `+style+`}}`)
				out, err := bound.Render(state, "")
				require.NoError(t, err)
				checkInert(t, out.HTML)
				if !strings.Contains(definition, "$V") {
					continue
				}
				fixed, findings := render.Parse([]byte(strings.ReplaceAll(definition, "$V", v)))
				if len(findings) == 0 {
					out, err = fixed.Render(state, "")
					require.NoError(t, err)
					checkInert(t, out.HTML)
				}
			}
		})
	}
}

var (
	anyTag   = regexp.MustCompile(`<[^>]*>`)
	ourImage = regexp.MustCompile(`(?i)<img src="https?://[^"<>]*"`)
	quoted   = regexp.MustCompile(`"[^"]*"|'[^']*'`)
	live     = regexp.MustCompile(`(?i)<(script|img|svg|iframe|b)\b|\son[a-z]+\s*=`)
	unsafe   = regexp.MustCompile(`(?i)\s(href|src)=["']?\s*(javascript|data|vbscript)` +
		`|style="[^"]*(expression\(|position:fixed|javascript:)`)
)

// checkInert checks only tags, because text may contain anything.
func checkInert(t *testing.T, html string) {
	t.Helper()
	for _, tag := range anyTag.FindAllString(ourImage.ReplaceAllString(html, "<picture"), -1) {
		require.NotRegexp(t, unsafe, tag)
		require.NotRegexp(t, live, quoted.ReplaceAllString(tag, `""`))
	}
}

func TestNestedRepeatsThatGrowTooLargeAreAnError(t *testing.T) {
	var nested []string
	for _, key := range []string{"root", "b", "c", "d", "e"} {
		nested = append(nested,
			`"`+key+`": {"type": "Head", "repeat": {"statePath": "/data/l"}, "children": ["`+string(key[0]+1)+`"]}`)
	}
	definition := strings.Replace(strings.Join(nested, ","), `["s"]`, `["b"]`, 1) +
		`, "f": {"type": "Text", "props": {"text": {"$item": ""}}}`

	_, err := parse(t, tree(definition)).Render(env(t, `{"data": {"l": [`+strings.Repeat("1,", 99)+`1]}}`), "")
	require.ErrorContains(t, err, "too large")

	long := env(t, `{"data": {"l": [`+strings.Repeat("1,", 999)+`1], "s": "`+strings.Repeat("x", 1<<15)+`"}}`)
	definition = tree(`"root": {"type": "Text", "repeat": {"statePath": "/data/l"},
		"props": {"text": {"$state": "/data/s"}}}`)
	_, err = parse(t, definition).Render(long, "")
	require.ErrorContains(t, err, "too large")
}

type noFacts struct{ cond.Facts }

var errFacts = errors.New("the store is closed")

func (noFacts) Events(string, bool, time.Time) iter.Seq2[cond.Event, error] {
	return func(yield func(cond.Event, error) bool) { yield(cond.Event{}, errFacts) }
}

func TestAConditionThatFailsIsAnError(t *testing.T) {
	template := parse(t, `{"subject": {"$cond": {"performed": {"event": "a"}}, "$then": "x"}, "html": "x"}`)
	e := env(t, `{}`)
	e.Facts = noFacts{}
	_, err := template.Render(e, "")
	require.ErrorIs(t, err, errFacts)
	_, _, err = template.RenderSubject(e)
	require.ErrorIs(t, err, errFacts)
	_, err = template.Render(e, "an override needs no answer")
	require.NoError(t, err)
}
