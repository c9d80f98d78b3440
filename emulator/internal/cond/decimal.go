package cond

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// decimal is an exact number: 0.d₁d₂d₃… × 10^point. Its digits are whole followed
// by frac, without leading and trailing zeros. It stores the digits instead of a
// big.Rat, so that 1e999999999 costs no memory.
type decimal struct {
	negative    bool
	whole, frac string
	point       int
}

// maxExponent replaces every larger exponent. No document has enough
// digits to bring such a number near to any other.
const maxExponent = 1_000_000_000

// parseDecimal parses a JSON number. It also allows leading zeros, because
// numeric strings often have them.
func parseDecimal(s string) (decimal, bool) {
	var d decimal
	s, d.negative = strings.CutPrefix(s, "-")
	d.whole, s = digits(s)
	if d.whole == "" {
		return decimal{}, false
	}
	if rest, found := strings.CutPrefix(s, "."); found {
		if d.frac, s = digits(rest); d.frac == "" {
			return decimal{}, false
		}
	}
	exponent, ok := parseExponent(s)
	if !ok {
		return decimal{}, false
	}
	d.normalize(exponent)
	return d, true
}

func digits(s string) (run, rest string) {
	count := 0
	for count < len(s) && isDigit(s[count]) {
		count++
	}
	return s[:count], s[count:]
}

func parseExponent(s string) (int, bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'e' && s[0] != 'E' {
		return 0, false
	}
	s, negative := strings.CutPrefix(s[1:], "-")
	if !negative {
		s = strings.TrimPrefix(s, "+")
	}
	run, rest := digits(s)
	if run == "" || rest != "" {
		return 0, false
	}
	exponent := 0
	for _, char := range []byte(run) {
		exponent = min(exponent*10+int(char-'0'), maxExponent)
	}
	if negative {
		return -exponent, true
	}
	return exponent, true
}

func (d *decimal) normalize(exponent int) {
	d.whole = strings.TrimLeft(d.whole, "0")
	d.point = len(d.whole) + exponent
	if d.whole == "" {
		trimmed := strings.TrimLeft(d.frac, "0")
		d.point -= len(d.frac) - len(trimmed)
		d.frac = trimmed
	}
	d.frac = strings.TrimRight(d.frac, "0")
	if d.frac == "" {
		d.whole = strings.TrimRight(d.whole, "0")
	}
	if d.zero() {
		*d = decimal{}
	}
}

func (d decimal) zero() bool { return d.len() == 0 }
func (d decimal) len() int   { return len(d.whole) + len(d.frac) }

func (d decimal) digit(i int) byte {
	switch {
	case i < len(d.whole):
		return d.whole[i]
	case i < d.len():
		return d.frac[i-len(d.whole)]
	}
	return '0'
}

func (d decimal) sign() int {
	switch {
	case d.zero():
		return 0
	case d.negative:
		return -1
	}
	return 1
}

func (d decimal) compare(other decimal) int {
	if order := cmp.Compare(d.sign(), other.sign()); order != 0 {
		return order
	}
	return d.sign() * d.compareMagnitude(other)
}

func (d decimal) compareMagnitude(other decimal) int {
	if order := cmp.Compare(d.point, other.point); order != 0 {
		return order
	}
	for i := range max(d.len(), other.len()) {
		if order := cmp.Compare(d.digit(i), other.digit(i)); order != 0 {
			return order
		}
	}
	return 0
}

// scaled returns the number × 10^places, rounded down to an integer. It reports
// whether that is exact, and whether it fits an int64.
func (d decimal) scaled(places int) (whole int64, exact, ok bool) {
	count := d.point + places
	if count > 18 {
		return 0, false, false
	}
	for i := range max(count, 0) {
		whole = whole*10 + int64(d.digit(i)-'0')
	}
	exact = d.zero() || count >= d.len()
	if d.negative {
		whole = -whole
		if !exact {
			whole--
		}
	}
	return whole, exact, true
}

// String returns the shortest form that keeps every digit. It is plain, unless
// that takes more than 21 zeros before the point or more than five after it;
// then it is scientific. Equal numbers have the same text, however they were
// written.
func (d decimal) String() string {
	if d.zero() {
		return "0"
	}
	var text strings.Builder
	if d.negative {
		text.WriteByte('-')
	}
	all := d.whole + d.frac
	switch zeros := d.point - len(all); {
	case d.point < -5 || zeros > 21:
		d.writeScientific(&text, all)
	case d.point <= 0:
		text.WriteString("0." + strings.Repeat("0", -d.point) + all)
	case zeros >= 0:
		text.WriteString(all + strings.Repeat("0", zeros))
	default:
		text.WriteString(all[:d.point] + "." + all[d.point:])
	}
	return text.String()
}

func (d decimal) writeScientific(text *strings.Builder, all string) {
	text.WriteString(all[:1])
	if len(all) > 1 {
		text.WriteString("." + all[1:])
	}
	text.WriteByte('e')
	if d.point > 0 {
		text.WriteByte('+')
	}
	text.WriteString(strconv.Itoa(d.point - 1))
}

// number converts a value of a numeric type. Strings are not numbers here.
func number(v any) (decimal, bool) {
	switch v := v.(type) {
	case json.Number:
		return parseDecimal(string(v))
	case int:
		return parseDecimal(strconv.Itoa(v))
	case int64:
		return parseDecimal(strconv.FormatInt(v, 10))
	case uint64:
		return parseDecimal(strconv.FormatUint(v, 10))
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return decimal{}, false
		}
		return parseDecimal(strconv.FormatFloat(v, 'g', -1, 64))
	}
	return decimal{}, false
}

// numeric converts a number or a string that is written like one.
func numeric(v any) (decimal, bool) {
	if s, ok := v.(string); ok {
		return parseDecimal(s)
	}
	return number(v)
}

// shortInteger converts a number, or a string that is written like one, if it is an
// integer of few digits. Most are, and integers are compared in no time.
func shortInteger(v any) (n int64, ok bool) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = string(v)
	case string:
		text = v
	}
	run, negative := strings.CutPrefix(text, "-")
	if run == "" || len(run) > 18 {
		return 0, false
	}
	for i := range len(run) {
		if !isDigit(run[i]) {
			return 0, false
		}
		n = n*10 + int64(run[i]-'0')
	}
	if negative {
		n = -n
	}
	return n, true
}
