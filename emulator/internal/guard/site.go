package guard

import (
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// framesRead is how many frames of a stack are read.
const framesRead = 64

// callSite returns the place in the caller's code at which a call was made, such as "shop.go:12", and the place in the
// test that led there, if that is another one. It returns "" for a call that did not come from this goroutine: one that
// came to the emulator's own server. A call within the process may come from a handler of another server.
func callSite() string {
	var counters [framesRead]uintptr
	stack := runtime.CallersFrames(counters[:runtime.Callers(2, counters[:])])
	var frames []runtime.Frame
	for more := true; more; {
		var frame runtime.Frame
		frame, more = stack.Next()
		if strings.HasPrefix(frame.Function, "net/http.(*conn).") {
			if !slices.ContainsFunc(frames, isWithin) {
				return ""
			}
			break
		}
		frames = append(frames, frame)
	}

	frames = frames[slices.IndexFunc(frames, isMethod)+1:]
	site := slices.IndexFunc(frames, isCaller)
	if site < 0 {
		return ""
	}
	place := placeOf(frames[site])
	test := slices.IndexFunc(frames, inTest)
	if test <= site {
		return place
	}
	return place + ", from " + placeOf(frames[test])
}

// isWithin reports whether a frame passes a call within the process.
func isWithin(frame runtime.Frame) bool {
	return strings.HasSuffix(frame.Function, "/emulator.transport.RoundTrip")
}

// isMethod reports whether a frame is of a method of the SDK that callers use. What is between it and the emulator may
// be the caller's middleware.
func isMethod(frame runtime.Frame) bool {
	method, isSDK := strings.CutPrefix(frame.Function, "github.com/segmentflow/segmentflow-go.(*")
	return isSDK && (strings.Contains(method, "Service).") || strings.HasPrefix(method, "Client).Do"))
}

// inTest reports whether a frame is in a test file.
func inTest(frame runtime.Frame) bool { return strings.HasSuffix(frame.File, "_test.go") }

// isCaller reports whether a frame belongs neither to the SDK nor to the way from it to the emulator. It looks at
// files: a function within a function may be named like the one that it was inlined into.
func isCaller(frame runtime.Frame) bool {
	_, here, _, _ := runtime.Caller(0)
	internal := filepath.Dir(filepath.Dir(here))
	emulator := filepath.Dir(internal)
	sdk, folder := filepath.Dir(emulator), filepath.Dir(frame.File)
	ours := folder == emulator || folder == sdk || strings.HasPrefix(folder, internal)
	if ours && !inTest(frame) {
		return false
	}
	between := []string{"net/http.", "runtime.", "iter.", "sync.", "github.com/hashicorp/go-retryablehttp."}
	return !slices.ContainsFunc(between,
		func(path string) bool { return strings.HasPrefix(frame.Function, path) })
}

func placeOf(frame runtime.Frame) string {
	return filepath.Base(frame.File) + ":" + strconv.Itoa(frame.Line)
}
