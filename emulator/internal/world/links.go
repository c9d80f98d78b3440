package world

import (
	"context"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// linksLocked returns the Linker that makes and reads the world's links. The caller holds the lock.
func (w *World) linksLocked() mail.Linker {
	return mail.Linker{Base: w.config.BaseURL(), MAC: macOf(w)}
}

// ReadLink reports of a URL in an email whether it leads to the web and whether it is one of the emulator's own pages
// about consent. original is where it leads if it was rewritten, and the URL itself otherwise.
func (w *World) ReadLink(url string) (followable, own bool, original string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	links := w.linksLocked()
	return mail.Followable(url), links.Own(url), links.Original(url)
}

// ReadToken reads the token of a link below a path. ok is false for a token that this emulator did not make.
func (w *World) ReadToken(ctx context.Context, path, token string) (found mail.Token, ok bool, err error) {
	if err := w.lock(ctx); err != nil {
		return found, false, err
	}
	defer w.mu.Unlock()
	found, ok = w.linksLocked().Read(path, token)
	return found, ok, nil
}

// Unsubscribe unsubscribes the send's Profile from a group. If the message that led to it can still have the fact
// unsubscribed, it records that as well.
func (tx *Tx) Unsubscribe(send *store.EmailSend, group, source string) error {
	if err := tx.Choose(send.ProfileID, group, store.Unsubscribed, source); err != nil || send.MessageID == "" {
		return err
	}
	err := tx.RecordFact(send, outcome.Unsubscribed, map[string]any{"source": source})
	if _, refused := errors.AsType[*Problem](err); refused {
		return nil
	}
	return err
}
