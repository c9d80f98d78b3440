package zone_test

import (
	"archive/zip"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/zone"
)

func TestZonesHaveIANANames(t *testing.T) {
	for _, name := range []string{
		"UTC", "Etc/UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Asia/Kathmandu", "US/Pacific", "GMT",
		"Etc/GMT+5", "EST5EDT", "Pacific/Apia",
	} {
		found := zone.Load(name)
		require.NotNil(t, found, name)
		require.Equal(t, name, found.String())
		require.Same(t, found, zone.Load(name), "it is loaded once")
	}
}

func TestANameMayBeMemoryThatIsReused(t *testing.T) {
	memory := []byte("Europe/Lisbon")
	found := zone.Load(unsafe.String(&memory[0], len(memory)))
	copy(memory, "Asia/Karachi.")
	require.Equal(t, "Europe/Lisbon", found.String())
	require.Same(t, found, zone.Load("Europe/Lisbon"))
	require.Equal(t, "Asia/Karachi", zone.Load("Asia/Karachi").String())
}

func TestWhatOneMachineKnowsAndAnotherDoesNotIsNoZone(t *testing.T) {
	for _, name := range []string{
		"", "Local", "local", "localtime", "posixrules", "posix/Europe/Berlin", "right/Europe/Berlin", "Factory",
		"europe/berlin", "EUROPE/BERLIN", "utc", "Europe", "Europe/", "/Europe/Berlin", "Europe//Berlin",
		"../zoneinfo/Europe/Berlin", "Europe/../Europe/Berlin", "./UTC", ".", "Europe/Berlin ", " Europe/Berlin",
		"Europe/Berlin\x00", `Europe\Berlin`, "Mars/Olympus", "Berlin", "+01:00", "UTC+1", "zone.tab", "tzdata.zi",
		"EST5EDT4,M3.2.0,M11.1.0", "CEST",
	} {
		require.Nil(t, zone.Load(name), "%q", name)
	}
}

func TestTheMachineHasNoSay(t *testing.T) {
	archive, err := zip.OpenReader("zoneinfo.zip")
	require.NoError(t, err)
	defer archive.Close()
	tokyo, err := fs.ReadFile(archive, "Asia/Tokyo")
	require.NoError(t, err)

	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "Europe"), 0o700))
	for _, name := range []string{"Mine", "Europe/Paris"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), tokyo, 0o600))
	}
	t.Setenv("ZONEINFO", dir) // Go looks here first, and then in the directories of the system
	require.Nil(t, zone.Load("Mine"))
	noon := time.Date(2026, 6, 5, 12, 0, 0, 0, time.UTC)
	require.Equal(t, "14:00", noon.In(zone.Load("Europe/Paris")).Format("15:04"))
}

func TestWallClockTimes(t *testing.T) {
	for name, c := range map[string]struct{ zone, wall, want string }{
		"summer":                      {"Europe/Berlin", "2026-06-05T00:00", "2026-06-04T22:00:00Z"},
		"winter":                      {"Europe/Berlin", "2026-01-05T00:00", "2026-01-04T23:00:00Z"},
		"UTC":                         {"UTC", "2026-01-05T00:00", "2026-01-05T00:00:00Z"},
		"just before a gap":           {"America/New_York", "2026-03-08T01:59", "2026-03-08T06:59:00Z"},
		"the beginning of a gap":      {"America/New_York", "2026-03-08T02:00", "2026-03-08T07:00:00Z"},
		"in a gap":                    {"America/New_York", "2026-03-08T02:30", "2026-03-08T07:30:00Z"},
		"just after a gap":            {"America/New_York", "2026-03-08T03:00", "2026-03-08T07:00:00Z"},
		"just before an overlap":      {"America/New_York", "2026-11-01T00:59", "2026-11-01T04:59:00Z"},
		"in an overlap":               {"America/New_York", "2026-11-01T01:30", "2026-11-01T05:30:00Z"},
		"just after an overlap":       {"America/New_York", "2026-11-01T02:00", "2026-11-01T07:00:00Z"},
		"a gap at midnight":           {"Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00:00Z"},
		"an overlap at midnight":      {"America/Havana", "2026-11-01T00:30", "2026-11-01T04:30:00Z"},
		"a gap of half an hour":       {"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45:00Z"},
		"an overlap of half an hour":  {"Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z"},
		"a day that was left out":     {"Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00:00Z"},
		"the day after it":            {"Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"},
		"before there were zones":     {"America/New_York", "1800-01-01T00:00", "1800-01-01T04:56:02Z"},
		"far ahead in summer":         {"America/New_York", "9000-07-01T00:00", "9000-07-01T04:00:00Z"},
		"the largest offset east":     {"Pacific/Kiritimati", "2026-01-01T00:00", "2025-12-31T10:00:00Z"},
		"a quarter of an hour":        {"Asia/Kathmandu", "2026-01-01T00:00", "2025-12-31T18:15:00Z"},
		"the end of a leap year":      {"America/New_York", "2028-12-31T00:00", "2028-12-31T05:00:00Z"},
		"two changes in three months": {"Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			wall, err := time.Parse("2006-01-02T15:04", c.wall)
			require.NoError(t, err)
			got := zone.At(wall, zone.Load(c.zone))
			require.Equal(t, c.want, got.Format(time.RFC3339))
			require.Equal(t, time.UTC, got.Location())
		})
	}
}

func BenchmarkAt(b *testing.B) {
	wall, berlin := time.Date(2026, 6, 5, 0, 0, 0, 0, time.UTC), zone.Load("Europe/Berlin")
	for b.Loop() {
		zone.At(wall, berlin)
	}
}
