package house_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFunctionsAndFilesStayShort(t *testing.T) {
	eachFile(t, tooLong)
}

func TestOnlyTheClockAsksForTheTime(t *testing.T) {
	eachFile(t, wallClock)
}

func TestNothingIsCalledByTheReservedWord(t *testing.T) {
	// This package has to name the word to forbid it.
	eachFile(t, func(file source) []string {
		if strings.HasPrefix(file.path, "internal/house/") {
			return nil
		}
		return reservedNames(file)
	})
	for _, path := range paths(t) {
		require.False(t, reserved(path), "%s uses a word that is reserved for a future product", path)
	}
	spec, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	require.NoError(t, err)
	for i, line := range strings.Split(string(spec), "\n") {
		require.False(t, reserved(line), "openapi.yaml:%d uses a word that is reserved for a future product: %s", i+1, line)
	}
}

func TestTheRulesFindWhatTheyForbid(t *testing.T) {
	long := func(lines int) string { return "package p\nfunc f() {\n" + strings.Repeat("_ = 0\n", lines) + "}\n" }
	for _, c := range []struct {
		name, path, code string
		rule             func(source) []string
		want             string
	}{
		{"a function of 60 lines", "a.go", long(60), tooLong, ""},
		{"a function of 61 lines", "a.go", long(61), tooLong, "a.go:2: f has 61 lines"},
		{"a long test", "a_test.go", long(61), tooLong, "a_test.go:2: f has 61 lines"},
		{"a file of 400 lines", "a.go", "package p\n" + strings.Repeat("\n", 399), tooLong, ""},
		{"a file of 401 lines", "a.go", "package p\n" + strings.Repeat("\n", 400), tooLong, "a.go has 401 lines"},
		{"the clock in the hub", "emulator/tasks.go", "package p\nimport \"time\"\nvar a = time.Now()", wallClock, "emulator/tasks.go:3: time.Now"},
		{"the clock as a value", "emulator/internal/x/x.go", "package p\nimport \"time\"\nvar now = time.Now", wallClock, "x.go:3: time.Now"},
		{"the clock under another name", "emulator/x.go", "package p\nimport t \"time\"\nfunc f() { t.Sleep(0) }", wallClock, "emulator/x.go:3: time.Sleep"},
		{"the clock itself", "emulator/clock.go", "package p\nimport \"time\"\nvar a = time.Now()", wallClock, ""},
		{"a test of the hub", "emulator/tasks_test.go", "package p\nimport \"time\"\nvar a = time.Now()", wallClock, ""},
		{"the SDK", "retry.go", "package p\nimport \"time\"\nvar a = time.Now()", wallClock, ""},
		{"another time", "emulator/x.go", "package p\nvar a = time.Now()", wallClock, ""},
		{"the reserved word in a type", "a.go", "package p\ntype InboxMessaging int", reservedNames, "a.go:2: InboxMessaging"},
		{"the reserved word in a variable", "a.go", "package p\nvar messaging int", reservedNames, "a.go:2: messaging"},
		{"a message", "a.go", "package p\ntype Message int", reservedNames, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			file, err := parse(c.path, []byte(c.code))
			require.NoError(t, err)
			findings := strings.Join(c.rule(file), "\n")
			require.Contains(t, findings, c.want)
			require.Equal(t, c.want == "", findings == "", findings)
		})
	}
}
