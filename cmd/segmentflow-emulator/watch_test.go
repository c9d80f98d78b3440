package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// watched is a command that watches a seed file.
type watched struct {
	*server
	path, text string
}

// logged waits until the command has logged a text so often.
func (s *server) logged(times int, text string) {
	s.Helper()
	late := time.After(time.Minute)
	for strings.Count(s.stderr.String(), text) < times {
		select {
		case <-s.stderr.written:
		case <-late:
			require.Fail(s, "the command has not logged "+text, s.stderr)
		}
	}
}

func watch(t *testing.T, path string, args ...string) *watched {
	t.Helper()
	raw, err := os.ReadFile(acme)
	require.NoError(t, err)
	if _, err := os.Lstat(path); err != nil {
		require.NoError(t, os.WriteFile(path, raw, 0o600))
	}
	return &watched{start(t, nil, append(args, "--seed", path, "--watch")...), path, string(raw)}
}

// with returns the text of the seed with another subject of the receipt.
func (s *watched) with(subject string) string {
	return strings.Replace(s.text, "Your order ${/data/orderId}", subject, 1)
}

func save(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}

// requireSubject waits for a reading, and checks the subject of a receipt.
func (s *watched) requireSubject(readings int, subject string) {
	s.Helper()
	s.logged(readings, " Template") // on a slow machine, a reading may come between two writes and see no Template
	list, err := s.client().Templates.List(s.Context(), nil)
	require.NoError(s, err)
	for _, template := range list {
		if template.Name == "Order receipt" {
			receipt, err := s.client().Templates.Retrieve(s.Context(), template.ID)
			require.NoError(s, err)
			var definition struct{ Subject string }
			require.NoError(s, json.Unmarshal(receipt.Definition, &definition))
			require.Equal(s, subject, definition.Subject)
		}
	}
}

func TestWatchSeesEachWayOfSaving(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "acme.yaml")
	s := watch(t, path)
	rename := func(from, to string) {
		t.Helper()
		require.NoError(t, os.Rename(from, to))
	}
	readings := 0
	for way, saveIt := range map[string]func(text string){
		"in place": func(text string) { save(t, path, text) },
		"in several writes": func(text string) {
			file, err := os.Create(path)
			require.NoError(t, err)
			for part := range strings.Lines(text) {
				_, err = file.WriteString(part)
				require.NoError(t, err)
			}
			require.NoError(t, file.Close())
		},
		"renamed over it": func(text string) {
			save(t, path+".tmp", text)
			rename(path+".tmp", path)
		},
		"deleted and created": func(text string) {
			require.NoError(t, os.Remove(path))
			save(t, path, text)
		},
		"with a backup, as vim does": func(text string) {
			save(t, filepath.Join(dir, "4913"), "")
			require.NoError(t, os.Remove(filepath.Join(dir, "4913")))
			rename(path, path+"~")
			save(t, path, text)
			require.NoError(t, os.Remove(path+"~"))
		},
		"as a link to another file": func(text string) {
			save(t, path+".real", text)
			require.NoError(t, os.Remove(path))
			require.NoError(t, os.Symlink("acme.yaml.real", path))
		},
	} {
		readings++
		subject := "Saved " + way
		saveIt(s.with(subject))
		s.requireSubject(readings, subject)
	}
	require.NotContains(t, s.stderr.String(), "not applied", "no half of a file was read")
}

// TestWatchSeesAConfigMap swaps a directory behind two links, as Kubernetes does.
func TestWatchSeesAConfigMap(t *testing.T) {
	dir := t.TempDir()
	raw, err := os.ReadFile(acme)
	require.NoError(t, err)
	put := func(version, text string) {
		require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
		save(t, filepath.Join(dir, version, "acme.yaml"), text)
		require.NoError(t, os.Symlink(version, filepath.Join(dir, "..data_tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")))
	}
	put("..1", string(raw))
	path := filepath.Join(dir, "acme.yaml")
	require.NoError(t, os.Symlink("..data/acme.yaml", path))
	s := watch(t, path)
	put("..2", s.with("Swapped"))
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "..1")))
	s.requireSubject(1, "Swapped")
	put("..3", s.with("Swapped again"))
	s.requireSubject(2, "Swapped again")
}

func TestWatchReportsAMistakeOnceAndGoesOn(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "acme.yaml")
	s := watch(t, path, "--db", filepath.Join(dir, "world.db"))
	client, ctx := s.client(), t.Context()
	found, err := client.Profiles.List(ctx, &segmentflow.ListProfilesParams{
		ProfileFilter: segmentflow.ProfileFilter{Search: "alex@example.com"}})
	require.NoError(t, err)
	require.Len(t, found.Profiles, 1)
	_, err = client.Profiles.Update(ctx, found.Profiles[0].ID,
		&segmentflow.UpdateProfileParams{Properties: map[string]any{"firstName": "Sasha"}})
	require.NoError(t, err)

	save(t, path, strings.Replace(s.text, "name: Order receipt", "title: Order receipt", 1))
	s.logged(1, path+`:57: /templates/0/title: is not a field`)
	require.NoError(t, os.Remove(path))
	s.logged(1, "seed file: open "+path+": no such file or directory")
	save(t, path, s.with("Good again"))
	s.requireSubject(1, "Good again")
	require.Equal(t, 2, strings.Count(s.stderr.String(), "not applied"), s.stderr)

	alex, err := client.Profiles.Retrieve(ctx, found.Profiles[0].ID)
	require.NoError(t, err)
	require.JSONEq(t, `"Sasha"`, string(alex.Properties["firstName"].Value), "what was written since stays")
	s.stop()
}

func TestWatchWithoutASeedIsAMistake(t *testing.T) {
	for _, env := range [][]string{nil, {"SEGMENTFLOW_EMULATOR_WATCH=true"}} {
		args := []string{"--watch"}[len(env):]
		code, stdout, stderr := refused(t, env, args...)
		require.Equal(t, 2, code)
		require.Empty(t, stdout)
		require.Equal(t, "segmentflow-emulator: flag -watch: there is no seed file to watch; "+
			"name one with --seed FILE\n", stderr)
	}
}
