package seed

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Parse reads a seed from YAML or JSON. Text that begins with { is read as JSON. Parse returns an *Error with all
// unknown fields, wrong types and duplicate members, in the order of their lines. Mistakes that depend on stored data
// are found when the seed is applied.
func Parse(raw []byte) (Seed, error) {
	seed := decode("", raw)
	if problems := seed.Source.problems; len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Line - b.Line })
		return Seed{}, &Error{problems}
	}
	return seed, nil
}

// ReadFile reads a seed. It does not return the mistakes in the text: they are reported when the seed is applied,
// together with the others.
func ReadFile(path string) (Seed, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		if work, failed := os.Getwd(); failed == nil && !filepath.IsAbs(path) {
			return Seed{}, fmt.Errorf("seed file: %w; the path is relative to %s", err, work)
		}
		return Seed{}, fmt.Errorf("seed file: %w", err)
	}
	return decodeFile(path, raw).withFiles(), nil
}

// files are the seeds that were read last. Most tests of a program read the same files, and to read YAML takes far
// longer than to start a world. Nobody changes a seed that was read from a file.
var files struct {
	mu   sync.Mutex
	list []readFile
}

type readFile struct {
	path string
	raw  []byte
	seed Seed
}

const maxFiles = 8

func decodeFile(path string, raw []byte) Seed {
	files.mu.Lock()
	defer files.mu.Unlock()
	for _, known := range files.list {
		if known.path == path && bytes.Equal(known.raw, raw) {
			return known.seed
		}
	}
	seed := decode(path, raw)
	kept := files.list[:min(len(files.list), maxFiles-1)]
	files.list = append([]readFile{{path, raw, seed}}, kept...)
	return seed
}

// decode reads as much of a seed as it can. The mistakes are in the seed's Source.
func decode(file string, raw []byte) Seed {
	src := &Source{file: file}
	raw = bytes.TrimPrefix(raw, []byte("\xef\xbb\xbf"))
	read := readYAML
	if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		read = readJSON
	}
	seed := Seed{Source: src}
	if src.root = read(raw, src.report); src.root == nil {
		src.unreadable = true
		return seed
	}
	src.fill(src.root, "", reflect.ValueOf(&seed).Elem())
	return seed
}

// Source is the text that a seed was read from, with the lines of the members and the mistakes in the text itself.
type Source struct {
	file       string
	root       *node
	unreadable bool
	problems   []Problem
}

func (src *Source) report(line int, at, format string, args ...any) {
	src.problems = append(src.problems, Problem{
		File:    src.file,
		Line:    line,
		Path:    at,
		Message: fmt.Sprintf(format, args...),
	})
}

// line returns the line of the value at a JSON pointer. If there is none, it returns the line of the nearest parent.
func (src *Source) line(pointer string) int {
	n := src.root
	line := n.line
	steps, err := cond.ParsePointer(pointer)
	if err != nil {
		return line
	}
	for _, step := range steps {
		i, err := strconv.Atoi(step)
		member := n.member(step)
		switch {
		case member != nil:
			line, n = member.line, member.node
		case n.kind == listNode && err == nil && i >= 0 && i < len(n.items):
			line, n = n.items[i].line, n.items[i]
		default:
			return line
		}
	}
	return line
}

// fill decodes a node into a value of the seed's types. Null means absent, except inside free-form members.
func (src *Source) fill(n *node, at string, into reflect.Value) {
	if n.kind == scalarNode && n.scalar == nil {
		return
	}
	switch into.Kind() {
	case reflect.Interface:
		into.Set(reflect.ValueOf(n.value()))
	case reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		src.fill(n, at, into.Elem())
	case reflect.Struct:
		src.fillObject(n, at, into)
	case reflect.Map:
		src.fillMap(n, at, into)
	case reflect.Slice:
		if into.Type().Elem().Kind() == reflect.Uint8 {
			src.fillBytes(n, at, into)
			return
		}
		src.fillList(n, at, into)
	case reflect.Bool:
		flag, ok := n.scalar.(bool)
		if !ok {
			src.report(n.line, at, "must be true or false, not %s", n.describe())
		}
		into.SetBool(flag)
	default:
		text, ok := n.scalar.(string)
		switch {
		case !ok && n.kind == scalarNode:
			src.report(n.line, at, "must be text, not %s; put it in quotes", n.describe())
		case !ok:
			src.report(n.line, at, "must be text, not %s", n.describe())
		}
		into.SetString(text)
	}
}

func (src *Source) fillObject(n *node, at string, into reflect.Value) {
	fields, names := map[string]reflect.Value{}, []string{}
	for i := range into.NumField() {
		if name, _, _ := strings.Cut(into.Type().Field(i).Tag.Get("json"), ","); name != "-" {
			fields[name] = into.Field(i)
			names = append(names, name)
		}
	}
	if n.kind != objectNode {
		src.report(n.line, at, "must be an object with the fields %s; not %s", world.JoinNames(names), n.describe())
		return
	}
	for _, member := range n.members {
		field, known := fields[member.name]
		if !known {
			src.report(member.line, cond.Below(at, member.name), "is not a field; the fields are %s",
				world.JoinNames(names))
			continue
		}
		src.fill(member.node, cond.Below(at, member.name), field)
	}
}

func (src *Source) fillMap(n *node, at string, into reflect.Value) {
	if n.kind != objectNode {
		src.report(n.line, at, "must be an object, not %s", n.describe())
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, member := range n.members {
		element := reflect.New(into.Type().Elem()).Elem()
		src.fill(member.node, cond.Below(at, member.name), element)
		into.SetMapIndex(reflect.ValueOf(member.name), element)
	}
}

func (src *Source) fillList(n *node, at string, into reflect.Value) {
	if n.kind != listNode {
		src.report(n.line, at, "must be a list, not %s", n.describe())
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.items), len(n.items)))
	for i, item := range n.items {
		src.fill(item, cond.Nth(at, i), into.Index(i))
	}
}
