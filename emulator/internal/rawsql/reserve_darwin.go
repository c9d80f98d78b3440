package rawsql

func useSmallPages([]byte) {}
