package links

import (
	"html/template"
	"net/http"
	"sync"
)

// page is the page of a link. Without a Button it has no form.
type page struct {
	Title, Text, Button string
	Test                bool
	Groups              []choice
}

type choice struct {
	ID, Name   string
	Subscribed bool
}

// pageHTML is parsed for the first page.
const pageHTML = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{{.Title}}</title></head>
<body style="font-family:sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;line-height:1.5">
<h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Test}}<p><em>This email was a test. Nothing on this page has an effect.</em></p>{{end}}
{{if .Button}}<form method="post">
{{range .Groups}}<p><input type="hidden" name="shown" value="{{.ID}}"><label>
<input type="checkbox" name="group" value="{{.ID}}"{{if .Subscribed}} checked{{end}}> {{.Name}}</label></p>
{{end}}<button>{{.Button}}</button></form>{{end}}
</body></html>
`

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("page").Parse(pageHTML))
})

func (p page) write(w http.ResponseWriter, _ *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "+
		"form-action 'self'; frame-ancestors 'none'")
	_ = pageTemplate().Execute(w, p)
}
