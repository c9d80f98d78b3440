package render_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
)

func TestBindingsListsEveryUseOfTheState(t *testing.T) {
	compiled, findings := render.Parse([]byte(`{
		"subject": "${/data/id} and ${/data/id}",
		"preheader": {"$cond": {"$state": "/profile/tier", "eq": "gold"}, "$then": "G", "$else": {"$state": "/data/pre"}},
		"body": {"root": "b", "elements": {
			"b": {"type": "Body", "children": ["row", "img", "md", "link"]},
			"row": {"type": "Text", "repeat": {"statePath": "/data/lines"}, "visible": {"$state": "/data/show"},
				"props": {"text": {"$cond": {"$state": "/event/x", "exists": true}, "$then": {"$item": "price.net"},
					"$else": {"$index": true}}}},
			"img": {"type": "Image", "props": {"src": {"$state": "/data/logo"}, "style": {"$state": "/data/style"}}},
			"md": {"type": "Markdown", "props": {"content": {"$state": "/data/md"}}},
			"link": {"type": "Link", "props": {"text": {"$item": ""},
				"href": {"$template": "https://a.example/${/data/path}"}}}}}}`))
	require.Empty(t, findings)
	var got []string
	for _, b := range compiled.Bindings() {
		got = append(got, fmt.Sprintf("%s %s|%s|%s %s %v", b.Use, b.Path, b.Element, b.Prop, b.Pointer, b.List))
	}
	require.Equal(t, []string{
		"text /data/id||subject /data/id ",
		"condition /profile/tier|| /profile/tier ",
		"text /data/pre||preheader /data/pre ",
	}, got[:3])
	require.ElementsMatch(t, []string{
		"condition /data/show|| /data/show ",
		"list /data/lines|row|repeat /data/lines ",
		"condition /event/x|| /event/x ",
		"text price.net|row|text /price/net /data/lines",
		"position $index|row|text  /data/lines",
		"link /data/logo|img|src /data/logo ",
		"style /data/style|img|style /data/style ",
		"text /data/md|md|content /data/md ",
		"text |link|text  ",
		"text /data/path|link|href /data/path ",
	}, got[3:])
}
