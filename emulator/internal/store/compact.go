package store

import (
	"strconv"
	"strings"
)

// The mails of one carrier are much alike. Each is kept as what it changes about one that was rendered for nobody: runs
// copied from there, "start length ", and between them what is its own, "length:text".

const (
	anchorSize  = 24 // bytes that must agree for two texts to go on together
	anchorTries = 8
)

// compact writes s as changes to base.
func compact(base, s string) string {
	var out []byte
	for i := 0; s != ""; {
		n := 0
		for n < len(s) && i+n < len(base) && s[n] == base[i+n] {
			n++
		}
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

// nextMatch says how much of s is its own before it goes on as base does from next: at the next tag or line that both have.
func nextMatch(base string, i int, s string) (own, next int) {
	for range anchorTries {
		at := strings.IndexAny(base[min(i, len(base)):], "<\n")
		if at < 0 || i+at+anchorSize > len(base) {
			break
		}
		if own = strings.Index(s, base[i+at:i+at+anchorSize]); own >= 0 {
			return own, i + at
		}
		i += at + 1
	}
	return len(s), len(base)
}

// restore undoes compact.
func restore(base, changes string) string {
	var out strings.Builder
	for changes != "" {
		head, rest, _ := strings.Cut(changes, ":")
		numbers := strings.Split(head, " ")
		if len(numbers) != 3 {
			return out.String() // only a file edited by hand can hold it
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
