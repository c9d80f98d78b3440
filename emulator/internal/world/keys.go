package world

import (
	"context"

	"github.com/segmentflow/segmentflow-go/emulator/internal/madekeys"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// DefaultAPIKey always exists. It belongs to the first Organization and has every scope.
const DefaultAPIKey = "sk_test_emulator"

// publishKeysLocked makes the world's keys, and no others, valid for calls. The caller holds the lock.
func (w *World) publishKeysLocked() {
	w.callers.Clear()
	for secret, key := range w.keys {
		w.callers.Store(secret, key)
	}
}

// APIKey returns an API key by its secret. It does not wait for the world, except if it does not find the key, because
// another call may be making it.
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

// AddAPIKey stores a key of the transaction's Organization. Calls can use it after the commit.
func (tx *Tx) AddAPIKey(key store.APIKey) error {
	key.Org = tx.Org
	tx.w.after = append(tx.w.after, func() error {
		tx.w.keys[key.Secret] = key
		tx.w.callers.Store(key.Secret, key)
		return nil
	})
	return tx.PutAPIKey(key)
}

// NewAPIKey makes a key of the transaction's Organization and returns its secret.
func (tx *Tx) NewAPIKey(key store.APIKey) (secret string, err error) {
	key.Secret = "sk_test_" + tx.NewID()
	return key.Secret, tx.AddAPIKey(key)
}

// KeyOwner returns the Organization of an API key, "" if there is no such key.
func (tx *Tx) KeyOwner(secret string) string { return tx.w.keys[secret].Org }

// MadeKeys returns the keys that clients of the world make up.
func (w *World) MadeKeys() *madekeys.Keys { return &w.made }
