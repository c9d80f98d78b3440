// Package format writes values as people read them.
package format

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Count formats a number with its digits in groups of three.
func Count(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:] // a narrow space that does not break
	}
	return digits
}

// Plural returns a number and the noun that fits.
func Plural(n int, one, several string) string {
	if n == 1 {
		return Count(n) + " " + one
	}
	return Count(n) + " " + several
}

// Size returns a number of bytes in words.
func Size(n int) string {
	const kilo = 1000
	if n < kilo {
		return Plural(n, "byte", "bytes")
	}
	return strconv.FormatFloat(float64(n)/kilo, 'f', 1, 64) + " kB"
}

// Time returns a time in UTC, to the second.
func Time(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// Span describes a length of time in its one or two largest units.
func Span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, unit := range []struct {
		large, small         time.Duration
		largeName, smallName string
	}{
		{365 * day, day, "year", "day"},
		{day, time.Hour, "day", "h"},
		{time.Hour, time.Minute, "h", "min"},
		{time.Minute, time.Second, "min", "s"},
	} {
		if d < unit.large {
			continue
		}
		n, rest := int(d/unit.large), int(d%unit.large/unit.small)
		text := units(n, unit.largeName)
		if rest > 0 && n < 10 {
			text += " " + units(rest, unit.smallName)
		}
		return text
	}
	return units(int(d/time.Second), "s")
}

func units(n int, name string) string {
	if n != 1 && (name == "day" || name == "year") {
		name += "s"
	}
	return Count(n) + " " + name
}

// Name shortens a name to what a page has room for.
func Name(text string) string { return cond.Shorten(text, 100) }

// Value shortens a value, or another text, to what a row of a list has room for.
func Value(text string) string { return cond.Shorten(text, 200) }

// JSON returns JSON with its letters as they are, not as they are escaped for HTML. With an indent, each member
// has a line of its own.
func JSON(raw json.RawMessage, indent string) string {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return string(raw)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", indent)
	if err := encoder.Encode(value); err != nil {
		return string(raw)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
