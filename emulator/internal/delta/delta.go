// Package delta stores a text as changes to another one, the base: a run copied from the base, "start length ", then
// text of its own, "length:text", and so on.
package delta

import (
	"strconv"
	"strings"
)

const (
	anchorSize  = 24 // bytes that must be equal before two texts are treated as the same again
	anchorTries = 12
)

// Of returns s as changes to base.
func Of(base, s string) string {
	var room [1024]byte
	out := room[:0]
	for i := 0; s != ""; {
		n := commonPrefix(base[i:], s)
		own, next := nextMatch(base, i+n, s[n:])
		out = strconv.AppendInt(out, int64(i), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(n), 10)
		out = append(out, ' ')
		out = strconv.AppendInt(out, int64(own), 10)
		out = append(out, ':')
		out = append(out, s[n:n+own]...)
		i, s = next, s[n+own:]
	}
	return string(out)
}

// commonPrefix returns how many bytes a and b have in common at their start.
func commonPrefix(a, b string) int {
	const block = 64
	n, end := 0, min(len(a), len(b))
	for n+block <= end && a[n:n+block] == b[n:n+block] {
		n += block
	}
	for n < end && a[n] == b[n] {
		n++
	}
	return n
}

// nextMatch finds where s continues like base again: at the next word, tag or line of both. It returns how many bytes
// of s come before that, and the position in base. It looks at the near part of s first.
func nextMatch(base string, i int, s string) (own, next int) {
	for _, reach := range [...]int{64, 512, len(s)} { // in 64 bytes, a search is one instruction
		near := s[:min(reach, len(s))]
		if own, next = anchor(base, i, near); own < len(near) {
			return own, next
		}
	}
	return len(s), len(base)
}

// anchor is nextMatch for any part of s. If that does not continue like base, own is all of it.
func anchor(base string, i int, s string) (own, next int) {
	for range anchorTries {
		for i < len(base) && base[i] != ' ' && base[i] != '<' && base[i] != '\n' {
			i++
		}
		if i+anchorSize > len(base) {
			break
		}
		if own = strings.Index(s, base[i:i+anchorSize]); own >= 0 {
			return own, i
		}
		i++
	}
	return len(s), len(base)
}

// Apply undoes Of.
func Apply(base, changes string) string {
	var out strings.Builder
	for changes != "" {
		head, rest, _ := strings.Cut(changes, ":")
		numbers := strings.Split(head, " ")
		if len(numbers) != 3 {
			return out.String() // only in a file that was edited by hand
		}
		start, _ := strconv.Atoi(numbers[0])
		length, _ := strconv.Atoi(numbers[1])
		own, _ := strconv.Atoi(numbers[2])

		start, own = min(start, len(base)), min(own, len(rest))
		out.WriteString(base[start:min(start+length, len(base))])
		out.WriteString(rest[:own])
		changes = rest[own:]
	}
	return out.String()
}
