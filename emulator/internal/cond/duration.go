package cond

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
)

type durationUnit struct {
	letter byte
	size   time.Duration
}

var (
	dateUnits  = []durationUnit{{'W', 7 * 24 * time.Hour}, {'D', 24 * time.Hour}}
	clockUnits = []durationUnit{{'H', time.Hour}, {'M', time.Minute}, {'S', time.Second}}
)

var (
	errDurationShape    = errors.New("write weeks, days, hours, minutes, seconds, such as P1W, P3D, PT30M or P1DT12H")
	errDurationSign     = errors.New("it must not have a sign")
	errDurationCalendar = errors.New("months and years have no fixed length; write weeks or days, such as P30D")
	errDurationFraction = errors.New("only the smallest part may have a fraction, such as PT1M2.5S")
	errDurationRange    = errors.New("it is longer than 292 years")
)

// ParseDuration parses an ISO 8601 duration in weeks, days, hours, minutes and
// seconds. A day has 24 hours. The smallest part may have a fraction. Months,
// years and signs are refused.
func ParseDuration(s string) (time.Duration, error) {
	total, err := parseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a duration: %w", s, err)
	}
	return total, nil
}

// ParseSignedDuration is like [ParseDuration], but allows a leading + or -.
func ParseSignedDuration(s string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(s, "+")
	}
	total, err := parseDuration(rest)
	if err != nil {
		return 0, fmt.Errorf("%.40q is not a duration: %w", s, err)
	}
	if negative {
		return -total, nil
	}
	return total, nil
}

// ParseSpan parses a duration in Go's form, such as 1h30m, or in that of
// [ParseDuration].
func ParseSpan(s string) (time.Duration, error) {
	if span, err := time.ParseDuration(s); err == nil {
		return span, nil
	}
	return ParseDuration(s)
}

func parseDuration(s string) (time.Duration, error) {
	body, ok := strings.CutPrefix(s, "P")
	if strings.HasPrefix(s, "-P") || strings.HasPrefix(s, "+P") {
		return 0, errDurationSign
	}
	if !ok || body == "" {
		return 0, errDurationShape
	}
	date, clock, hasClock := strings.Cut(body, "T")
	if hasClock && clock == "" {
		return 0, errDurationShape
	}
	if strings.ContainsAny(date, "YM") {
		return 0, errDurationCalendar
	}
	var sum durationSum
	if err := sum.addParts(date, dateUnits); err != nil {
		return 0, err
	}
	if err := sum.addParts(clock, clockUnits); err != nil {
		return 0, err
	}
	return sum.total, nil
}

type durationSum struct {
	total      time.Duration
	fractional bool
}

func (sum *durationSum) addParts(s string, units []durationUnit) error {
	for s != "" {
		whole, rest := digits(s)
		fraction := ""
		if rest != "" && (rest[0] == '.' || rest[0] == ',') {
			if fraction, rest = digits(rest[1:]); fraction == "" {
				return errDurationShape
			}
		}
		if whole == "" || rest == "" {
			return errDurationShape
		}
		for len(units) > 0 && units[0].letter != rest[0] {
			units = units[1:]
		}
		if len(units) == 0 {
			return errDurationShape
		}
		if err := sum.add(whole, fraction, units[0].size); err != nil {
			return err
		}
		s, units = rest[1:], units[1:]
	}
	return nil
}

func (sum *durationSum) add(whole, fraction string, unit time.Duration) error {
	if sum.fractional {
		return errDurationFraction
	}
	sum.fractional = fraction != ""
	count := time.Duration(0)
	for _, char := range []byte(whole) {
		count = count*10 + time.Duration(char-'0')
		if count > math.MaxInt64/unit {
			return errDurationRange
		}
	}
	amount := count * unit
	for _, char := range []byte(fraction) {
		unit /= 10
		amount = saturatingAdd(amount, time.Duration(char-'0')*unit)
	}
	sum.total = saturatingAdd(sum.total, amount)
	if sum.total == math.MaxInt64 {
		return errDurationRange
	}
	return nil
}

func saturatingAdd(a, b time.Duration) time.Duration {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}
