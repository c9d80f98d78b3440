// Package zone has the time zones of the IANA database. It reads them from its own
// copy of the database and never from the machine, so that the same name means the
// same everywhere.
package zone

import (
	"archive/zip"
	"bytes"
	_ "embed" // for the database
	"io/fs"
	"strings"
	"sync"
	"time"
)

// The database is the one of the Go distribution. CONTRIBUTING.md says how to renew it.
//
//go:embed zoneinfo.zip
var database []byte

// files returns the database as files that are named like their zones.
var files = sync.OnceValues(func() (fs.FS, error) {
	return zip.NewReader(bytes.NewReader(database), int64(len(database)))
})

// loaded has the zones that Load has returned, by name. They never change.
var loaded sync.Map

// Load returns the zone with an IANA name, nil if there is none. A name must be
// spelled as in the database. Factory is not a place, so Load does not return it.
func Load(name string) *time.Location {
	if name == "UTC" {
		return time.UTC
	}
	if known, ok := loaded.Load(name); ok {
		return known.(*time.Location)
	}
	if name == "" || name == "Factory" {
		return nil
	}
	source, err := files()
	if err != nil {
		return nil
	}
	name = strings.Clone(name) // it may be memory of SQLite, which is reused
	data, err := fs.ReadFile(source, name)
	if err != nil {
		return nil
	}
	found, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil
	}
	loaded.Store(name, found)
	return found
}

// At returns the instant of a wall-clock time, which is given as if it were UTC. A
// time that a gap skips has the offset before the gap. A time that an overlap shows
// twice is the first of the two.
func At(wall time.Time, zone *time.Location) time.Time {
	// No offset is as long as a day, and there are days between two changes. So only the
	// offsets of the day before and the day after matter. If neither leads back to the
	// time, it is in a gap between the two.
	const day = 24 * time.Hour
	first := wall.Add(-offset(wall.Add(-day), zone))
	if leadsTo(wall, first, zone) {
		return first
	}
	if second := wall.Add(-offset(wall.Add(day), zone)); leadsTo(wall, second, zone) {
		return second
	}
	return first
}

func leadsTo(wall, at time.Time, zone *time.Location) bool {
	return at.Add(offset(at, zone)).Equal(wall)
}

func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
