package web

// The chart, for its tests.
type (
	Chart = chart
	Bar   = bar
)
