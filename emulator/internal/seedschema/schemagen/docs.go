package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// docs are the comments of the packages whose types make a seed, in words for those who write one.
type docs struct {
	of    map[string]string   // by the name of a type or a function, and by "Type.Field"
	words []word              // the constants of package define that are texts, in their order
	kinds map[string][]string // the types that have the unexported method of an interface, by its name
}

// word is a constant whose value can stand in a seed. Its type and its doc may be empty.
type word struct{ name, kind, value, doc string }

func readDocs(folders ...string) (*docs, error) {
	d := &docs{of: map[string]string{}, kinds: map[string][]string{}}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, path := range files {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
			if err != nil {
				return nil, err
			}
			for _, decl := range file.Decls {
				d.add(decl)
			}
			if file.Name.Name == "define" {
				d.addWords(file)
			}
		}
	}
	for name, text := range d.of {
		d.of[name] = d.inWords(text)
	}
	return d, nil
}

func (d *docs) add(decl ast.Decl) {
	if function, ok := decl.(*ast.FuncDecl); ok {
		d.addFunction(function)
	}
	group, ok := decl.(*ast.GenDecl)
	if !ok {
		return
	}
	for _, spec := range group.Specs {
		if spec, ok := spec.(*ast.TypeSpec); ok {
			d.of[spec.Name.Name] = group.Doc.Text()
			d.addFields(spec)
		}
	}
}

func (d *docs) addWords(file *ast.File) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 {
			return true
		}
		if text, ok := spec.Values[0].(*ast.BasicLit); ok && text.Kind == token.STRING {
			kind, _ := spec.Type.(*ast.Ident)
			value, _ := strconv.Unquote(text.Value) // the parser has read it already
			d.words = append(d.words, word{
				spec.Names[0].Name, fmt.Sprint(kind), value, strings.TrimSpace(spec.Comment.Text()),
			})
		}
		return true
	})
}

func (d *docs) addFunction(function *ast.FuncDecl) {
	name := function.Name.Name
	switch {
	case function.Recv == nil:
		d.of[name] = function.Doc.Text()
	case len(function.Body.List) == 0:
		if receiver, ok := function.Recv.List[0].Type.(*ast.Ident); ok {
			d.kinds[name] = append(d.kinds[name], receiver.Name)
		}
	}
}

func (d *docs) addFields(spec *ast.TypeSpec) {
	fields, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range fields.Fields.List {
		for _, name := range field.Names {
			d.of[spec.Name.Name+"."+name.Name] = field.Doc.Text() + field.Comment.Text()
		}
	}
}

// What the words of Go look like, and what cannot be said without them.
var (
	subject = regexp.MustCompile(`^Seed[A-Z]\w* (?:is|are) `)
	call    = regexp.MustCompile(`\b[A-Z]\w*\(("[^"]*")\)`)
	literal = regexp.MustCompile(`\b[A-Z]\w*(\{")`)
	days    = regexp.MustCompile(`(\d+)\*Day`)
	// Constants whose names cannot be words of a sentence.
	noEnglish = regexp.MustCompile(`[a-z][A-Z]|[0-9]|^[A-Z]+$`)

	asCall = regexp.MustCompile(`, as client\.\S+ would`)
	forGo  = regexp.MustCompile(
		`define\.|marshal|map\[|\bnil\b|use Null|DefaultAPIKey|[Mm]ethods|[Ff]ield of type|\w\(\d`)
)

// inWords returns a comment as one line of sentences, without those that are about Go. Constants become their values.
func (d *docs) inWords(comment string) string {
	text := strings.Join(strings.Fields(comment), " ")
	if text == "" {
		return ""
	}
	text = asCall.ReplaceAllString(subject.ReplaceAllString(text, ""), "")
	text = literal.ReplaceAllString(call.ReplaceAllString(text, "$1"), "$1")
	text = days.ReplaceAllString(text, "P${1}D")
	for _, w := range d.words {
		if noEnglish.MatchString(w.name) {
			text = regexp.MustCompile(`\b`+w.name+`\b`).ReplaceAllString(text, w.value)
		}
	}
	sentences := slices.DeleteFunc(sentencesOf(text), func(s string) bool { return forGo.MatchString(s) })
	return strings.Join(sentences, " ")
}

// sentencesOf splits a text into sentences, each of which begins with a capital letter and ends with a full stop.
func sentencesOf(text string) (sentences []string) {
	for sentence := range strings.SplitSeq(strings.TrimSuffix(text, "."), ". ") {
		if sentence != "" {
			sentences = append(sentences, strings.ToUpper(sentence[:1])+sentence[1:]+".")
		}
	}
	return sentences
}

// field returns the description of a field: its own comment, or else what the comment of its type says of it.
func (d *docs) field(owner, name string) string {
	if own := d.of[owner+"."+name]; own != "" {
		return own
	}
	mentions := regexp.MustCompile(`\b` + name + `\b`)
	about := slices.DeleteFunc(sentencesOf(d.of[owner]), func(s string) bool { return !mentions.MatchString(s) })
	return strings.Join(about, " ")
}
