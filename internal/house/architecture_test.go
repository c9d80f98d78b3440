package house_test

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var quoted = regexp.MustCompile("`([^`]+)`")

// patternsOf returns the patterns of files in the tables of a document. A name without a folder is in the folder of the
// name before it.
func patternsOf(document string) (patterns []string) {
	for line := range strings.SplitSeq(document, "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 3 {
			continue
		}
		folder := ""
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			pattern := name[1]
			if strings.Contains(pattern, "/") {
				folder = path.Dir(pattern)
			} else {
				pattern = path.Join(folder, pattern)
			}
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

// wrongPatterns finds files that no pattern matches, and patterns that match no file.
func wrongPatterns(patterns, files []string) (findings []string) {
	match := func(pattern, file string) bool {
		ok, err := path.Match(pattern, file)
		return err == nil && ok
	}
	for _, file := range files {
		if !slices.ContainsFunc(patterns, func(p string) bool { return match(p, file) }) {
			findings = append(findings, fmt.Sprintf("%s is not in a table of ARCHITECTURE.md", file))
		}
	}
	for _, pattern := range patterns {
		isFile := strings.HasSuffix(pattern, ".go")
		if isFile && !slices.ContainsFunc(files, func(f string) bool { return match(pattern, f) }) {
			findings = append(findings, fmt.Sprintf("ARCHITECTURE.md names %s, which does not exist", pattern))
		}
	}
	return findings
}

func TestTheArchitectureNamesEveryFile(t *testing.T) {
	document, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	require.NoError(t, err)
	all, err := paths()
	require.NoError(t, err)
	var files []string
	for _, file := range all {
		isCode := strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go")
		if isCode && !strings.HasPrefix(file, "tools/") {
			files = append(files, file)
		}
	}
	report(t, wrongPatterns(patternsOf(string(document)), files))
}

func TestTheArchitectureRuleFindsWrongTables(t *testing.T) {
	patterns := patternsOf("| File | Holds |\n" +
		"|---|---|\n" +
		"| `a/b.go` `c_*.go` | two |\n" +
		"| `d.go` | `e.go` |\n" +
		"not `f.go`")
	require.Equal(t, []string{"a/b.go", "a/c_*.go", "d.go"}, patterns)
	require.Empty(t, wrongPatterns(patterns, []string{"a/b.go", "a/c_x.go", "d.go"}))
	require.Equal(t, []string{
		"e.go is not in a table of ARCHITECTURE.md",
		"ARCHITECTURE.md names d.go, which does not exist",
	}, wrongPatterns(patterns, []string{"a/b.go", "a/c_x.go", "e.go"}))
}
