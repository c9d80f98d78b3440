package guard

// Changes returns what the events of one name show of the properties that changed their type. The calls are named
// "call 0", "call 1" and so on.
func Changes(data ...any) (found []string) {
	known := shapes{}
	for i, each := range data {
		for _, changed := range known.see("e", each, "call "+string(rune('0'+i))) {
			found = append(found, changed.What)
		}
	}
	return found
}
