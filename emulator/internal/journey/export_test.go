package journey

// NodeTypes returns the names of all node types.
func NodeTypes() []string {
	names := make([]string, len(nodeTypes))
	for i, t := range nodeTypes {
		names[i] = t.name
	}
	return names
}

// EntryTypes returns the names of all entry types.
func EntryTypes() []string {
	names := make([]string, len(entryTypes))
	for i, t := range entryTypes {
		names[i] = t.name
	}
	return names
}
