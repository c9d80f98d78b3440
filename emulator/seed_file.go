package emulator

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// ParseSeed reads a seed from YAML or JSON; what begins with { is JSON. Unknown fields, wrong types and members given
// twice are reported, all of them, in a *SeedError. What only a world can tell, such as a reference that leads nowhere, is
// found when the seed is applied.
func ParseSeed(raw []byte) (Seed, error) {
	s := decodeSeed("", raw)
	if problems := s.origin.problems; len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b SeedProblem) int { return a.Line - b.Line }) // as a reader meets them
		return Seed{}, &SeedError{problems}
	}
	return s, nil
}

// readSeedFile reads a seed whose mistakes are told when it is applied, together with those that only show then.
func readSeedFile(path string) (Seed, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return Seed{}, fmt.Errorf("seed file: %w", err)
	}
	return decodeSeed(path, raw), nil
}

// decodeSeed reads a seed as far as it can be read. Its mistakes are in its origin.
func decodeSeed(file string, raw []byte) Seed {
	o := &seedOrigin{file: file}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	read := readYAML
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		read = readJSON
	}
	s := Seed{origin: o}
	if o.root = read(raw, o.report); o.root == nil {
		o.unreadable = true
		return s
	}
	o.fill(o.root, "", reflect.ValueOf(&s).Elem())
	return s
}

// seedOrigin is the text that a seed was read from: it knows the lines, and what is wrong with the text itself.
type seedOrigin struct {
	file       string
	root       *seedNode
	unreadable bool
	problems   []SeedProblem
}

func (o *seedOrigin) report(line int, at, format string, args ...any) {
	o.problems = append(o.problems, SeedProblem{File: o.file, Line: line, Path: at, Message: fmt.Sprintf(format, args...)})
}

// line is where a pointer leads, or the nearest thing around it.
func (o *seedOrigin) line(pointer string) int {
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
func (o *seedOrigin) fill(n *seedNode, at string, into reflect.Value) {
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

func (o *seedOrigin) fillObject(n *seedNode, at string, into reflect.Value) {
	fields, names := map[string]reflect.Value{}, []string{}
	for i := range into.NumField() {
		if name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ","); name != "" {
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
			o.report(m.line, world.Below(at, m.name), "is not a field; there are %s", world.JoinNames(names))
			continue
		}
		o.fill(m.node, world.Below(at, m.name), field)
	}
}

func (o *seedOrigin) fillMap(n *seedNode, at string, into reflect.Value) {
	if n.kind != objectNode {
		o.report(n.line, at, "must be an object, not %s", n.called())
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, m := range n.members {
		v := reflect.New(into.Type().Elem()).Elem()
		o.fill(m.node, world.Below(at, m.name), v)
		into.SetMapIndex(reflect.ValueOf(m.name), v)
	}
}

func (o *seedOrigin) fillList(n *seedNode, at string, into reflect.Value) {
	if n.kind != listNode {
		o.report(n.line, at, "must be a list, not %s", n.called())
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		o.fill(item, world.Nth(at, i), into.Index(i))
	}
}
