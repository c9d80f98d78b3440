package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// asked is what a child process measures. Memory is measured in a process that does nothing else.
type asked struct {
	What  string
	N     int
	File  string // of the database; empty in memory
	Sizes sizes
}

// children are the functions that run in a process of their own.
var children = map[string]func(context.Context, asked) (any, error){
	"mails":   func(ctx context.Context, a asked) (any, error) { return mailBytes(ctx, a) },
	"waiting": func(ctx context.Context, a asked) (any, error) { return waitingBytes(ctx, a) },
	"sends":   func(ctx context.Context, a asked) (any, error) { return sendGrowth(ctx, a) },
}

// isChild reports whether this process is a child. It has then written its answer.
func isChild(args []string) bool {
	if len(args) != 3 || args[1] != "child" {
		return false
	}
	var a asked
	err := json.Unmarshal([]byte(args[2]), &a)
	var answer any
	if err == nil {
		answer, err = children[a.What](context.Background(), a)
	}
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return true
}

// askChild runs this program again, to measure something.
func askChild[T any](ctx context.Context, a asked) (answer T, err error) {
	program, err := os.Executable()
	if err != nil {
		return answer, err
	}
	question, err := json.Marshal(a)
	if err != nil {
		return answer, err
	}
	cmd := exec.CommandContext(ctx, program, "child", string(question))
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return answer, fmt.Errorf("%s in a process of its own: %w", a.What, err)
	}
	return answer, json.Unmarshal(raw, &answer)
}

// resident returns the memory of this process in bytes, including SQLite's, which the Go runtime does not see.
func resident(ctx context.Context) (float64, error) {
	runtime.GC()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, fs.ErrNotExist) {
		shown, err := output(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(os.Getpid()))
		if err != nil {
			return 0, err
		}
		kilobytes, err := strconv.ParseFloat(strings.TrimSpace(shown), 64)
		return kilobytes * 1024, err
	}
	if err != nil {
		return 0, err
	}
	var all, pages float64
	_, err = fmt.Sscan(string(statm), &all, &pages)
	return pages * float64(os.Getpagesize()), err
}

// fileBytes returns the size of a database, with the files beside it.
func fileBytes(path string) (bytes float64, err error) {
	files, err := filepath.Glob(path + "*")
	for _, file := range files {
		info, e := os.Stat(file)
		if e != nil {
			return 0, e
		}
		bytes += float64(info.Size())
	}
	return bytes, err
}
