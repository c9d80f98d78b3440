package languagestest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// workflow is what the workflows of the page have of GitHub's format. Another member is an error.
type workflow struct {
	Name, On string
	Jobs     map[string]struct {
		RunsOn   string `yaml:"runs-on"`
		Services map[string]struct {
			Image, Options string
			Ports          []string
		}
		Steps []struct {
			Name, Uses, Run string
			With            map[string]string
		}
	}
}

// perform does the steps of a workflow in an empty folder. The page's folder plays the repository that is checked out.
func perform(s *shell, program, text string) {
	s.Helper()
	var w workflow
	decoder := yaml.NewDecoder(strings.NewReader(text))
	decoder.KnownFields(true)
	require.NoError(s, decoder.Decode(&w))
	for _, job := range w.Jobs {
		runner := &shell{T: s.T, folder: s.TempDir(), env: s.env}
		defer runner.end()
		for _, service := range job.Services {
			require.Equal(s, []string{"4010:4010"}, service.Ports)
			runner.run(program + " --log off &") // plays the container
			runner.prints("ready url=http://127.0.0.1:4010 …")
		}
		for _, step := range job.Steps {
			switch uses, _, _ := strings.Cut(step.Uses, "@"); uses {
			case "":
				runner.run(step.Run)
			case "actions/checkout":
				checkOut(s.T, s.folder, runner.folder)
			case "actions/setup-node":
				require.Equal(s, "20", step.With["node-version"])
			default:
				require.Fail(s, "nothing plays this action", step.Uses)
			}
		}
	}
}

// checkOut copies what a reader would have in a repository: neither what was installed nor the program.
func checkOut(t *testing.T, from, to string) {
	t.Helper()
	entries, err := os.ReadDir(from)
	require.NoError(t, err)
	for _, entry := range entries {
		if entry.IsDir() || slices.Contains([]string{"segmentflow-emulator", "ids.json"}, entry.Name()) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(from, entry.Name()))
		require.NoError(t, err)
		write(t, filepath.Join(to, entry.Name()), string(raw))
	}
}
