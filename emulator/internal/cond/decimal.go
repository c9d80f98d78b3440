package cond

import (
	"cmp"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// decimal is a number held exactly as 0.d₁d₂d₃… × 10^point, where the digits
// are whole followed by frac, without outer zeros. Keeping the digits instead
// of a big.Rat means that 1e999999999 costs no memory.
type decimal struct {
	negative    bool
	whole, frac string
	point       int
}

// Exponents beyond this are taken as this: no digits that fit in a document
// can bring such numbers back near to any other.
const maxExponent = 1_000_000_000

// parseDecimal reads a JSON number; leading zeros are allowed as well, since
// numeric strings often carry them.
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
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return s[:n], s[n:]
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
	for _, c := range []byte(run) {
		exponent = min(exponent*10+int(c-'0'), maxExponent)
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

func (d decimal) compare(e decimal) int {
	if c := cmp.Compare(d.sign(), e.sign()); c != 0 {
		return c
	}
	return d.sign() * d.compareMagnitude(e)
}

func (d decimal) compareMagnitude(e decimal) int {
	if c := cmp.Compare(d.point, e.point); c != 0 {
		return c
	}
	for i := range max(d.len(), e.len()) {
		if c := cmp.Compare(d.digit(i), e.digit(i)); c != 0 {
			return c
		}
	}
	return 0
}

// scaled is the number × 10^places rounded down to an integer; exact says that
// nothing was rounded away, ok that it fits.
func (d decimal) scaled(places int) (n int64, exact, ok bool) {
	count := d.point + places
	if count > 18 {
		return 0, false, false
	}
	for i := range max(count, 0) {
		n = n*10 + int64(d.digit(i)-'0')
	}
	exact = d.zero() || count >= d.len()
	if d.negative {
		n = -n
		if !exact {
			n--
		}
	}
	return n, exact, true
}

// String writes the shortest form that keeps every digit: plain, unless that
// takes more than 21 zeros before the point or more than five after it. Equal
// numbers print alike, however they were written.
func (d decimal) String() string {
	if d.zero() {
		return "0"
	}
	var b strings.Builder
	if d.negative {
		b.WriteByte('-')
	}
	all := d.whole + d.frac
	switch zeros := d.point - len(all); {
	case d.point < -5 || zeros > 21:
		d.writeScientific(&b, all)
	case d.point <= 0:
		b.WriteString("0." + strings.Repeat("0", -d.point) + all)
	case zeros >= 0:
		b.WriteString(all + strings.Repeat("0", zeros))
	default:
		b.WriteString(all[:d.point] + "." + all[d.point:])
	}
	return b.String()
}

func (d decimal) writeScientific(b *strings.Builder, all string) {
	b.WriteString(all[:1])
	if len(all) > 1 {
		b.WriteString("." + all[1:])
	}
	b.WriteByte('e')
	if d.point > 0 {
		b.WriteByte('+')
	}
	b.WriteString(strconv.Itoa(d.point - 1))
}

// number reads a value that is a number; strings are none.
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

// numeric reads a number or a string that is written like one.
func numeric(v any) (decimal, bool) {
	if s, ok := v.(string); ok {
		return parseDecimal(s)
	}
	return number(v)
}
