package web

func findPages() map[string]page { return nil }
