package consumer_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEverythingReleasedIsUsedHere compares the names in this module with the API of the last release. What was
// released and is not used here could break users unnoticed.
func TestEverythingReleasedIsUsedHere(t *testing.T) {
	released, err := os.ReadFile("../../api/released.txt")
	if err != nil {
		t.Fatal(err)
	}
	used := names(t)
	declared := regexp.MustCompile(`(?m)^pkg \S+, (?:(?:const|var|func|type) (\w+)|method \(\S+(?: any\])?\) (\w+)).*$`)
	for _, line := range declared.FindAllStringSubmatch(string(released), -1) {
		if name := line[1] + line[2]; !used[name] && name != "MarshalJSON" && name != "IsZero" {
			t.Errorf("nothing here uses %s", line[0])
		}
	}
}

// names returns all names in the files of this module.
func names(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, path := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(node ast.Node) bool {
			if name, ok := node.(*ast.Ident); ok {
				used[name.Name] = true
			}
			return true
		})
	}
	return used
}

// An app that only sends email must not build a database.
func TestTheSDKAloneNeedsLittle(t *testing.T) {
	const sdk, foreign = "github.com/segmentflow/segmentflow-go", "{{if not .Standard}}{{.ImportPath}}{{end}}"
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", foreign, sdk).Output()
	if err != nil {
		t.Fatal(err)
	}
	want := "github.com/hashicorp/go-cleanhttp github.com/hashicorp/go-retryablehttp " + sdk
	if got := strings.Join(strings.Fields(string(out)), " "); got != want {
		t.Errorf("want %s, got %s", want, got)
	}
}
