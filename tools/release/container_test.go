package release_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// image is what the container file says about running the image.
type image struct {
	User         string
	Env          []string
	Entrypoint   []string
	Cmd          []string
	ExposedPorts map[string]struct{}
	Volumes      map[string]struct{}
	Healthcheck  struct{ Test []string }
}

// container is a built image, and its files.
type container struct {
	image

	root string // its files, read-only
	data string // what is mounted at /data
}

// buildah returns a command of buildah, which builds images without an engine and keeps them in dir.
func buildah(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	global := []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "images"), "--runroot",
		filepath.Join(dir, "state")}
	command := exec.CommandContext(t.Context(), "buildah", append(global, args...)...)
	command.Dir = root
	return command
}

// canBuild skips the test where no image can be built. CI installs buildah, so there only a user without rights has an
// excuse.
func canBuild(t *testing.T) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("this needs root: it mounts the files of the image and runs the command as another user")
	}
	if _, err := exec.LookPath("buildah"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must have buildah: %v", err)
		}
		t.Skipf("there is no buildah: %v", err)
	}
}

// buildStage does here what the first stage of the container file does in an image with Go, and returns its directory.
func buildStage(t *testing.T) string {
	t.Helper()
	run := regexp.MustCompile(`(?m)^RUN (.*\\\n)*.*$`).FindAllString(string(read(t, "Containerfile")), -1)
	if len(run) != 1 {
		t.Fatalf("Containerfile has %d commands to run, want 1", len(run))
	}
	dir := t.TempDir()
	script := strings.ReplaceAll(strings.TrimPrefix(run[0], "RUN "), "/out/", dir+"/out/")
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir = root
	output(t, command)
	return dir
}

// build builds the image.
func build(t *testing.T) container {
	t.Helper()
	dir := t.TempDir()
	output(t, buildah(t, dir, "bud", "--isolation", "chroot", "--format", "docker", "--build-context",
		"build="+buildStage(t), "--tag", project, "--file", "Containerfile", "."))
	var built struct {
		Docker struct{ Config image }
	}
	inspected := output(t, buildah(t, dir, "inspect", "--type", "image", project))
	if err := json.Unmarshal([]byte(inspected), &built); err != nil {
		t.Fatal(err)
	}

	name := strings.TrimSpace(output(t, buildah(t, dir, "from", "--pull-never", project)))
	c := container{image: built.Docker.Config, root: strings.TrimSpace(output(t, buildah(t, dir, "mount", name)))}
	t.Cleanup(func() { _ = buildah(t, dir, "umount", name).Run() })

	// A new volume begins as a copy of what the image has there.
	var original syscall.Stat_t
	if err := syscall.Stat(filepath.Join(c.root, "data"), &original); err != nil {
		t.Fatal(err)
	}
	c.data = t.TempDir()
	if err := os.Chown(c.data, int(original.Uid), int(original.Gid)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(c.data, os.FileMode(original.Mode).Perm()); err != nil {
		t.Fatal(err)
	}
	return c
}

// command returns a command that runs in the image: as its user, in its environment, with files that cannot be written.
func (c container) command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	const script = `mount --bind "$1" "$1" && mount --bind "$2" "$1/data" && mount -o remount,bind,ro "$1" && cd / &&
		user=$3 root=$1 && shift 3 && exec chroot --userspec="$user" --groups= "$root" "$@"`
	inside := []string{"--mount", "sh", "-euc", script, "sh", c.root, c.data, c.User, "/" + project}
	env = append(slices.Clone(c.Env), env...)
	command := exec.CommandContext(t.Context(), "unshare", append(inside, args...)...)
	command.Env = env // with the PATH of the image, which is the usual one
	return command
}

func TestTheContainerHasOneProgramAndItsSettings(t *testing.T) {
	canBuild(t)
	c := build(t)
	var files []string
	err := filepath.WalkDir(c.root, func(path string, entry os.DirEntry, err error) error {
		if err == nil && path != c.root {
			files = append(files, strings.TrimPrefix(path, c.root))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"/data", "/" + project}; !slices.Equal(files, want) {
		t.Errorf("the image has %v, want %v", files, want)
	}
	_, hasPort := c.ExposedPorts["4010/tcp"]
	_, hasVolume := c.Volumes["/data"]
	for what, right := range map[string]bool{
		"entry point": slices.Equal(c.Entrypoint, []string{"/" + project}) && len(c.Cmd) == 0,
		"health":      slices.Equal(c.Healthcheck.Test, []string{"CMD", "/" + project, "health"}),
		"user":        c.User == "65532:65532",
		"port":        hasPort && slices.Contains(c.Env, "SEGMENTFLOW_EMULATOR_ADDR=0.0.0.0:4010"),
		"volume":      hasVolume,
	} {
		if !right {
			t.Errorf("the image has another %s: %+v", what, c.image)
		}
	}
	program, err := os.Open(filepath.Join(c.root, project))
	if err != nil {
		t.Fatal(err)
	}
	defer program.Close()
	isStatic(t, "the image", program)
}

func TestTheContainerServes(t *testing.T) {
	canBuild(t)
	c := build(t)

	// Another port than 4010, which something on this machine may use.
	process, url := serve(t, c.command(t, []string{"SEGMENTFLOW_EMULATOR_ADDR=0.0.0.0:0"}, "--db", "/data/world.db"))
	port, found := strings.CutPrefix(url, "http://localhost:")
	if !found {
		t.Errorf("links begin with %s", url)
	}
	for host, want := range map[string]int{
		"localhost:4010": 200, "127.0.0.1:4010": 200, "172.17.0.2:4010": 200, "emulator:4010": 200,
		"segmentflow:4010": 200, "segmentflow-emulator:4010": 200, "attacker.example": 403,
	} {
		if got := health(t, "http://127.0.0.1:"+port, host); got != want {
			t.Errorf("health answered %d to host %s, want %d", got, host, want)
		}
	}
	asked := c.command(t, []string{"SEGMENTFLOW_EMULATOR_ADDR=0.0.0.0:" + port}, "health")
	if answer := output(t, asked); answer != "ok\n" {
		t.Errorf("health printed %q", answer)
	}

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	const user = "65532\t65532\t65532\t65532\n"
	if text := string(status); !strings.Contains(text, "\nUid:\t"+user) || !strings.Contains(text, "\nGid:\t"+user) {
		t.Errorf("the process belongs to another user:\n%s", text)
	}
	stop(t, process)
	if _, err := os.Stat(filepath.Join(c.data, "world.db")); err != nil {
		t.Error(err)
	}

	elsewhere := c.command(t, []string{"SEGMENTFLOW_EMULATOR_ADDR=127.0.0.1:0"}, "--db", "/world.db")
	text, err := elsewhere.CombinedOutput()
	if elsewhere.ProcessState.ExitCode() != 1 || err == nil {
		t.Errorf("the files of the image can be written: %v\n%s", err, text)
	}
}
