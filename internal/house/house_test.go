package house_test

import (
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFunctionsAndFilesStayShort(t *testing.T) {
	eachFile(t, tooLong)
}

func TestOnlyOneFileReadsTheClock(t *testing.T) {
	eachFile(t, wallClock)
}

func TestNoNameUsesTheReservedWord(t *testing.T) {
	// This package has to use the word to forbid it.
	eachFile(t, func(file source) []string {
		if strings.HasPrefix(file.path, "internal/house/") {
			return nil
		}
		return reservedNames(file)
	})

	all, err := paths()
	require.NoError(t, err)
	for _, path := range all {
		require.False(t, reserved(path), "%s uses a word that is reserved for a future product", path)
	}

	spec, err := os.ReadFile(filepath.Join(root, "openapi.yaml"))
	require.NoError(t, err)
	for i, line := range strings.Split(string(spec), "\n") {
		require.False(t, reserved(line),
			"openapi.yaml:%d uses a word that is reserved for a future product: %s", i+1, line)
	}
}

// fileCase is one file and a part of what a rule finds in it. If want is empty, the rule finds nothing.
type fileCase struct{ name, path, code, want string }

func eachCase(t *testing.T, rule func(source) []string, cases []fileCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			file, err := parse(token.NewFileSet(), c.path, []byte("package p\n"+c.code))
			require.NoError(t, err)
			requireFindings(t, rule(file), c.want)
		})
	}
}

// requireFindings requires that the findings contain want, or that there are none if want is empty.
func requireFindings(t *testing.T, findings []string, want string) {
	t.Helper()
	all := strings.Join(findings, "\n")
	require.Contains(t, all, want)
	require.Equal(t, want == "", all == "", all)
}

func TestTheSizeRuleFindsLongCode(t *testing.T) {
	long := func(lines int) string { return "func f() {\n" + strings.Repeat("_ = 0\n", lines) + "}\n" }
	eachCase(t, tooLong, []fileCase{
		{"a function of 60 lines", "a.go", long(60), ""},
		{"a function of 61 lines", "a.go", long(61), "a.go:2: f has 61 lines"},
		{"a method of 61 lines", "a.go", strings.Replace(long(61), "f()", "(*T) m()", 1), "a.go:2: m has 61 lines"},
		{"comments and blank lines count", "a.go", "func f() {\n" + strings.Repeat("// Why.\n\n", 31) + "}\n",
			"f has 62 lines"},
		{"a long test", "a_test.go", long(61), "a_test.go:2: f has 61 lines"},
		{"a file of 400 lines", "a.go", strings.Repeat("\n", 399), ""},
		{"a file of 401 lines", "a.go", strings.Repeat("\n", 400), "a.go has 401 lines"},
		{"a last line without a line break", "a.go", strings.Repeat("\n", 399) + "// End", "a.go has 401 lines"},
		{"a long file of tests", "a_test.go", strings.Repeat("\n", 400), "a_test.go has 401 lines"},
	})
}

func TestTheClockRuleFindsReadsOfTheClock(t *testing.T) {
	const plain = "import \"time\"\n"
	cases := []fileCase{
		{"the clock as a call", "emulator/tasks.go", plain + "var a = time.Now()", "emulator/tasks.go:3: time.Now"},
		{"the clock as a value", "emulator/internal/x/x.go", plain + "var now = time.Now", "x/x.go:3: time.Now"},
		{"under another name", "emulator/x.go", "import t \"time\"\nfunc f() { t.Sleep(0) }",
			"emulator/x.go:3: time.Sleep"},
		{"under a second name", "emulator/x.go", plain + "import t \"time\"\nvar a, b = time.UTC, t.Now()",
			"x.go:4: time.Now"},
		{"the first of two names", "emulator/x.go", "import t \"time\"\n" + plain + "var a, b = t.Now(), time.UTC",
			"x.go:4: time.Now"},
		{"under a dot", "emulator/x.go", "import . \"time\"\nvar a = Now()", `emulator/x.go:2: import . "time"`},
		{"imported by a raw string", "emulator/x.go", "import `time`\nvar a = time.Now()", "emulator/x.go:3: time.Now"},
		{"the clock itself", clockFile, plain + "var a = time.Now()", ""},
		{"a file next to the clock", strings.TrimSuffix(clockFile, ".go") + "s.go", plain + "var a = time.Now()",
			"time.Now"},
		{"a clock elsewhere", "emulator/internal/x/clock.go", plain + "var a = time.Now()", "x/clock.go:3: time.Now"},
		{"a test of the emulator", "emulator/tasks_test.go", plain + "var a = time.Now()", ""},
		{"the SDK", "retry.go", plain + "var a = time.Now()", ""},
		{"another time", "emulator/x.go", "var a = time.Now()", ""},
		{"a package of that name", "emulator/x.go", "import \"example.com/time\"\nvar a = time.Now()", ""},
		{"instants", "emulator/x.go", plain + "func f(a time.Time) bool { return a.After(time.Unix(0, 0)) }", ""},
	}
	for name := range strings.FieldsSeq("Now Since Until After AfterFunc Sleep Tick NewTicker NewTimer") {
		code := plain + "var a = time." + name
		cases = append(cases, fileCase{name, "emulator/x.go", code, "emulator/x.go:3: time." + name + ";"})
	}
	eachCase(t, wallClock, cases)
}

func TestTheNameRuleFindsTheReservedWord(t *testing.T) {
	eachCase(t, reservedNames, []fileCase{
		{"the reserved word in a type", "a.go", "type InboxMessaging int", "a.go:2: InboxMessaging"},
		{"the reserved word in a variable", "a.go", "var messaging int", "a.go:2: messaging"},
		{"a message", "a.go", "type Message int", ""},
	})
}
