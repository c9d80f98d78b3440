package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
)

// binary shows the size of the command without debug information, and what is in it.
func (b *bench) binary(ctx context.Context) (result, error) {
	stripped, err := b.build(ctx, emulatorCommand, "-ldflags=-s -w")
	if err != nil {
		return result{}, err
	}
	info, err := os.Stat(stripped)
	if err != nil {
		return result{}, err
	}
	whole, err := b.build(ctx, emulatorCommand)
	if err != nil {
		return result{}, err
	}
	listing, err := output(ctx, "go", "tool", "nm", "-size", whole)
	if err != nil {
		return result{}, err
	}
	symbols, err := parseSymbols(listing)
	return result{measured: size(float64(info.Size())), detail: "-ldflags '-s -w'",
		more: biggest(sizesByPackage(symbols), 15, info.Size())}, err
}

// symbol is something in a binary at an address.
type symbol struct {
	address, size int64
	name          string
}

// parseSymbols reads the output of go tool nm -size, in the order of addresses. Memory that begins as zero is not in a
// binary, so symbols from runtime.bss on do not count.
func parseSymbols(listing string) (symbols []symbol, err error) {
	for line := range strings.Lines(listing) {
		fields := strings.Fields(line) // address, size, kind, name
		if len(fields) < 4 {
			continue
		}
		address, err := strconv.ParseInt(fields[0], 16, 64)
		if err != nil {
			continue // a symbol of a library has no address
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return nil, err
		}
		symbols = append(symbols, symbol{address, size, strings.Join(fields[3:], " ")})
	}
	slices.SortStableFunc(symbols, func(x, y symbol) int { return cmp.Compare(x.address, y.address) })
	end := slices.IndexFunc(symbols, func(s symbol) bool { return s.name == "runtime.bss" })
	if end < 0 {
		return nil, errors.New("there is no symbol runtime.bss")
	}
	return symbols[:end], nil
}

// sizesByPackage adds up the symbols of a package. Some tables have no size, but extend to the next symbol.
func sizesByPackage(symbols []symbol) map[string]int64 {
	sizes := map[string]int64{}
	for i, s := range symbols {
		switch s.name {
		case "runtime.pclntab", "type:*", "go:string.*":
			for _, next := range symbols[i:] {
				if next.address > s.address {
					s.size = next.address - s.address
					break
				}
			}
		}
		sizes[packageOf(s.name)] += s.size
	}
	return sizes
}

// packageOf returns the package of a symbol, or what else it is.
func packageOf(symbol string) string {
	switch {
	case strings.HasPrefix(symbol, "type:"), strings.HasPrefix(symbol, "go:itab"):
		return "types"
	case symbol == "go:string.*":
		return "strings"
	case symbol == "runtime.pclntab", symbol == "runtime.findfunctab", symbol == "go:func.*":
		return "tables of functions, lines and stacks"
	}
	generic, _, _ := strings.Cut(symbol, "[")
	folder, name := "", generic
	if i := strings.LastIndexByte(generic, '/'); i >= 0 {
		folder, name = generic[:i+1], generic[i+1:]
	}
	name, _, dotted := strings.Cut(name, ".")
	if !dotted {
		return "no package"
	}
	return grouped(strings.ReplaceAll(folder+name, "%2e", "."))
}

// grouped returns what a package is listed as: packages of other modules as their repository, and those of the standard
// library as their first folder.
func grouped(path string) string {
	if own, ok := strings.CutPrefix(path, "github.com/segmentflow/segmentflow-go/"); ok {
		return own
	}
	elements, keep := strings.Split(strings.TrimPrefix(path, "vendor/"), "/"), 1
	switch {
	case strings.HasPrefix(path, "github.com/"), elements[0] == "golang.org":
		keep = 3
	case strings.Contains(elements[0], "."):
		keep = 2
	}
	return strings.Join(elements[:min(keep, len(elements))], "/")
}

// biggest shows the packages that have most of the binary.
func biggest(sizes map[string]int64, n int, whole int64) string {
	names := slices.SortedFunc(maps.Keys(sizes), func(x, y string) int { return int(sizes[y] - sizes[x]) })
	var shown strings.Builder
	shown.WriteString("\n| In the stripped binary | Size | Share |\n|---|---|---|\n")
	line := func(name string, bytes int64) {
		fmt.Fprintf(&shown, "| %s | %s | %.1f %% |\n", name, size(float64(bytes)), 100*float64(bytes)/float64(whole))
	}
	rest := whole
	for _, name := range names[:min(n, len(names))] {
		line(name, sizes[name])
		rest -= sizes[name]
	}
	line("all else", rest)
	return shown.String()
}
