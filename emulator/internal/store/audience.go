package store

// Audience counts the Profiles that a carrier is sent to, and those it skips, by reason.
type Audience struct {
	Total    int            `json:"total"`
	Eligible int            `json:"eligible"`
	Skipped  map[string]int `json:"skipped"`
}

// countedAudience is the answer to a question of CountAudience.
type countedAudience struct {
	question string
	Audience
}
