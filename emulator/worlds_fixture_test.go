package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

var builds atomic.Int64

// livedIn is a world of this package, as users declare one.
var livedIn = emulator.World(func(emu *emulator.Emulator) error {
	builds.Add(1)
	_, err := emu.Client().Emails.Send(context.Background(), receipt(emu.ID("template", "order-receipt"), 1))
	emu.Advance(time.Hour)
	return err
}, emulator.WithSeedFile("testdata/acme.yaml"), emulator.WithStartTime(monday))

func TestAWorldIsBuiltOnce(t *testing.T) {
	for i := range 8 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			s := shopOf(t, livedIn.Start(t))
			require.Equal(t, monday.Add(time.Hour), s.emu.Now())
			require.Equal(t, 1, s.emu.Outbox().Count())
			s.mail("kim@example.com")
			s.emu.Reset()
			require.Equal(t, 1, s.emu.Outbox().Count())
		})
	}
	t.Run("in bubbles", func(t *testing.T) {
		fresh := emulator.World(func(emu *emulator.Emulator) error {
			emu.Advance(time.Minute)
			return nil
		})
		before := time.Now()
		for range 2 {
			synctest.Test(t, func(t *testing.T) {
				at := fresh.Start(t).Now()
				require.WithinDuration(t, before.Add(time.Minute), at, time.Hour, "the time outside of the bubble")
				require.Equal(t, monday.Add(time.Hour), livedIn.Start(t, emulator.WithLiveClock()).Now())
			})
		}
		require.Equal(t, "running", call(t, fresh.Start(t), "GET", "/_emulator/clock", "").json(t)["mode"])
	})
	t.Cleanup(func() { require.Equal(t, int64(1), builds.Load()) })
}

func TestAWorldHasTheOptionsOfBoth(t *testing.T) {
	world := emulator.World(func(*emulator.Emulator) error { return nil }, emulator.WithStartTime(monday),
		emulator.WithPublicURL("https://mail.acme.example"), emulator.WithSeedFile("testdata/acme.yaml"))
	extra := emulator.WithSeed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "extra@example.com"}}})
	s := shopOf(t, world.Start(t, extra))
	s.tries("alex@example.com")
	require.Contains(t, s.emu.Outbox().Only(t).HTML, "https://mail.acme.example/")
	require.NotEmpty(t, s.emu.ID("profile", "extra@example.com"))

	other, err := world.New(emulator.WithDatabase(t.TempDir() + "/world.db"))
	require.NoError(t, err)
	require.NotEmpty(t, other.ID("template", "order-receipt"))
	require.NoError(t, other.Close())
	_, err = world.New(emulator.WithImage(snapshot(t, s.emu)))
	require.ErrorContains(t, err, "there is an image already")
}

// failure records what a test that fails is told.
type failure struct {
	*testing.T
	said string
}

func (f *failure) Fatalf(format string, args ...any) { f.said = fmt.Sprintf(format, args...) }

func TestAWorldThatCannotBeBuiltFailsEveryStart(t *testing.T) {
	for want, build := range map[string]func(*emulator.Emulator) error{
		"World: no stock": func(*emulator.Emulator) error { return errors.New("no stock") },
		`World: ID("template", "nothing"): `: func(emu *emulator.Emulator) error {
			emu.ID("template", "nothing")
			return nil
		},
		"World: panic: no stock\n":                    func(*emulator.Emulator) error { panic(errors.New("no stock")) },
		"World: the function has closed the emulator": func(emu *emulator.Emulator) error { return emu.Close() },
		"World: the function is nil":                  nil,
	} {
		runs, world := 0, emulator.World(build)
		if build != nil {
			world = emulator.World(func(emu *emulator.Emulator) error { runs++; return build(emu) })
		}
		for range 2 {
			f := &failure{T: t}
			require.Nil(t, world.Start(f))
			require.Contains(t, f.said, "emulator: "+want)
			_, err := world.New()
			require.ErrorContains(t, err, want)
		}
		require.LessOrEqual(t, runs, 1)
	}

	ends := emulator.World(func(*emulator.Emulator) error { runtime.Goexit(); return nil })
	var wg sync.WaitGroup
	wg.Go(func() { _, _ = ends.New() })
	wg.Wait()
	_, err := ends.New()
	require.ErrorContains(t, err, "ended its goroutine")

	for _, opt := range []emulator.Option{emulator.WithDatabase("x.db"), emulator.WithImage(nil), nil} {
		_, err := emulator.World(func(*emulator.Emulator) error { return nil }, opt).New()
		require.ErrorContains(t, err, "emulator: World: ")
	}
	require.NoFileExists(t, "x.db")
}

// descriptors counts the open files of the process, or returns 0 where that is unknown.
func descriptors() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

func TestManyWorldsLeaveNothingBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	shopOf(t, livedIn.Start(t)) // what a process does once
	files := descriptors()
	synctest.Test(t, manyWorlds) // it waits until the goroutines have ended
	require.Equal(t, files, descriptors())
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// manyWorlds starts 200 worlds at once, and closes them.
func manyWorlds(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	base, err := livedIn.New()
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			var emu *emulator.Emulator
			var err error
			switch i % 4 {
			case 0:
				emu, err = base.TryFork()
			case 1:
				emu, err = livedIn.New(emulator.WithLiveClock())
			case 2:
				emu, err = base.For(t).TryFork()
			case 3:
				var img emulator.Image
				if img, err = base.Snapshot(); err == nil {
					emu, err = emulator.New(emulator.WithImage(img), emulator.WithStartTime(monday))
				}
			}
			if err != nil {
				t.Error(err)
				return
			}
			client, template := emu.Client(), emu.ID("template", "order-receipt")
			if _, err := client.Emails.Send(context.Background(), receipt(template, i)); err != nil {
				t.Error(err)
			}
			if n := emu.Outbox().Count(); n != 2 {
				t.Errorf("%d emails, want 2", n)
			}
			if err := emu.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.NoError(t, base.Close())
	synctest.Wait()
	require.LessOrEqual(t, runtime.NumGoroutine(), goroutines) // one of an earlier test may have ended meanwhile
}
