package web

import (
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the words of the pages about mail.

// carrierNames names what EmailSends were made for. It reads each carrier once.
type carrierNames struct {
	tx    *world.Tx
	known map[string]reference // by id
}

// of returns what an EmailSend was made for.
func (names carrierNames) of(send *world.EmailSend) (named reference, err error) {
	if send.CarrierType == world.CarrierEmail {
		return reference{Name: "Email"}, nil
	}
	named, ok := names.known[send.CarrierID]
	if !ok {
		if send.CarrierType == world.CarrierJourney {
			named, err = names.run(send.CarrierID)
		} else {
			named, err = names.carrier(send.CarrierID)
		}
		if err != nil {
			return named, err
		}
		names.known[send.CarrierID] = named
	}
	if send.CarrierType == world.CarrierTest {
		named.Name = strings.TrimSpace("Test of " + named.Name)
	}
	return named, nil
}

func (names carrierNames) run(id string) (reference, error) {
	run, err := names.tx.Run(id)
	if err != nil || run == nil {
		return reference{Name: "Journey"}, err
	}
	key, err := names.tx.JourneyKey(run.JourneyID)
	return reference{"Journey " + gateway.Clip(key, termLength), "/dashboard/runs/" + id}, err
}

func (names carrierNames) carrier(id string) (reference, error) {
	carrier, err := names.tx.CarrierWith("", id)
	if _, other := refusal(err); other != nil {
		return reference{}, other
	}
	if carrier == nil {
		return reference{Name: "a carrier that was deleted"}, nil
	}
	name := gateway.Clip(world.CarrierNouns[carrier.Type]+" "+carrier.Name, termLength)
	if carrier.Type == world.CarrierNewsletterIssue {
		return reference{name, "/dashboard/issues/" + id}, nil
	}
	return reference{name, "/dashboard/broadcasts/" + id}, nil
}

// exampleTemplate returns the id of a Template for the example of a call, or words for one if there is none.
func exampleTemplate(tx *world.Tx) (string, error) {
	found, err := tx.ListTemplates([]string{world.Active}, world.Transactional)
	if len(found) == 0 {
		return "the id of a Transactional Template", err
	}
	return found[0].ID, err
}

// statusTag returns the class of a status of an EmailSend.
func statusTag(status string) string {
	return map[string]string{
		world.SendSent: "good", world.SendSkipped: "warn", world.SendFailed: "bad",
	}[status]
}

// whyEnded describes in words why an EmailSend was skipped or failed, "" if it was not.
func whyEnded(reason string) string {
	if detail, ok := strings.CutPrefix(reason, world.FailureRelay); ok {
		return "the SMTP server did not take it: " + detail
	}
	switch reason {
	case world.FailureRender:
		return "the email could not be rendered"
	case world.FailureInterrupted:
		return "it is unknown whether the SMTP server took it"
	}
	words := why(reason)
	if strings.HasPrefix(words, "has ") {
		return "the recipient " + words
	}
	return words
}
