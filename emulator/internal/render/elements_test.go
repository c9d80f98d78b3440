package render_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

// elementSample is one element with all its props, and its form in the email. If it has children, it has one Text.
type elementSample struct {
	props, html, text string
	children          bool
	bad               string // props whose value is refused, "" if there are none
}

const (
	inside     = `<p style="font-size:14px;line-height:24px;margin:16px 0;">inside</p>` + "\n"
	insideBox  = "><tr><td>\n" + inside + "</td></tr></table>\n"
	table      = `<table width="100%" border="0" cellpadding="0" cellspacing="0" role="presentation"`
	linkStyle  = ` style="color:#0b62d6;text-decoration:underline;"`
	imageStyle = ` style="border:0;display:block;max-width:100%;outline:none;"`
)

var elementSamples = map[string]elementSample{
	"Html": {`{"lang": "de", "dir": "rtl"}`, `<div lang="de" dir="rtl">` + "\n" + inside, "inside", true,
		`{"dir": "up"}`},
	"Head":      {`{}`, inside, "inside", true, ""},
	"Preview":   {`{"text": "inside"}`, `mso-hide:all;">inside</div>`, "", false, ""},
	"Body":      {`{}`, table + insideBox, "inside", true, ""},
	"Container": {`{}`, `style="margin:0 auto;max-width:600px;"` + insideBox, "inside", true, ""},
	"Section":   {`{}`, table + insideBox, "inside", true, ""},
	"Row":       {`{}`, table + "><tr>\n<td valign=\"top\">\n" + inside + "</td>\n</tr></table>\n", "inside", true, ""},
	"Column":    {`{}`, table + insideBox, "inside", true, ""},
	"Heading":   {`{"text": "inside", "as": "h3"}`, `font-size:20px;">inside</h3>`, "inside", false, `{"as": "h7"}`},
	"Text":      {`{"text": "inside"}`, inside, "inside", false, ""},
	"Link": {`{"text": "inside", "href": "https://x.example"}`,
		`<a href="https://x.example"` + linkStyle + `>inside</a>`, "inside (https://x.example)", false, ""},
	"Button": {`{"text": "inside", "href": "https://x.example"}`,
		`text-decoration:none;">inside</a></td></tr></table>`, "inside (https://x.example)", false, ""},
	"Image": {`{"src": "https://x.example/i", "alt": "inside", "width": 1, "height": 2}`,
		`<img src="https://x.example/i" alt="inside" width="1" height="2"` + imageStyle + ` />`, "", false, ""},
	"Hr": {`{}`, `<hr style="`, "----------------------------------------", false, ""},
	"Markdown": {`{"content": "*inside*"}`, `<em>inside</em>`, "inside", false,
		`{"content": "` + strings.Repeat("a", 65537) + `"}`},
}

// A new element fails this test until it has a sample.
func TestEveryElementIsComplete(t *testing.T) {
	listed := func(definition, before string) []string {
		_, findings := render.Parse([]byte(definition))
		require.Len(t, findings, 1)
		_, names, found := strings.Cut(findings[0].Message, before)
		require.True(t, found, findings[0].Message)
		return strings.Split(strings.ReplaceAll(names, " and ", ", "), ", ")
	}
	names := listed(tree(`"root": {}`), "the known types are ")
	require.ElementsMatch(t, slices.Collect(maps.Keys(elementSamples)), names)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			sample, root := elementSamples[name], `"root": {"type": "`+name+`", "props": `
			var props map[string]any
			require.NoError(t, json.Unmarshal([]byte(sample.props), &props))
			takes := listed(tree(root+`{"?": 1}}`), "unknown prop; "+name+" takes ")
			require.ElementsMatch(t, append(slices.Collect(maps.Keys(props)), "style"), takes)
			if sample.bad != "" {
				_, findings := render.Parse([]byte(tree(root + sample.bad + `}`)))
				require.Len(t, findings, 1)
				require.Contains(t, findings[0].Message, "must be ")
			}

			definition := tree(root + sample.props + `, "children": ["a"]}, ` +
				`"a": {"type": "Text", "props": {"text": "inside"}}`)
			if !sample.children {
				_, findings := render.Parse([]byte(definition))
				require.Len(t, findings, 1)
				require.Equal(t, name+" takes no children", findings[0].Message)
				definition = tree(root + sample.props + `}`)
			}
			out := show(t, definition, `{}`)
			require.Contains(t, out.HTML, sample.html)
			require.Equal(t, sample.text, strings.TrimSpace(out.Text))
		})
	}
}
