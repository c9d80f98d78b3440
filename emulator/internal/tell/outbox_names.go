package tell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file checks the carrier that a query names.

// carrierTypes are all types of carriers that an EmailSend can have.
var carrierTypes = []string{
	world.CarrierEmail, world.CarrierJourney, world.CarrierBroadcast, world.CarrierNewsletterIssue, world.CarrierTest,
}

// checkCarrier returns an UnknownName if there is no such type of carrier, or if nothing has the id.
func (q Query) checkCarrier(tx *world.Tx) error {
	if q.CarrierType != "" && !slices.Contains(carrierTypes, q.CarrierType) {
		return unknown("carrier type", q.CarrierType, nearest(q.CarrierType, carrierTypes))
	}
	if q.CarrierID == "" {
		return nil
	}
	found, err := carrierTypeOf(tx, strings.ToLower(q.CarrierID))
	if err != nil || found != "" {
		return err
	}

	kind := strings.TrimSpace(q.CarrierType + " carrier")
	journey, err := tx.Journey(q.CarrierID)
	if err != nil {
		return err
	}
	if journey != nil {
		wrong := unknown(kind, q.CarrierID, nil)
		wrong.text = fmt.Sprintf("%q is a Journey, and Carrier takes the id of a run: emu.Runs(%q) has the runs",
			q.CarrierID, journey.Key)
		return wrong
	}
	known, err := q.carriersKnown(tx)
	if err != nil {
		return err
	}
	return unknown(kind, q.CarrierID, known)
}

// carrierTypeOf returns the type of the carrier with this id, "" if there is none.
func carrierTypeOf(tx *world.Tx, id string) (string, error) {
	send, err := tx.Send(id)
	if send != nil || err != nil {
		return world.CarrierEmail, err
	}
	run, err := tx.Run(id)
	if run != nil || err != nil {
		return world.CarrierJourney, err
	}
	carrier, err := tx.Carrier("", id)
	if carrier != nil {
		return carrier.Type, err
	}
	return "", err
}

// carriersKnown describes the newest carriers of the query's type.
func (q Query) carriersKnown(tx *world.Tx) (known []string, err error) {
	add := func(id, name string) { known = append(known, fmt.Sprintf("%s (%q)", id, name)) }
	if q.CarrierType == "" || world.CarrierNouns[q.CarrierType] == "" {
		mails, err := tx.Outbox(world.MailFilter{CarrierType: q.CarrierType, Limit: namesShown})
		for i := range mails {
			add(cmp.Or(mails[i].Send.CarrierID, mails[i].SendID), shortSubject(mails[i].Send.Subject))
		}
		return slices.Compact(known), err
	}
	page, err := tx.Carriers(world.Page{Limit: namesShown}, world.CarrierFilter{Type: q.CarrierType})
	for _, carrier := range page.Items {
		add(carrier.ID, carrier.Name)
	}
	return known, err
}

const subjectShown = 80 // characters

func shortSubject(subject string) string {
	if letters := []rune(subject); len(letters) > subjectShown {
		return string(letters[:subjectShown]) + "…"
	}
	return subject
}
