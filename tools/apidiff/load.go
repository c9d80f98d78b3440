package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
)

// load returns the package in a directory. The go command compiles it and its imports, so that no source is read twice.
func load(dir string) (*types.Package, error) {
	command := exec.Command("go", "list", "-export", "-deps", "-json=ImportPath,Export", ".")
	command.Dir = dir
	command.Stderr = os.Stderr
	out, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}

	compiled := map[string]string{}
	path := ""
	for decoder := json.NewDecoder(out); ; {
		var p struct{ ImportPath, Export string }
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		path = p.ImportPath // the package itself comes after what it imports
		compiled[path] = p.Export
	}
	if err := command.Wait(); err != nil {
		return nil, fmt.Errorf("go list in %s: %w", dir, err)
	}

	open := func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) }
	return importer.ForCompiler(token.NewFileSet(), "gc", open).Import(path)
}
