//go:build !unix

package main

import "time"

var started = time.Now()

// cpuTime returns the elapsed time instead, on systems that do not report the processor time of a process.
func cpuTime() time.Duration { return time.Since(started) }
