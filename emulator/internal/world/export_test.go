package world

// TaskKinds returns the kinds of tasks, and whether each has a verb.
func TaskKinds() map[string]bool {
	kinds := map[string]bool{}
	for name, kind := range taskKinds {
		kinds[name] = kind.verb != nil
	}
	return kinds
}
