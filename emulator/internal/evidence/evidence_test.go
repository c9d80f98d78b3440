package evidence_test

import (
	"flag"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/evidence"
)

func TestTheCommandIsOneForAShell(t *testing.T) {
	const command = "go run github.com/segmentflow/segmentflow-go/cmd/segmentflow-emulator --db "
	require.Equal(t, command+"/tmp/a-1_b.db --clock manual", evidence.Command("/tmp/a-1_b.db"))
	for _, path := range []string{"/tmp/it's $(here)/a b.db", "/tmp/日/*;&|\"`\\.db"} {
		text := evidence.Command(path)
		shown, err := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(text, "go run", `printf '%s\n'`, 1)).
			Output()
		require.NoError(t, err)
		require.Contains(t, strings.Split(string(shown), "\n"), path)
	}
}

// wrapped is a test within another type, which has its methods.
type wrapped struct{ *testing.T }

// own is a test with an artifact directory of its own.
type own struct {
	*testing.T
	dir string
}

func (test own) ArtifactDir() string { return test.dir }

func TestAFileOutlivesItsTest(t *testing.T) {
	if flag.Lookup("test.artifacts").Value.String() == "true" {
		t.Skip("with -artifacts, t.ArtifactDir() stays")
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	for _, test := range []evidence.Test{t, wrapped{t}, &wrapped{t}} {
		path, err := evidence.NewFile(test)
		require.NoError(t, err)
		require.True(t, strings.HasPrefix(path, temporary+"/segmentflow-"+t.Name()+"-"),
			"without -artifacts, package testing removes t.ArtifactDir(): %s", path)
		require.NoFileExists(t, path)
	}

	dir := t.TempDir()
	path, err := evidence.NewFile(own{t, dir})
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(path, dir+"/segmentflow-"), path)
}
