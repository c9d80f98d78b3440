//go:build !(linux || darwin) || 386 || arm || mips || mipsle

package rawsql

import "errors"

// Reserve is not supported here.
func Reserve() ([]byte, error) { return nil, errors.ErrUnsupported }

// Release gives back what Reserve has reserved.
func Release([]byte) error { return nil }
