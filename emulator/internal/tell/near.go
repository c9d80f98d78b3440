package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file finds the names that a misspelt name may stand for.

// namesShown is how many known names a text contains.
const namesShown = 6

// nearest returns the names, the most similar to want first. Names that are equally similar keep their order.
func nearest(want string, names []string) []string {
	want = strings.ToLower(want)
	distance := map[string]int{}
	for _, name := range names {
		distance[name] = editDistance(want, strings.ToLower(name))
	}
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(distance[a], distance[b]) })
	return sorted
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
