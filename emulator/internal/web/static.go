package web

import (
	"embed"
	"html/template"
	"mime"
	"net/http"
	"path"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/graph"
)

// This file has the templates of the pages, the style sheet and the scripts.

//go:embed static
var static embed.FS

// pages parses the templates for the first page.
var pages = sync.OnceValue(func() *template.Template {
	parsed := template.Must(template.New("pages").Funcs(functions).ParseFS(static, "static/*.html"))
	return template.Must(parsed.Parse(graph.Template))
})

// staticFile serves the style sheet or a script.
func staticFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind := mime.TypeByExtension(path.Ext(name))
	content, err := static.ReadFile("static/" + name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(content)
}
