package languagestest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const page = "../../docs/other-languages.md"

// block is a fenced block of the page. Its file is the name at the end of the sentence above it, if there is one.
type block struct {
	language, text, file string
	line                 int
}

// fence matches a fenced block. Its text is matched line by line, and its file is in the last line above it.
var fence = regexp.MustCompile("(?ms)(?:`([^`\n]+)`:\n\n)?^```([^\n]*)\n(.*?)^```$")

// blocks returns the fenced blocks of the page in order.
func blocks(t *testing.T) []block {
	t.Helper()
	raw, err := os.ReadFile(page)
	require.NoError(t, err)
	text := string(raw)
	var found []block
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		b := block{language: text[m[4]:m[5]], text: text[m[6]:m[7]], line: 1 + strings.Count(text[:m[4]], "\n")}
		if m[2] >= 0 {
			b.file = text[m[2]:m[3]]
		}
		found = append(found, b)
	}
	return found
}

// contents returns all that the page writes to a file.
func contents(t *testing.T, file string) string {
	t.Helper()
	var texts []string
	for _, b := range blocks(t) {
		if b.file == file {
			texts = append(texts, b.text)
		}
	}
	require.NotEmpty(t, texts, "the page does not write %s", file)
	return strings.Join(texts, "\n")
}

// commands returns the commands of the shell up to, and with, the first that begins so.
func commands(t *testing.T, last string) (found []string) {
	t.Helper()
	for _, b := range blocks(t) {
		if b.language != "sh" {
			continue
		}
		// A line goes on after a backslash or a pipe.
		text := strings.NewReplacer("\\\n", "", "|\n", "|").Replace(b.text)
		for command := range strings.Lines(text) {
			found = append(found, strings.TrimSpace(command))
			if strings.HasPrefix(command, last) {
				return found
			}
		}
	}
	require.Fail(t, "the page has no such command", last)
	return nil
}

func TestTheFirstTestsAreShort(t *testing.T) {
	for _, first := range []struct{ file, run string }{
		{"hello.test.ts", "npx vitest run"},
		{"test_hello.py", "python3 -m unittest"},
	} {
		require.LessOrEqual(t, strings.Count(contents(t, first.file), "\n"), 12, first.file)
		needed := commands(t, first.run)
		require.LessOrEqual(t, len(needed), 5, needed)
	}
}

// TestTheTypeScriptHasNoWayAroundTheTypes looks for casts, any, assertions that a value is there, and comments that
// switch the compiler off.
func TestTheTypeScriptHasNoWayAroundTheTypes(t *testing.T) {
	around := regexp.MustCompile(`\bany\b|\bas\b|@ts-|\w!|[\])]!|[=(,]\s*<\w+>`)
	for _, b := range blocks(t) {
		if b.language != "ts" {
			continue
		}
		for line := range strings.Lines(b.text) {
			if !strings.HasPrefix(line, "import ") {
				require.NotRegexp(t, around, line, "line %d", b.line)
			}
		}
	}
}

func TestAllBlocksAreOfAKindThatRuns(t *testing.T) {
	for _, b := range blocks(t) {
		require.Contains(t, []string{"sh", "text", "ts", "python", "json", "yaml"}, b.language, "line %d", b.line)
		written := b.language != "sh" && b.language != "text"
		require.Equal(t, written, b.file != "", "line %d: a sentence that ends in `file`: must be above a file", b.line)
	}
}
