package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// parsed returns the lines of a package with this text.
func parsed(t *testing.T, text string) []string {
	t.Helper()
	files := token.NewFileSet()
	tree, err := parser.ParseFile(files, "p.go", "package p\n"+text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := (&types.Config{}).Check(module+"/p", files, []*ast.File{tree}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return linesOf(pkg)
}

func TestEachExportedThingHasALine(t *testing.T) {
	got := parsed(t, `
		const C, c = "x", 1
		var V, v error
		type S struct { A, a int; *E; lent }
		type E struct{}
		type lent struct { L func(n int) (ok bool) }
		func (lent) M() {}
		func (*E) P(key string, more ...map[string]int) {}
		func (s S) m() {}
		type G[T comparable] struct { Value T }
		func (g *G[T]) Get(in T) (out T) { return in }
		func F[T any](in T, f func(n T)) {}
		type I interface { B(n int); A() }
		type Closed interface { A(n int); b() }
		type Number interface { ~int | string }
		type Alias = S
		type Word string
		func f() {}`)
	want := strings.Split(strings.ReplaceAll(strings.TrimSpace(`
		const C untyped string = "x"
		func F[T any](T, func(T))
		method (*E) P(string, ...map[string]int)
		method (*G[T comparable]) Get(T) T
		method (S) M()
		method (S) P(string, ...map[string]int)
		type Alias = S
		type Closed interface, A(int)
		type Closed interface, closed
		type E struct
		type G[T comparable] struct
		type G struct, Value T
		type I interface { A(); B(int) }
		type Number interface{~int | string}
		type S struct
		type S struct, A int
		type S struct, L func(int) bool
		type S struct, embedded *E
		type Word string
		var V error`), "\t", ""), "\n")
	for i := range want {
		want[i] = "pkg p, " + want[i]
	}
	slices.Sort(want)
	if !slices.Equal(want, got) {
		t.Errorf("want\n%s\ngot\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

func TestTheNameOfAParameterIsNoChange(t *testing.T) {
	was := parsed(t, `func F(a int, b func(c string) error) {}; type I interface { M(a int) }`)
	is := parsed(t, `func F(x int, y func(z string) error) {}; type I interface { M(b int) }`)
	if changes := diff(was, is); len(changes) > 0 {
		t.Error(changes)
	}
}

func TestWhatIsGoneMustBeAnnounced(t *testing.T) {
	was := parsed(t, `
		type Params struct { Kept, Dropped, Changed int }
		type Gone struct { A int }
		func (Gone) B() {}
		type UsersService struct{}
		func (*UsersService) Find(id int) {}
		func New(key string) {}
		const Old = 1
		type Open interface { A() }
		type Closed interface { A(); a() }`)
	is := parsed(t, `
		type Params struct { Kept int; Changed string; Added int }
		type UsersService struct{}
		func (*UsersService) Find(id string) {}
		func (*UsersService) Added() {}
		func New(key string, more ...int) {}
		type Open interface { A(); B() }
		type Closed interface { A(); B(); a() }`)
	changes := diff(was, is)
	names := "Gone|New|Old|Open|Params.Changed|Params.Dropped|UsersService.Find"
	got := gone(changes)
	slices.Sort(got)
	if list := strings.Join(slices.Compact(got), "|"); list != names {
		t.Errorf("want %s, got %s", names, list)
	}

	head, all := "# Changelog\n\n## [Unreleased]\n\n### Changed\n\n",
		"`Gone` `New` `Old` `Open` `Params.Changed` and `Params.Dropped`, and `Users.Find`\n"
	for text, ok := range map[string]bool{
		head + all: true,
		head + strings.Replace(all, "`Old` `Open`", "`O*`", 1):            true,
		head + strings.Replace(all, "`Old` `Open`", "`Ol*`", 1):           false,
		head + "More.\n\n### Removed\n\n" + all:                           true,
		head + strings.Replace(all, "`Gone`", "Gone", 1):                  false,
		head + strings.Replace(all, "Users.Find", "Users.FindAll", 1):     false,
		strings.Replace(head, "Changed", "Added", 1) + all:                false,
		head + "Other.\n\n## [0.1.0]\n\n### Changed\n\n" + all:            false,
		head + "Other.\n\n### Added\n\n" + all:                            false,
		head + strings.Replace(all, "Params.Changed", "Params.Change", 1): false,
	} {
		if err := unannounced(changes, text); (err == nil) != ok {
			t.Errorf("%s\n%v", text, err)
		}
	}
}

func TestTheFileMustHaveExactlyTheChanges(t *testing.T) {
	changes := []string{"+ pkg p, func A()", "- pkg p, func B()"}
	if err := unseen(changes, changes); err != nil {
		t.Error(err)
	}
	if err := unseen(changes[:1], changes); err == nil || !strings.Contains(err.Error(), "missing: - pkg p, func B()") {
		t.Error(err)
	}
	if err := unseen(changes, changes[1:]); err == nil || !strings.Contains(err.Error(), "date: + pkg p, func A()") {
		t.Error(err)
	}
}
