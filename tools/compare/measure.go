package main

import (
	"fmt"
	"runtime"
	"slices"
	"time"
)

// turn does something for a while, and returns the processor time of one item of it.
type turn func() (time.Duration, error)

// ratio compares the processor time of a call with that of a base.
type ratio struct {
	median, low, high float64 // low and high are the quartiles
	call, base        time.Duration
}

// compare lets a call and a base take turns: the speed of a machine changes while it measures. The first turn of each
// does not count.
func compare(rounds int, call, base turn) (ratio, error) {
	var ratios []float64
	var calls, bases []time.Duration
	for i := range rounds + 1 {
		one, err := rested(call)
		if err != nil {
			return ratio{}, err
		}
		other, err := rested(base)
		if err != nil {
			return ratio{}, err
		}
		if i > 0 {
			ratios = append(ratios, float64(one)/float64(max(1, other)))
			calls, bases = append(calls, one), append(bases, other)
		}
	}
	slices.Sort(ratios)
	return ratio{
		median: ratios[len(ratios)/2], low: ratios[len(ratios)/4], high: ratios[len(ratios)*3/4],
		call: median(calls), base: median(bases),
	}, nil
}

// rested takes a turn that does not collect the garbage of the turn before it.
func rested(t turn) (time.Duration, error) {
	runtime.GC()
	return t()
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}

// repeat calls for at least a time. Each call does a number of items.
func repeat(least time.Duration, items int, call func() error) turn {
	return func() (time.Duration, error) {
		start, done := cpuTime(), 0
		for calls := 1; ; calls *= 2 {
			for range calls {
				if err := call(); err != nil {
					return 0, err
				}
			}
			done += calls
			if used := cpuTime() - start; used >= least {
				return used / time.Duration(done*items), nil
			}
		}
	}
}

// cost returns the processor time of one call: the median of turns.
func cost(rounds int, t turn) (time.Duration, error) {
	var all []time.Duration
	for i := range rounds + 1 {
		one, err := rested(t)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			all = append(all, one)
		}
	}
	return median(all), nil
}

// result is a row of the table as it was measured.
type result struct {
	measured, detail string
	more             string // a table of its own, below
}

// result shows how many times more processor time the call takes.
func (r ratio) result() result {
	return result{measured: times(r.median),
		detail: fmt.Sprintf("%s to %s; %s / %s", digits(r.low), digits(r.high), brief(r.call), brief(r.base))}
}

// throughput shows how many times more calls the same processor time is enough for.
func (r ratio) throughput() result {
	return result{measured: times(1 / r.median),
		detail: fmt.Sprintf("%s to %s; %s / %s", digits(1/r.high), digits(1/r.low), brief(r.call), brief(r.base))}
}

func times(x float64) string { return digits(x) + " ×" }

// digits shows two digits or more.
func digits(x float64) string {
	switch {
	case x < 1:
		return fmt.Sprintf("%.2f", x)
	case x < 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

func brief(d time.Duration) string {
	if d < time.Millisecond {
		return digits(float64(d)/float64(time.Microsecond)) + " µs"
	}
	return digits(float64(d)/float64(time.Millisecond)) + " ms"
}

func size(bytes float64) string {
	switch {
	case bytes < 1e3:
		return digits(bytes) + " B"
	case bytes < 1e6:
		return digits(bytes/1e3) + " kB"
	}
	return digits(bytes/1e6) + " MB"
}
