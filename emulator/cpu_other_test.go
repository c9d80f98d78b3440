//go:build !unix

package emulator_test

import "time"

var started = time.Now()

// cpuTime stands in where the system does not tell a process how much processor time it has used.
func cpuTime() time.Duration { return time.Since(started) }
