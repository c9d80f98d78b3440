package world

// TaskKinds are the kinds of tasks that a verb carries out.
func TaskKinds() map[string]bool {
	kinds := map[string]bool{}
	for name, kind := range taskKinds {
		kinds[name] = kind.verb != nil
	}
	return kinds
}
