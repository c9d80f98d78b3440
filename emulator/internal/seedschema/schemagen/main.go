// Command schemagen writes the JSON Schema of seed files: schemagen EMULATOR OUT.json COMPACT.json. EMULATOR is the
// folder of package emulator, whose doc comments become descriptions.
//
// The schema has no list of its own of what a seed may contain. The members and their types are those of emulator.Seed
// and of package define. What a member may be, and whether it is required, the program finds out by asking the readers:
// it puts a value in the place of the member and looks whether they report it. So the schema is never stricter than
// they are. The tests hold that, and list the mistakes that the schema cannot find.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: schemagen EMULATOR OUT.json COMPACT.json")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func write(folder, out, compact string) error {
	docs, err := readDocs(folder, filepath.Join(folder, "define"))
	if err != nil {
		return err
	}
	schema, err := seedSchema(docs)
	if err != nil {
		return err
	}

	var pretty, short bytes.Buffer
	encoder := json.NewEncoder(&pretty)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(schema); err != nil {
		return err
	}
	if err := json.Compact(&short, pretty.Bytes()); err != nil {
		return err
	}
	text := list.ReplaceAllStringFunc(pretty.String(), oneLine)
	if err := os.WriteFile(out, []byte(text), 0o644); err != nil {
		return err
	}
	return os.WriteFile(compact, append(short.Bytes(), '\n'), 0o644)
}

// list matches an indented list of texts.
var list = regexp.MustCompile(`\[\n(?: *"(?:[^"\\]|\\.)*",?\n)+ *\]`)

// oneLine returns a short list as one line.
func oneLine(list string) string {
	const longest = 100
	if line := strings.Join(strings.Fields(list), " "); len(line) <= longest {
		return strings.NewReplacer("[ ", "[", " ]", "]").Replace(line)
	}
	return list
}
