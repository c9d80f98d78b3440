package world

import (
	"context"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// DefaultAPIKey always exists: it belongs to the first Organization, with every scope.
const DefaultAPIKey = "sk_test_emulator"

// admitCallersLocked lets calls in with the world's keys and no others. The caller holds the lock.
func (w *World) admitCallersLocked() {
	w.callers.Clear()
	for secret, key := range w.keys {
		w.callers.Store(secret, key)
	}
}

// APIKey finds an API key by its secret. It does not wait for the world. Only a key that is not found waits, because it may be
// one that is being made.
func (w *World) APIKey(ctx context.Context, secret string) (key store.APIKey, known bool, err error) {
	if caller, ok := w.callers.Load(secret); ok {
		return caller.(store.APIKey), true, nil
	}
	if err := w.lock(ctx); err != nil {
		return key, false, err
	}
	defer w.mu.Unlock()
	key, known = w.keys[secret]
	return key, known, nil
}

// AddAPIKey stores a key of the transaction's Organization; it opens doors once that is committed.
func (tx *Tx) AddAPIKey(k store.APIKey) error {
	k.Org = tx.Org
	tx.w.after = append(tx.w.after, func() error {
		tx.w.keys[k.Secret] = k
		tx.w.callers.Store(k.Secret, k)
		return nil
	})
	return tx.PutAPIKey(k)
}

// KeyOwner returns the Organization of an API key, "" if there is no such key.
func (tx *Tx) KeyOwner(secret string) string { return tx.w.keys[secret].Org }
