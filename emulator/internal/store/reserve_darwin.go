package store

func useSmallPages([]byte) {}
