// Package graph draws graphs and bar charts as SVG. It places the boxes of a graph in layers, so that the arcs lead
// from top to bottom and those of loops back up. It knows nothing of what the boxes and bars are.
package graph

// Template is the template of a Drawing, for html/template. The page styles it: boxes are rect.box, the grounds of
// labels the other rects; arcs are path.arc, their arrows the other paths.
const Template = `{{define "graph"}}
<svg role="{{if .Links}}group{{else}}img{{end}}" aria-label="{{.Label}}"
 width="{{.Width}}" height="{{.Height}}" viewBox="0 0 {{.Width}} {{.Height}}">
{{- range .Arcs}}
<g class="{{.Class}}">{{with .Full}}<title>{{.}}</title>{{end}}
<path class="arc" d="{{.Path}}"/><path d="{{.Arrow}}"/></g>
{{- end}}
{{- range .Arcs}}{{if .Label.Text}}
<rect x="{{.X}}" y="{{.Y}}" width="{{.Width}}" height="{{.Height}}"/>
<text class="label {{.Class}}" x="{{.Label.X}}" y="{{.Label.Y}}">{{.Label.Text}}</text>
{{- end}}{{end}}
{{- range .Boxes}}
<g class="{{.Class}}">{{with .Full}}<title>{{.}}</title>{{end}}
<rect class="box" x="{{.X}}" y="{{.Y}}" width="{{.Width}}" height="{{.Height}}" rx="6"/>
{{- range .Lines}}
{{if .Link}}<a href="{{.Link}}">{{end -}}
<text class="{{.Class}}" x="{{.X}}" y="{{.Y}}">{{.Text}}</text>
{{- if .Link}}</a>{{end}}
{{- end}}</g>
{{- end}}
</svg>{{end}}`

// Links reports whether anything in the drawing is a link.
func (d *Drawing) Links() bool {
	for _, box := range d.Boxes {
		for _, line := range box.Lines {
			if line.Link != "" {
				return true
			}
		}
	}
	return false
}

// Size returns about how many bytes the drawing has as SVG.
func (d *Drawing) Size() (n int) {
	const ofArc, ofBox, ofLine = 210, 110, 50
	for _, a := range d.Arcs {
		n += ofArc + len(a.Path) + len(a.Arrow) + len(a.Full) + len(a.Label.Text)
	}
	for _, box := range d.Boxes {
		n += ofBox + len(box.Full)
		for _, line := range box.Lines {
			n += ofLine + len(line.Text) + len(line.Link)
		}
	}
	return n
}
