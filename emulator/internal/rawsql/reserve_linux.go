package rawsql

import "syscall"

const noHugePages = 15 // MADV_NOHUGEPAGE

// useSmallPages keeps a small world from taking 2 MB.
func useSmallPages(file []byte) { _ = syscall.Madvise(file, noHugePages) }
