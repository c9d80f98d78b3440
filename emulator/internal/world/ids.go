package world

import (
	"github.com/google/uuid"
)

// ComputedID returns the id of a seeded record whose seed does not name one: a UUIDv5 in the namespace of its
// Organization.
func ComputedID(org, kind, key string) string {
	namespace, err := uuid.Parse(org)
	if err != nil {
		namespace = uuid.Nil
	}
	return uuid.NewSHA1(namespace, []byte(kind+":"+key)).String()
}
