package main

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

const module = "github.com/segmentflow/segmentflow-go"

// listing collects the lines that describe the exported API of a package: one for each constant, variable, function,
// type, field and method, without the names of parameters. What users can do with the package is in its lines, as in
// the directory api of Go itself: a line that is gone can break them, and one that is new cannot.
type listing struct {
	pkg   *types.Package
	lines []string
}

func linesOf(pkg *types.Package) []string {
	l := &listing{pkg: pkg}
	scope := pkg.Scope()
	for _, name := range scope.Names() {
		if object := scope.Lookup(name); object.Exported() {
			l.object(object)
		}
	}
	slices.Sort(l.lines)
	return slices.Compact(l.lines)
}

func (l *listing) add(format string, args ...any) {
	name := strings.TrimPrefix(l.pkg.Path(), module+"/")
	if name == module {
		name = l.pkg.Name()
	}
	l.lines = append(l.lines, "pkg "+name+", "+fmt.Sprintf(format, args...))
}

func (l *listing) text(t types.Type) string {
	return types.TypeString(unnamed(t), func(other *types.Package) string {
		if other == l.pkg {
			return ""
		}
		return other.Name()
	})
}

// signature is a function without "func".
func (l *listing) signature(f types.Object) string {
	return strings.TrimPrefix(l.text(f.Type()), "func")
}

func (l *listing) object(object types.Object) {
	switch object := object.(type) {
	case *types.Const:
		l.add("const %s %s = %s", object.Name(), l.text(object.Type()), object.Val().ExactString())
	case *types.Var:
		l.add("var %s %s", object.Name(), l.text(object.Type()))
	case *types.Func:
		l.add("func %s%s%s", object.Name(), l.parameters(object.Signature().TypeParams()), l.signature(object))
	case *types.TypeName:
		l.typeName(object)
	}
}

func (l *listing) typeName(object *types.TypeName) {
	name := object.Name()
	if object.IsAlias() {
		l.add("type %s = %s", name, l.text(types.Unalias(object.Type())))
		return
	}

	named := object.Type().(*types.Named)
	name += l.parameters(named.TypeParams())
	switch under := named.Underlying().(type) {
	case *types.Struct:
		l.add("type %s struct", name)
		l.fields(object.Name(), under)
	case *types.Interface:
		l.contract(name, under)
		return
	default:
		l.add("type %s %s", name, l.text(under))
	}
	l.methods(named)
}

func (l *listing) parameters(of *types.TypeParamList) string {
	if of.Len() == 0 {
		return ""
	}
	var list []string
	for parameter := range of.TypeParams() {
		list = append(list, parameter.Obj().Name()+" "+l.text(parameter.Constraint()))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// fields lists the exported fields, and those that an embedded unexported struct lends.
func (l *listing) fields(owner string, s *types.Struct) {
	for field := range s.Fields() {
		switch {
		case field.Exported() && field.Embedded():
			l.add("type %s struct, embedded %s", owner, l.text(field.Type()))
		case field.Exported():
			l.add("type %s struct, %s %s", owner, field.Name(), l.text(field.Type()))
		case field.Embedded():
			if lent, ok := deref(field.Type()).Underlying().(*types.Struct); ok {
				l.fields(owner, lent)
			}
		}
	}
}

// contract lists an interface on one line, because a new method breaks those who implement it. Nobody else can
// implement an interface with an unexported method, so that has a line for each method.
func (l *listing) contract(name string, i *types.Interface) {
	var methods []string
	closed := false
	for method := range i.Methods() {
		closed = closed || !method.Exported()
		if method.Exported() {
			methods = append(methods, method.Name()+l.signature(method))
		}
	}
	switch {
	case !closed && !i.IsMethodSet():
		l.add("type %s %s", name, l.text(i))
	case !closed:
		l.add("type %s interface { %s }", name, strings.Join(methods, "; "))
	default:
		l.add("type %s interface, closed", name)
		for _, method := range methods {
			l.add("type %s interface, %s", name, method)
		}
	}
}

// methods lists the method set of the pointer, with the methods of embedded types.
func (l *listing) methods(named *types.Named) {
	values := types.NewMethodSet(named)
	for selection := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		method := selection.Obj()
		if !method.Exported() {
			continue
		}
		receiver := l.text(named)
		if values.Lookup(l.pkg, method.Name()) == nil {
			receiver = "*" + receiver
		}
		l.add("method (%s) %s%s", receiver, method.Name(), l.signature(method))
	}
}

func deref(t types.Type) types.Type {
	if pointer, ok := t.(*types.Pointer); ok {
		return pointer.Elem()
	}
	return t
}

// unnamed returns the type without the names of parameters, which no caller depends on.
func unnamed(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.Pointer:
		return types.NewPointer(unnamed(t.Elem()))
	case *types.Slice:
		return types.NewSlice(unnamed(t.Elem()))
	case *types.Map:
		return types.NewMap(unnamed(t.Key()), unnamed(t.Elem()))
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, unnamedTuple(t.Params()), unnamedTuple(t.Results()), t.Variadic())
	}
	return t
}

func unnamedTuple(tuple *types.Tuple) *types.Tuple {
	var list []*types.Var
	for v := range tuple.Variables() {
		list = append(list, types.NewParam(v.Pos(), v.Pkg(), "", unnamed(v.Type())))
	}
	return types.NewTuple(list...)
}
