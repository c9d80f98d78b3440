// Package graph draws graphs as SVG. It places the boxes in layers, so that the arcs lead from top to bottom and those
// of loops back up. It knows nothing of what the boxes are.
package graph

// Template is the template of a Drawing, for html/template. The page styles its classes.
const Template = `{{define "graph"}}
<svg role="{{if .Links}}group{{else}}img{{end}}" aria-label="{{.Label}}"
 width="{{.Width}}" height="{{.Height}}" viewBox="0 0 {{.Width}} {{.Height}}">
{{- range .Arcs}}
<g class="{{.Class}}"><title>{{.Full}}</title><path class="arc" d="{{.Path}}"/><path class="arrow" d="{{.Arrow}}"/></g>
{{- end}}
{{- range .Arcs}}{{if .Label.Text}}
<rect class="ground" x="{{.X}}" y="{{.Y}}" width="{{.Width}}" height="{{.Height}}"/>
<text class="label {{.Class}}" x="{{.Label.X}}" y="{{.Label.Y}}">{{.Label.Text}}</text>
{{- end}}{{end}}
{{- range .Boxes}}
<g class="{{.Class}}"><title>{{.Full}}</title>
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
