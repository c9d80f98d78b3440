package tell

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the question about EmailSends.

// Sends asks for EmailSends, whatever became of them. An empty field selects everything.
type Sends struct {
	To                     string // a lower-case address
	Template               string // its key or id
	CarrierType, CarrierID string
	Status, Reason         string
}

// SendStory is an EmailSend with the names that readers know.
type SendStory struct {
	Send     world.EmailSend
	Template string // its key
	Group    string // the key of the SubscriptionGroup, "" if there is none
	Key      string // the idempotency key that it was sent with, "" if there is none
}

var sendStatuses = []string{
	world.SendQueued, world.SendProcessing, world.SendSent, world.SendFailed, world.SendSkipped,
}

// CheckSendStatus returns an UnknownName for a word that is no status of an EmailSend. The word "" is no word.
func CheckSendStatus(status string) error { return checkWord("EmailSend status", status, sendStatuses) }

func (q Sends) words() words { return words{"sends", "EmailSend", "EmailSends"} }

// String describes the question as failures show it.
func (q Sends) String() string {
	carrier := q.CarrierType + q.CarrierID
	return describe(q.To, "to "+q.To, q.Template, "from Template "+q.Template,
		carrier, strings.Join(strings.Fields("of carrier "+q.CarrierType+" "+q.CarrierID), " "),
		q.Status, "with status "+q.Status, q.Reason, "with reason "+q.Reason)
}

// mail returns the part of the question that the outbox knows too.
func (q Sends) mail() Query {
	return Query{To: q.To, Template: q.Template, CarrierType: q.CarrierType, CarrierID: q.CarrierID}
}

// Filter converts the question to a filter. It returns an UnknownName if the question names something that does not
// exist.
func (q Sends) Filter(tx *world.Tx) (world.SendFilter, error) {
	reason, _, _ := strings.Cut(q.Reason, ":")
	err := errors.Join(
		CheckSendStatus(q.Status),
		checkWord("reason of an EmailSend", reason, world.SendReasons()),
	)
	if err != nil {
		return world.SendFilter{}, err
	}
	mail, err := q.mail().Filter(tx)
	return world.SendFilter{
		To:          mail.To,
		TemplateID:  mail.TemplateID,
		CarrierType: mail.CarrierType,
		CarrierID:   mail.CarrierID,
		Status:      q.Status,
		Reason:      q.Reason,
	}, err
}

func (q Sends) read(tx *world.Tx, limit int) ([]SendStory, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return nil, err
	}
	filter.Limit = limit
	found, err := tx.SendsWhere(filter)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	return SendStories(tx, found)
}

func (q Sends) count(tx *world.Tx) (int, error) {
	filter, err := q.Filter(tx)
	if err != nil {
		return 0, err
	}
	return tx.CountSends(filter)
}

// SendStories returns the stories of stored EmailSends.
func SendStories(tx *world.Tx, sends []world.EmailSend) (stories []SendStory, err error) {
	for _, send := range sends {
		story := SendStory{Send: send}
		if story.Template, err = tx.TemplateKey(send.TemplateID); err != nil {
			return nil, err
		}
		group, err := tx.GroupNamed(send.SubscriptionGroupID)
		if err != nil {
			return nil, err
		}
		if group != nil {
			story.Group = group.Key
		}
		if send.CarrierType == world.CarrierEmail {
			story.Key = send.CallKey
		}
		stories = append(stories, story)
	}
	return stories, nil
}

func (q Sends) lines(tx *world.Tx, one *SendStory) ([]string, error) {
	r := newReport(tx, q.mail(), nil)
	found, err := r.sendBlock(&one.Send)
	if err != nil {
		return nil, err
	}
	if one.Key != "" {
		found.lines[0] += fmt.Sprintf("  key %q", one.Key)
	}
	if one.Send.CarrierType == world.CarrierEmail {
		return found.lines, nil
	}
	origin, err := r.origin(&one.Send)
	if err != nil {
		return nil, err
	}
	_, origin, _ = strings.Cut(strings.TrimSpace(origin), one.Send.ID)
	found.lines[0] += origin
	return found.lines, nil
}

func (q Sends) missing(tx *world.Tx, refused func() []Refusal) (string, error) {
	r := newReport(tx, q.mail(), refused())
	r.head = []string{fmt.Sprintf("sends: no EmailSend %s%s", q, clockOf(tx))}
	others := func() error { return r.otherSends(q) }
	return r.write(r.find, r.names, others, r.waiting, r.carriers, r.ended, r.completed, r.events, r.calls, r.parked,
		r.others, r.sources)
}

// otherSends lists the EmailSends that do not match. The one that misses the fewest conditions comes first, then the
// one with the most similar address, then the newest.
func (r *report) otherSends(q Sends) error {
	filter, err := q.Filter(r.tx)
	if err != nil {
		return err
	}
	sends, err := r.tx.SendsWhere(world.SendFilter{Limit: reportReads})
	if err != nil {
		return err
	}
	if len(sends) == 0 {
		r.head = append(r.head, "there is no EmailSend")
		return nil
	}
	total, err := r.tx.CountSends(world.SendFilter{})
	if err != nil {
		return err
	}

	fate := func(send *world.EmailSend) (missed int) {
		reason, _, _ := strings.Cut(send.FailureMessage, ":")
		if q.Status != "" && send.Status != q.Status {
			missed++
		}
		if q.Reason != "" && send.FailureMessage != q.Reason && reason != q.Reason {
			missed++
		}
		return missed
	}
	envelope := func(send *world.EmailSend) int { return misses(r.filter, send, "") }
	slices.SortStableFunc(sends, func(a, b world.EmailSend) int {
		return cmp.Or(
			cmp.Compare(envelope(&a)+fate(&a), envelope(&b)+fate(&b)),
			cmp.Compare(envelope(&a), envelope(&b)),
			cmp.Compare(r.distance(&a), r.distance(&b)),
		)
	})

	blocks := make([]block, len(sends))
	for i := range sends {
		if blocks[i], err = r.sendBlock(&sends[i]); err != nil {
			return err
		}
	}
	blocks[len(blocks)-1].unread = total - len(sends)

	rank := rankNear
	switch first := &sends[0]; {
	case envelope(first) == 0:
		rank = rankAsked
	case envelope(first) == conditions(r.filter) && r.distance(first) > nearDistance && filter.To != "":
		rank = rankFar
	}
	r.add(rank, sendsInstead, blocks)
	return nil
}

// sendBlock describes an EmailSend: what became of it, and why.
func (r *report) sendBlock(send *world.EmailSend) (block, error) {
	found, err := r.unsentSend(send)
	if err != nil {
		return found, err
	}
	found.lines[0] = world.Stamp(send.CreatedAt) + "  " + found.lines[0]
	return found, nil
}
