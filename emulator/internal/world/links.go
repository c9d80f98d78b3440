package world

import (
	"context"
	"errors"

	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// linksLocked makes and reads the links of the world as it is.
func (w *World) linksLocked() mail.Linker {
	return mail.Linker{Base: w.config.BaseURL(), Secret: w.secret}
}

// ReadLink tells of a URL in mail whether it leads to the web, whether it is one of the emulator's own pages about consent,
// and where it leads if it was rewritten.
func (w *World) ReadLink(url string) (followable, own bool, original string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.linksLocked()
	return mail.Followable(url), l.Own(url), l.Original(url)
}

// ReadToken reads the token of a link below a path; ok is false for one that this emulator did not make.
func (w *World) ReadToken(ctx context.Context, path, token string) (held mail.Token, ok bool, err error) {
	if err := w.lock(ctx); err != nil {
		return held, false, err
	}
	defer w.mu.Unlock()
	held, ok = w.linksLocked().Read(path, token)
	return held, ok, nil
}

// Unsubscribe takes the send's Profile out of a group, and is a fact on the message that led to it where it can be one.
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
