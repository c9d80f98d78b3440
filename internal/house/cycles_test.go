package house_test

import (
	"fmt"
	"go/ast"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// typed is a package of the emulator with the results of the type checker.
type typed struct {
	folder folder
	types  *types.Package
	uses   map[*ast.Ident]types.Object
}

// typedPackages type-checks each package of the emulator to which a rule applies. The go command provides their imports
// in compiled form, because to read all of them as source would take too long.
func typedPackages(t *testing.T) []typed {
	t.Helper()
	sources := sourcesOf(t)
	bySource := map[string]source{}
	for _, file := range sources {
		bySource[file.path] = file
	}
	compiled := map[string]string{}
	packages := map[string]pkg{}
	for _, p := range list(t, "-export", "-deps", "./emulator/...") {
		compiled[p.ImportPath] = p.Export
		packages[p.name()] = p
	}
	open := func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) }
	from := importer.ForCompiler(token.NewFileSet(), "gc", open)

	var found []typed
	for _, f := range foldersOf(sources) {
		most := limitOf(f.name).cycle
		if f.name != worldPackage && (most == 0 || len(f.sources) <= most) {
			continue
		}
		var all []source
		for _, name := range packages[f.name].GoFiles {
			all = append(all, bySource[path.Join(f.name, name)])
		}
		if len(all) == 0 { // It is built only for other systems.
			continue
		}
		p, err := typeCheck(f, all, from)
		require.NoError(t, err)
		found = append(found, p)
	}
	return found
}

// typeCheck checks the files that are built together. They may be fewer than those of the folder, because some are for
// other systems, or more, because some are generated.
func typeCheck(f folder, built []source, from types.Importer) (typed, error) {
	trees := make([]*ast.File, len(built))
	for i, file := range built {
		trees[i] = file.tree
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	p, err := (&types.Config{Importer: from}).Check(f.name, built[0].files, trees, info)
	return typed{folder: f, types: p, uses: info.Uses}, err
}

// graph has, for each file, the files that it uses.
type graph map[string]map[string]bool

// graphOf finds, for each name in a file, the file of the package that declares it, also for methods and fields. A name
// that is declared within a function leads to the file itself.
func graphOf(p typed) graph {
	g := graph{}
	for _, file := range p.folder.sources {
		g[file.path] = map[string]bool{}
	}
	for _, file := range p.folder.sources {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			ident, ok := node.(*ast.Ident)
			if !ok {
				return true
			}
			object := p.uses[ident]
			if object == nil || object.Pkg() != p.types {
				return true
			}
			if declared := file.files.PositionFor(object.Pos(), false).Filename; g[declared] != nil {
				g[file.path][declared] = true
			}
			return true
		})
	}
	return g
}

// reach adds what a file uses, directly or through others.
func (g graph) reach(file string, seen map[string]bool) {
	for next := range g[file] {
		if !seen[next] {
			seen[next] = true
			g.reach(next, seen)
		}
	}
}

// largestCycle returns the largest set of files that all use one another, directly or through others. A cycle has at
// least two files; if there is none, largestCycle returns nil.
func (g graph) largestCycle() []string {
	reached := map[string]map[string]bool{}
	for file := range g {
		reached[file] = map[string]bool{}
		g.reach(file, reached[file])
	}
	var largest []string
	for file := range g {
		cycle := []string{file}
		for other := range reached[file] {
			if other != file && reached[other][file] {
				cycle = append(cycle, other)
			}
		}
		slices.Sort(cycle)
		if len(cycle) > max(1, len(largest)) || len(cycle) == len(largest) && slices.Compare(cycle, largest) < 0 {
			largest = cycle
		}
	}
	return largest
}

// largeCycle finds too many files that can only be read together.
func largeCycle(p typed, most int) []string {
	cycle := graphOf(p).largestCycle()
	if most == 0 || len(cycle) <= most {
		return nil
	}
	for i, file := range cycle {
		cycle[i] = path.Base(file)
	}
	return []string{fmt.Sprintf("%s has a cycle of %d files; %d at most: %s",
		p.folder.name, len(cycle), most, strings.Join(cycle, " "))}
}
