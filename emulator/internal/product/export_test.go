package product

import "github.com/segmentflow/segmentflow-go/emulator/internal/world"

// EncodeSend returns an EmailSend as the API shows it.
func EncodeSend(send *world.EmailSend) []byte { return encodeSend(send) }

// AcceptedItem returns the result of an accepted item.
func AcceptedItem(index int, key string, send []byte) []byte {
	return appendAccepted(nil, index, key, reply{body: send})
}

// Canonical returns the canonical JSON of a value.
func Canonical(v any) ([]byte, error) { return appendCanonical(nil, v) }

// Without returns an object for Canonical, where a member does not count.
func Without(member string, object map[string]any) any { return without{member, object} }
