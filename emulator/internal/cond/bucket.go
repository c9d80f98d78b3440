package cond

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
)

// The buckets that Profiles are spread over: a hundredth of a per cent each.
const buckets = 10_000

// BucketOf is the bucket, 0 to 9999, that a Profile falls into for good: the
// first eight bytes, big-endian, of SHA-256 over the salt, a zero byte and the
// lower-case id, modulo 10 000. SQL registers the same function.
func BucketOf(salt, profileID string) int {
	sum := sha256.Sum256([]byte(salt + "\x00" + strings.ToLower(profileID)))
	return int(binary.BigEndian.Uint64(sum[:8]) % buckets)
}
