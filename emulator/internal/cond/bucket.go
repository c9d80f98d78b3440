package cond

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// buckets is the number of buckets that Profiles are spread over. Each holds a
// hundredth of a per cent of them.
const buckets = 10_000

// BucketOf returns the bucket of a Profile, 0 to 9999. It never changes. It is
// the first eight bytes, big-endian, of SHA-256 over the salt, a zero byte and
// the lower-case id, modulo 10 000. SQL uses the same function.
func BucketOf(salt, profileID string) int {
	sum := sha256.Sum256([]byte(salt + "\x00" + strings.ToLower(profileID)))
	return int(binary.BigEndian.Uint64(sum[:8]) % buckets)
}
