package guard

import (
	"fmt"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Watch returns what the world must tell the guards, nil if it need not tell them anything.
func (set *Set) Watch() *world.Watch {
	if !set.Has(Missing | Consent) {
		return nil
	}
	return &world.Watch{Sent: set.look, Ends: set.look}
}

// look looks at the emails that were sent after a place in the outbox. It sees an email when it was sent, and once more
// at the end, when its Template and its SubscriptionGroup may have changed.
func (set *Set) look(tx *world.Tx, after int) error {
	defer func(org string) { tx.Org = org }(tx.Org)
	set.mu.Lock()
	defer set.mu.Unlock()
	if set.closed {
		return nil
	}
	if set.kinds&Missing != 0 {
		if err := set.missingLocked(tx, after); err != nil {
			return err
		}
	}
	if set.kinds&Consent != 0 {
		return set.consentLocked(tx, after)
	}
	return nil
}

func (set *Set) missingLocked(tx *world.Tx, after int) error {
	sent, err := tx.MailsWithMissing(after)
	if err != nil {
		return err
	}
	for i := range sent {
		mail := &sent[i]
		if !set.firstLocked(tx, Missing, mail) {
			continue
		}
		found, err := tell.MissingIn(tx, mail)
		if err != nil {
			return err
		}
		for _, each := range found {
			set.addLocked(Missing, mail.SentAt, each)
		}
	}
	return nil
}

func (set *Set) consentLocked(tx *world.Tx, after int) error {
	sent, err := tx.MailsWithoutConsent(after)
	if err != nil {
		return err
	}
	for i := range sent {
		mail := &sent[i]
		if !set.firstLocked(tx, Consent, mail) {
			continue
		}
		found, err := tell.WithoutConsent(tx, mail)
		if err != nil {
			return err
		}
		set.addLocked(Consent, mail.SentAt, found)
	}
	return nil
}

// firstLocked reports whether a guard sees an email for the first time. It goes to the email's Organization.
func (set *Set) firstLocked(tx *world.Tx, kind Kinds, mail *world.SentMail) bool {
	tx.Org = mail.Org
	name := fmt.Sprint(kind.Name(), " ", tx.Number(), " ", mail.ID)
	first := !set.seen[name]
	set.seen[name] = true
	return first
}

// End looks at the world for the last time.
func (set *Set) End(tx *world.Tx) error {
	if err := tx.TellEnds(); err != nil || set.kinds&Waiting == 0 {
		return err
	}
	waiting, err := tell.Waiting(tx)
	if err != nil {
		return err
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	for _, each := range waiting {
		set.addLocked(Waiting, time.Time{}, each)
	}
	return nil
}
