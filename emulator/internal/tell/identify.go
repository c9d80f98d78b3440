package tell

import (
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file says in a few words what an id stands for.

// identifiers identify what has an id. Each knows one kind of thing, the last all that have a key.
var identifiers = []func(*world.Tx, string) (what, text string, err error){
	identifySend, identifyMessage, identifyRun, identifyEvent, identifyCarrier, identifyConfirmation, identifyWebhook,
	identifyKeyed,
}

// identify returns a sentence that says what has this id, "" if nothing has it. It also names what the reader may have
// meant instead: the run behind an EmailSend or an event, the open confirmation of a carrier.
func identify(tx *world.Tx, id string) (string, error) {
	for _, find := range identifiers {
		what, text, err := find(tx, id)
		if err != nil {
			return "", err
		}
		if what != "" {
			return "That is the id of " + what + ": " + text + ".", nil
		}
	}
	return "", nil
}

func identifySend(tx *world.Tx, id string) (what, text string, err error) {
	send, err := tx.Send(id)
	if err != nil || send == nil {
		return "", "", err
	}
	text, err = describeSend(tx, send)
	if send.CarrierType == world.CarrierJourney {
		text += ", sent by the run " + send.CarrierID
	}
	return "an EmailSend", text, err
}

func identifyMessage(tx *world.Tx, id string) (what, text string, err error) {
	mail, err := tx.Mail(id)
	if err != nil || mail == nil {
		return "", "", err
	}
	text, err = describeSend(tx, &mail.Send)
	return "a Message", text + ", of the EmailSend " + mail.SendID, err
}

func identifyRun(tx *world.Tx, id string) (what, text string, err error) {
	run, err := tx.Run(id)
	if err != nil || run == nil {
		return "", "", err
	}
	if text, err = describeRun(tx, run); err != nil {
		return "", "", err
	}
	event, err := tx.EntryEvent(run.ID)
	if event != "" {
		text += ", started by the event " + event
	}
	return "a JourneyRun", text, err
}

func identifyEvent(tx *world.Tx, id string) (what, text string, err error) {
	event, err := tx.Event(id)
	if err != nil || event == nil {
		return "", "", err
	}
	if text, err = describeEvent(tx, event); err != nil {
		return "", "", err
	}
	outcomes, err := tx.Outcomes(event.ID)
	for _, outcome := range outcomes {
		if outcome.RunID != "" {
			text += ", which started the run " + outcome.RunID
		}
	}
	return "a UserEvent", text, err
}

func identifyCarrier(tx *world.Tx, id string) (what, text string, err error) {
	carrier, err := tx.CarrierWith("", id)
	if isNotFound(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	text = describeCarrier(carrier)
	confirmations, err := tx.ConfirmationsOf(carrier.ID)
	if len(confirmations) > 0 {
		text += ", whose newest confirmation is " + confirmations[len(confirmations)-1]
	}
	return "a " + world.CarrierNouns[carrier.Type], text, err
}

func identifyConfirmation(tx *world.Tx, id string) (what, text string, err error) {
	text, err = describeConfirmation(tx, id)
	if text == "" {
		return "", "", err
	}
	return "a Confirmation", text, err
}

func identifyWebhook(tx *world.Tx, id string) (what, text string, err error) {
	hook, err := tx.Webhook(id)
	if err != nil || hook == nil {
		return "", "", err
	}
	return "a Webhook", hook.Type + ", " + hook.State, nil
}

// Deleted is the text of a Profile that has been deleted.
const Deleted = "it has been deleted"

// identifyKeyed identifies what has a key in a seed, and Profiles that have been deleted.
func identifyKeyed(tx *world.Tx, id string) (what, text string, err error) {
	for _, kind := range kinds[:len(kinds)-1] {
		org, key, err := tx.KeyOf(kind, id)
		switch {
		case err != nil:
			return "", "", err
		case org != tx.Org:
		case key == "":
			return "a Profile", Deleted, nil
		default:
			return "a " + strings.ToUpper(kind[:1]) + kind[1:], key, nil
		}
	}
	return "", "", nil
}

func describeSend(tx *world.Tx, send *world.EmailSend) (string, error) {
	template, err := tx.TemplateKey(send.TemplateID)
	return fmt.Sprintf("%s to %s, %s", template, send.To, withReason(send.Status, send.FailureMessage)), err
}

func describeRun(tx *world.Tx, run *world.Run) (string, error) {
	key, err := tx.JourneyKey(run.JourneyID)
	if err != nil {
		return "", err
	}
	email, err := emailOf(tx, run.ProfileID)
	return fmt.Sprintf("%s of %s, %s", key, email, withReason(run.Status, run.Reason+run.Error)), err
}

func describeEvent(tx *world.Tx, event *world.UserEvent) (string, error) {
	email, err := emailOf(tx, event.ProfileID)
	return event.Event + " of " + email, err
}

func describeCarrier(carrier *world.Carrier) string {
	return fmt.Sprintf("%q, %s", carrier.Name, carrier.Status)
}

// describeConfirmation returns "" if there is no such confirmation.
func describeConfirmation(tx *world.Tx, id string) (string, error) {
	found, err := tx.ViewConfirmation(id)
	if isNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %q, %s", world.CarrierNouns[found.Carrier.Type], found.Carrier.Name, found.State), nil
}
