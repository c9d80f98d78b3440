package web

import "reflect"

// This file helps to show lists that may be long, such as the mistakes in a seed.

// first returns the first n items of a list, or all if it has fewer.
func first(n int, list any) any {
	items := reflect.ValueOf(list)
	return items.Slice(0, min(n, items.Len())).Interface()
}

// more returns how many items a list has beyond the first n.
func more(n int, list any) int { return max(0, reflect.ValueOf(list).Len()-n) }
