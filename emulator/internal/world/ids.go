package world

import (
	"github.com/google/uuid"
)

// ComputedID is the id of a seeded thing that names none: UUIDv5 in the namespace of its Organization.
func ComputedID(org, kind, key string) string {
	namespace, err := uuid.Parse(org)
	if err != nil {
		namespace = uuid.Nil
	}
	return uuid.NewSHA1(namespace, []byte(kind+":"+key)).String()
}

// SeededID finds a thing by kind and key, else computes the id it would get.
func (tx *Tx) SeededID(kind, key string) (string, error) {
	id, err := tx.IDOf(kind, key)
	if err != nil || id != "" {
		return id, err
	}
	return ComputedID(tx.Org, kind, key), nil
}
