package house_test

import (
	"cmp"
	"fmt"
	"go/types"
	"path"
	"slices"
	"strings"
	"testing"
)

const (
	storePackage    = "emulator/internal/store"
	worldPackage    = "emulator/internal/world"
	maxWorldMethods = 40

	maxMedianLines = 12
	maxP95Lines    = 35
)

// limit is the largest size that a package of the emulator may have. All files of a cycle use one another, directly or
// through others. Zero means no limit.
type limit struct{ files, lines, cycle int }

var usual = limit{files: 60, lines: 7500, cycle: 8}

// limits are the limits of packages that differ from the usual.
var limits = map[string]limit{
	"emulator":   {files: 60, lines: 5000, cycle: 8}, // It has only the public API.
	storePackage: {files: 60, lines: 8500, cycle: 8}, // It has the tables of all nouns.
	worldPackage: {files: 60, lines: 11000},          // The rules of all nouns are one cycle, which is not split.
}

func limitOf(name string) limit {
	if own, ok := limits[name]; ok {
		return own
	}
	return usual
}

// folder is a package of the emulator, without generated files and tests.
type folder struct {
	name    string
	sources []source
}

// foldersOf returns the packages of the emulator, sorted by name.
func foldersOf(sources []source) []folder {
	byName := map[string]*folder{}
	for _, file := range sources {
		name := path.Dir(file.path)
		if !strings.HasPrefix(name+"/", "emulator/") || file.test() || file.generated() {
			continue
		}
		if byName[name] == nil {
			byName[name] = &folder{name: name}
		}
		byName[name].sources = append(byName[name].sources, file)
	}
	var folders []folder
	for _, f := range byName {
		folders = append(folders, *f)
	}
	slices.SortFunc(folders, func(a, b folder) int { return cmp.Compare(a.name, b.name) })
	return folders
}

// tooLarge finds packages that should be split.
func tooLarge(f folder, most limit) []string {
	lines := 0
	for _, file := range f.sources {
		lines += file.lines
	}
	var findings []string
	for _, c := range []struct {
		what    string
		n, most int
	}{{"files", len(f.sources), most.files}, {"lines", lines, most.lines}} {
		if c.most > 0 && c.n > c.most {
			const advice = "see which functions call which, and split it"
			findings = append(findings, fmt.Sprintf("%s has %d %s; %d at most: %s",
				f.name, c.n, c.what, c.most, advice))
		}
	}
	return findings
}

// tooManyMethods finds a World that has become a mere namespace. Methods of embedded types count, because they too are
// called on a World.
func tooManyMethods(p *types.Package, most int) []string {
	object, ok := p.Scope().Lookup("World").(*types.TypeName)
	if !ok {
		return []string{fmt.Sprintf("%s has no type World: name the type that replaced it in internal/house", p.Path())}
	}
	if n := types.NewMethodSet(types.NewPointer(object.Type())).Len(); n > most {
		return []string{fmt.Sprintf("%s: World has %d methods; %d at most: make a verb a method of Tx",
			p.Path(), n, most)}
	}
	return nil
}

// longOverall finds that the functions as a whole are too long, even if each is within its limit.
func longOverall(folders []folder) []string {
	lengths := lengthsOf(folders)
	var findings []string
	for _, c := range []struct{ percent, most int }{{50, maxMedianLines}, {95, maxP95Lines}} {
		if n := percentile(lengths, c.percent); n > c.most {
			findings = append(findings, fmt.Sprintf("%d %% of the emulator's functions have up to %d lines; %d at most",
				c.percent, n, c.most))
		}
	}
	return findings
}

// lengthsOf returns the lengths of all functions, sorted.
func lengthsOf(folders []folder) []int {
	var lengths []int
	for _, f := range folders {
		for _, file := range f.sources {
			for _, function := range file.functions() {
				lengths = append(lengths, file.length(function))
			}
		}
	}
	slices.Sort(lengths)
	return lengths
}

// percentile returns the smallest value that is at least as large as so many percent of all values, or 0 if there are
// none.
func percentile(sorted []int, percent int) int {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*percent+99)/100-1)]
}

func TestPackagesOfTheEmulatorStaySmall(t *testing.T) {
	for _, f := range foldersOf(sourcesOf(t)) {
		report(t, tooLarge(f, limitOf(f.name)))
	}
}

func TestTheFunctionsOfTheEmulatorAreShortOverall(t *testing.T) {
	folders := foldersOf(sourcesOf(t))
	report(t, longOverall(folders))

	lengths := lengthsOf(folders)
	t.Logf("%d functions: median %d, p95 %d, max %d lines", len(lengths),
		percentile(lengths, 50), percentile(lengths, 95), percentile(lengths, 100))
}

func TestCyclesOfFilesAndTheMethodsOfWorldStayFew(t *testing.T) {
	for _, p := range typedPackages(t) {
		report(t, largeCycle(p, limitOf(p.folder.name).cycle))
		if p.folder.name == worldPackage {
			report(t, tooManyMethods(p.types, maxWorldMethods))
		}
	}
}
