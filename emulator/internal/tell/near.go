package tell

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds the names that a misspelt name may stand for.

const (
	namesShown = 6 // how many known names a text has at most
	nearNames  = 3 // how many of them if only the nearest count
)

// nearest returns the names, those most like the given one first. A name that contains it, or is a part of it, is more
// like it than others.
func nearest(name string, names []string) []string {
	type rank struct{ apart, distance int }
	want, ranks := strings.ToLower(name), map[string]rank{}
	for _, other := range names {
		got := strings.ToLower(other)
		ranks[other] = rank{1, editDistance(want, got)}
		if strings.Contains(name, ".") && name != want { // a method of the client, such as Emails.Send
			ranks[other] = rank{1, min(ranks[other].distance, wordsApart(name, other))}
		}
		if want != "" && (strings.Contains(got, want) || strings.Contains(want, got)) {
			ranks[other] = rank{0, ranks[other].distance}
		}
	}
	return slices.SortedFunc(maps.Keys(ranks), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(ranks[a].apart, ranks[b].apart),
			cmp.Compare(ranks[a].distance, ranks[b].distance),
			cmp.Compare(a, b),
		)
	})
}

// wordPattern matches a word of a name in camelCase or with dots.
var wordPattern = lazy.Regexp(`[A-Z]?[a-z]+`)

// wordsApart returns how many words only one of two names has. A plural's s and the order do not count, so that
// Emails.Send is sendEmail.
func wordsApart(a, b string) int {
	seen := map[string]int{}
	for _, word := range wordPattern().FindAllString(a, -1) {
		seen[strings.TrimSuffix(strings.ToLower(word), "s")]++
	}
	for _, word := range wordPattern().FindAllString(b, -1) {
		seen[strings.TrimSuffix(strings.ToLower(word), "s")]--
	}
	apart := 0
	for _, n := range seen {
		apart += max(n, -n)
	}
	return apart
}

// Near returns the few names that are most like the given one, the most similar first.
func Near(name string, names []string) []string { return nearestFew(name, names) }

// nearestFew returns the few names that are most like the given one.
func nearestFew(name string, names []string) []string {
	near := nearest(name, names)
	return near[:min(len(near), nearNames)]
}

// didYouMean asks whether the nearest of the names was meant, if it is similar.
func didYouMean(name string, names []string) string {
	near := nearestFew(name, names)
	if name == "" || len(near) == 0 {
		return ""
	}
	want, got := strings.ToLower(name), strings.ToLower(near[0])
	if !strings.Contains(got, want) && editDistance(want, got) > len(want)/2 {
		return ""
	}
	return fmt.Sprintf("did you mean %q? ", near[0])
}

// likely is how many letters a misspelt name has wrong at most. Two letters that changed places count as two.
const likely = 2

// similar returns the names that want is likely to stand for, the most similar first.
func similar(want string, names []string) []string {
	var found []string
	for _, name := range nearest(want, names) {
		if editDistance(strings.ToLower(want), strings.ToLower(name)) <= likely {
			found = append(found, name)
		}
	}
	return found
}

// firstNames joins the first names as prose does, and counts the others.
func firstNames(names []string) string {
	if len(names) <= namesShown {
		return world.JoinNames(names)
	}
	others := fmt.Sprintf("%d more", len(names)-namesShown+1)
	return world.JoinNames(append(slices.Clone(names[:namesShown-1]), others))
}

// editDistance returns how many letters must be inserted, deleted or replaced to turn one text into the other. If
// nothing is wanted, it returns 0.
func editDistance(want, got string) int {
	if want == "" {
		return 0
	}
	row := make([]int, len(got)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(want) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(got) {
			change := diagonal
			if want[i] != got[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(got)]
}
