package emulator_test

import (
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// BenchmarkDashboard opens each page of the dashboard in a large world (see largeWorld). It takes turns with GET
// /_emulator/health, and reports the processor time of both and the size of the page. A page may take 150 ms and have
// 300 KB.
func BenchmarkDashboard(b *testing.B) {
	w := largeWorld(b, large())
	pages := pagesOf(w)
	requireEveryPage(b, pages)
	r := readerOf(b, w.emu)
	for _, page := range pages {
		status, text := r.get(page.path)
		require.Equal(b, page.status, status, page.path)
		r.measure(w.named(page.path), page)
		if !page.list {
			continue
		}
		next := olderPage.FindStringSubmatch(text)
		require.NotNil(b, next, "%s has only one page", page.path)
		page.path = html.UnescapeString(next[1])
		r.measure(w.named(listName(page.path)), page)
	}
}

// olderPage is the link of a pager to the next page of a list.
var olderPage = regexp.MustCompile(`<a href="([^"]+)" rel="next">`)

// listName names the second page of a list, whose cursor is different each time.
func listName(path string) string {
	return regexp.MustCompile(`before=[^&]+`).ReplaceAllString(path, "before=...")
}

// requireEveryPage requires that the pages are all of the dashboard, apart from the stream of news.
func requireEveryPage(b *testing.B, pages []benchPage) {
	files, err := filepath.Glob("internal/web/*.go")
	require.NoError(b, err)
	routes := regexp.MustCompile(`"GET (/dashboard[^"]*)"`)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(b, err)
		for _, route := range routes.FindAllStringSubmatch(string(source), -1) {
			pattern := strings.ReplaceAll(route[1], "{$}", "")
			pattern = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(pattern, "[^/]+")
			shown := regexp.MustCompile("^" + pattern + `(\?.*)?$`)
			measured := slices.ContainsFunc(pages, func(page benchPage) bool { return shown.MatchString(page.path) })
			require.True(b, measured || route[1] == "/dashboard/live", "no page of %s is measured", route[1])
		}
	}
}

// benchReader is a user who is signed in to the dashboard.
type benchReader struct {
	*testing.B
	client *http.Client
	base   string
}

func readerOf(b *testing.B, emu *emulator.Emulator) benchReader {
	jar, err := cookiejar.New(nil)
	require.NoError(b, err)
	login := emu.LoginURL()
	base, _, _ := strings.Cut(login, "/login")
	r := benchReader{b, &http.Client{Transport: emu.Transport(), Jar: jar}, base}
	status, _ := r.get(strings.TrimPrefix(login, base))
	require.Equal(b, 200, status)
	return r
}

func (r benchReader) get(path string) (status int, text string) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, r.base+path, nil)
	require.NoError(r, err)
	response, err := r.client.Do(request)
	require.NoError(r, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(r, err)
	return response.StatusCode, string(body)
}

// enough is how much processor time the measurement of a page takes at least, unless seven calls take less.
const enough = time.Second

func (r benchReader) measure(name string, page benchPage) {
	r.Run(name, func(b *testing.B) {
		size := 0
		for b.Loop() {
			status, text := r.get(page.path)
			require.Equal(b, page.status, status)
			size = len(text)
		}
		rounds, calls := 7, 10 // calls of health, which takes little time
		if testing.Short() {
			rounds, calls = 1, 1
		}
		var pages, healths []float64
		for begun := cpuTime(); len(pages) < rounds && cpuTime()-begun < enough; {
			start := cpuTime()
			r.get(page.path)
			pages = append(pages, float64(cpuTime()-start)/1e6)
			start = cpuTime()
			for range calls {
				r.get("/_emulator/health")
			}
			healths = append(healths, float64(cpuTime()-start)/1e6/float64(calls))
		}
		slices.Sort(pages)
		slices.Sort(healths)
		b.ReportMetric(pages[len(pages)/2], "cpu-ms")
		b.ReportMetric(healths[len(pages)/2], "health-cpu-ms")
		b.ReportMetric(float64(size)/1000, "KB")
	})
}

// named returns a path as the name of a benchmark, with words for ids.
func (w *benchWorld) named(path string) string {
	for id, word := range w.words {
		path = strings.ReplaceAll(path, id, word)
	}
	return fmt.Sprint("page=", strings.TrimPrefix(path, "/dashboard"))
}
