//go:build (linux || darwin) && !(386 || arm || mips || mipsle)

package rawsql

import "syscall"

// reserved is how large a world in memory can become. Addresses are plentiful where they have 64 bits.
const reserved = 64 << 30

// Reserve reserves addresses for the file of a world in memory.
func Reserve() ([]byte, error) {
	file, err := syscall.Mmap(-1, 0, reserved, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	if err == nil {
		useSmallPages(file)
	}
	return file, err
}

// Release gives back what Reserve has reserved.
func Release(file []byte) error { return syscall.Munmap(file) }
