package control

import (
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about emails that were sent.

func (p *Plane) messages(r *http.Request) (answer, error) {
	asked, err := pageOf(r, "messages", defaultPage)
	if err != nil {
		return answer{}, err
	}
	query := r.URL.Query()
	outbox := tell.Query{To: addressOf(query.Get("to")), Template: query.Get("template"), Subject: query.Get("subject")}
	outbox.CarrierType, outbox.CarrierID = carrierOf(query.Get("carrier"))
	return answerList(p, r, asked, items[world.Mail]{
		read: func(tx *world.Tx, asked page) ([]world.Mail, error) {
			filter, err := outbox.Filter(tx)
			if err != nil {
				return nil, err
			}
			filter.Span, filter.Limit = asked.span, asked.limit+1
			return tx.Outbox(filter)
		},
		number: func(m *world.Mail) int { return m.Seq },
		after: func(tx *world.Tx, id string) (int, error) {
			m, err := tx.MailWith(id)
			if err != nil {
				return 0, err
			}
			return m.Seq, nil
		},
		show: p.Shapes.Summary,
	})
}

// addressOf returns an address as questions take it.
func addressOf(raw string) string { return strings.ToLower(strings.TrimSpace(raw)) }

// carrierOf reads the parameter carrier: a type of carriers, or the id of one.
func carrierOf(raw string) (carrierType, id string) {
	if raw = strings.TrimSpace(raw); uuid.Validate(raw) == nil {
		return "", raw
	}
	return raw, ""
}

// showMail finds the message that the path names, if it has been sent, and shows it.
func (p *Plane) showMail(
	r *http.Request, show func(tx *world.Tx, m *world.Mail) (answer, error),
) (reply answer, err error) {
	err = p.act(r, func(tx *world.Tx) error {
		m, err := tx.MailWith(r.PathValue("id"))
		if err != nil {
			return err
		}
		reply, err = show(tx, m)
		return err
	})
	return reply, err
}

func (p *Plane) message(r *http.Request) (answer, error) {
	return p.showMail(r, func(tx *world.Tx, m *world.Mail) (answer, error) {
		message, err := p.Shapes.Message(tx, m)
		return answer{value: message}, err
	})
}

func (p *Plane) html(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		if m.HTML == "" {
			return answer{}, world.NotFound("HTML part", r.PathValue("id"))
		}
		return answer{media: "text/html; charset=utf-8", text: []byte(m.HTML)}, nil
	})
}

func (p *Plane) text(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		return answer{media: "text/plain; charset=utf-8", text: []byte(m.Text)}, nil
	})
}

func (p *Plane) raw(r *http.Request) (answer, error) {
	return p.showMail(r, func(_ *world.Tx, m *world.Mail) (answer, error) {
		raw, err := world.Raw(m)
		return answer{media: "message/rfc822", text: raw}, err
	})
}
