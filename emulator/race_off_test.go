//go:build !race

package emulator_test

const racing = false
