package seed

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Parse reads a seed from YAML or JSON; what begins with { is JSON. Unknown fields, wrong types and members given twice are
// reported, all of them, in an *Error. What only a world can tell is found when the seed is applied.
func Parse(raw []byte) (Seed, error) {
	s := decode("", raw)
	if problems := s.Source.problems; len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line }) // as a reader meets them
		return Seed{}, &Error{problems}
	}
	return s, nil
}

// ReadFile reads a seed whose mistakes are told when it is applied, together with those that only show then.
func ReadFile(path string) (Seed, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Seed{}, fmt.Errorf("seed file: %w", err)
	}
	return decode(path, raw), nil
}

// decode reads a seed as far as it can be read. Its mistakes are in its origin.
func decode(file string, raw []byte) Seed {
	o := &Source{file: file}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	read := readYAML
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		read = readJSON
	}
	s := Seed{Source: o}
	if o.root = read(raw, o.report); o.root == nil {
		o.unreadable = true
		return s
	}
	o.fill(o.root, "", reflect.ValueOf(&s).Elem())
	return s
}

// Source is the text that a seed was read from: it knows the lines, and what is wrong with the text itself.
type Source struct {
	file       string
	root       *node
	unreadable bool
	problems   []Problem
}

func (o *Source) report(line int, at, format string, args ...any) {
	o.problems = append(o.problems, Problem{File: o.file, Line: line, Path: at, Message: fmt.Sprintf(format, args...)})
}

// line is where a pointer leads, or the nearest thing around it.
func (o *Source) line(pointer string) int {
	n := o.root
	line := n.line
	steps, err := cond.ParsePointer(pointer)
	if err != nil {
		return line
	}
	for _, step := range steps {
		i, err := strconv.Atoi(step)
		m := n.member(step)
		switch {
		case m != nil:
			line, n = m.line, m.node
		case n.kind == listNode && err == nil && i >= 0 && i < len(n.items):
			line, n = n.items[i].line, n.items[i]
		default:
			return line
		}
	}
	return line
}

// fill puts a node into a value of the seed's types. Null counts as absent, except below free-form members.
func (o *Source) fill(n *node, at string, into reflect.Value) {
	if n.kind == scalarNode && n.scalar == nil {
		return
	}
	switch into.Kind() {
	case reflect.Interface:
		into.Set(reflect.ValueOf(n.value()))
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		o.fill(n, at, into.Elem())
	case reflect.Struct:
		o.fillObject(n, at, into)
	case reflect.Map:
		o.fillMap(n, at, into)
	case reflect.Slice:
		o.fillList(n, at, into)
	case reflect.Bool:
		v, ok := n.scalar.(bool)
		if !ok {
			o.report(n.line, at, "must be true or false, not %s", n.called())
		}
		into.SetBool(v)
	default:
		v, ok := n.scalar.(string)
		switch {
		case !ok && n.kind == scalarNode:
			o.report(n.line, at, "must be text, not %s; put it in quotes", n.called())
		case !ok:
			o.report(n.line, at, "must be text, not %s", n.called())
		}
		into.SetString(v)
	}
}

func (o *Source) fillObject(n *node, at string, into reflect.Value) {
	fields, names := map[string]reflect.Value{}, []string{}
	for i := range into.NumField() {
		if name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ","); name != "-" {
			fields[name] = into.Field(i)
			names = append(names, name)
		}
	}
	if n.kind != objectNode {
		o.report(n.line, at, "must be an object with the fields %s; not %s", world.JoinNames(names), n.called())
		return
	}
	for _, m := range n.members {
		field, known := fields[m.name]
		if !known {
			o.report(m.line, cond.Below(at, m.name), "is not a field; there are %s", world.JoinNames(names))
			continue
		}
		o.fill(m.node, cond.Below(at, m.name), field)
	}
}

func (o *Source) fillMap(n *node, at string, into reflect.Value) {
	if n.kind != objectNode {
		o.report(n.line, at, "must be an object, not %s", n.called())
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, m := range n.members {
		v := reflect.New(into.Type().Elem()).Elem()
		o.fill(m.node, cond.Below(at, m.name), v)
		into.SetMapIndex(reflect.ValueOf(m.name), v)
	}
}

func (o *Source) fillList(n *node, at string, into reflect.Value) {
	if n.kind != listNode {
		o.report(n.line, at, "must be a list, not %s", n.called())
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		o.fill(item, cond.Nth(at, i), into.Index(i))
	}
}
