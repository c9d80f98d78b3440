package house_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const (
	maxColumns = 120
	tabColumns = 4
)

// wrapped are the extensions of the files, besides Go, that people read. The linter measures the lines of Go.
var wrapped = []string{".css", ".html", ".md", ".sh", ".sql", ".yaml", ".yml"}

// wideLines finds lines of more than 120 columns. Files in testdata may have longer lines, because tests need them as
// they are.
func wideLines(path, content string) (findings []string) {
	if !slices.Contains(wrapped, filepath.Ext(path)) || strings.Contains(path, "/testdata/") {
		return nil
	}
	n := 0
	for line := range strings.Lines(content) {
		n++
		text := strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", strings.Repeat(" ", tabColumns))
		if columns := utf8.RuneCountInString(text); columns > maxColumns {
			findings = append(findings, fmt.Sprintf("%s:%d has %d columns, more than %d", path, n, columns, maxColumns))
		}
	}
	return findings
}

func TestTheLinesOfDocumentsFitThePage(t *testing.T) {
	all, err := paths()
	require.NoError(t, err)

	var findings []string
	for _, path := range all {
		if !slices.Contains(wrapped, filepath.Ext(path)) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(root, path))
		require.NoError(t, err)
		findings = append(findings, wideLines(path, string(content))...)
	}
	report(t, findings)
}

func TestTheLineRuleFindsLongLines(t *testing.T) {
	long := strings.Repeat("é", maxColumns)
	require.Empty(t, wideLines("a.md", long+"\n"+long))
	require.Equal(t, []string{"a.md:2 has 121 columns, more than 120"}, wideLines("a.md", "# A\n"+long+"x\n"))
	require.Equal(t, []string{"a.sql:1 has 124 columns, more than 120"}, wideLines("a.sql", "\t"+long))
	require.Empty(t, wideLines("a.go", long+"x"), "the linter measures Go")
	require.Empty(t, wideLines("emulator/testdata/a.yaml", long+"x"))
}
