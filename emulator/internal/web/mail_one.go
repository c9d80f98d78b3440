package web

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page of one EmailSend. If its Template marks values as sensitive, only the parts of the email show
// them: the page has the subject without them, and neither the text nor the links.

const (
	textShown = 20_000 // bytes of a long text in the page
	listShown = 50     // lines of a list in the page
)

// letter is an EmailSend and the email that was rendered for it.
type letter struct {
	*world.EmailSend
	mail      *world.Mail // nil if it could not be rendered or was not sent
	sensitive bool        // it may contain values that its Template marks as sensitive
}

func (l *letter) sent() bool { return l.mail != nil && !l.mail.SentAt.IsZero() }

// letterOf returns the EmailSend with an id.
func letterOf(tx *world.Tx, id string) (*letter, error) {
	send, err := tx.Send(strings.ToLower(id))
	if err != nil {
		return nil, err
	}
	if send == nil {
		return nil, world.NotFound("EmailSend", id)
	}
	l := &letter{EmailSend: send}
	if l.mail, err = tx.MailOf(send); err != nil {
		return nil, err
	}
	l.sensitive, err = tx.MayBeSensitive(send)
	return l, err
}

// mailView is what the page shows of one EmailSend.
type mailView struct {
	ID, Path, MessageID       string
	Status, Tag, Why, Code    string
	Detail                    string // why it could not be rendered
	Rendered, Sent, Sensitive bool
	From, ReplyTo, To         string
	CC, BCC                   []string
	Created, SentAt           time.Time
	Origin                    origin
	Frame                     *frame // nil if it has no HTML
	Text, Source, Explained   excerpt
	Headers                   [][2]string
	Flaws                     []mail.Flaw
	Problems, Hints           int
	History                   history
	Missing                   []missing
	Dropped                   []droppedCopy
	MoreMissing, MoreDropped  int
	Links                     linksView
	Outcomes                  []outcomeButton
}

// excerpt is the beginning of a text, and how many bytes follow it.
type excerpt struct {
	Text string
	Left int
}

func excerptOf(text string, limit int) excerpt {
	if len(text) <= limit {
		return excerpt{Text: text}
	}
	shown := strings.ToValidUTF8(text[:limit], "")
	return excerpt{shown, len(text) - len(shown)}
}

// missing is a binding that had nothing to print. Element is "" for the subject and the preheader.
type missing struct{ Path, Element, Prop string }

// droppedCopy is an address of cc or bcc that got no copy, and why.
type droppedCopy struct{ Email, Reason string }

func mailPath(id string) string { return "/dashboard/mail/" + id }

func showMail(v *visit) error {
	var view *mailView
	var links []mail.Link
	other, subject := "", ""
	err := v.act(func(tx *world.Tx) error {
		m, err := tx.Mail(strings.ToLower(v.r.PathValue("id")))
		if err != nil || m != nil {
			if m != nil {
				other = m.SendID
			}
			return err
		}
		l, err := letterOf(tx, v.r.PathValue("id"))
		if err != nil {
			return err
		}
		subject = gateway.Clip(strings.TrimSpace(l.Subject), termLength)
		if l.mail != nil {
			links = mail.LinksIn(l.mail.HTML, l.mail.Text)
		}
		view, err = viewMail(tx, v, l)
		return err
	})
	switch {
	case err != nil:
		return err
	case other != "":
		http.Redirect(v.w, v.r, mailPath(other), http.StatusSeeOther)
		return nil
	}
	view.Links = linksOf(v, links, view.Sensitive)
	view.Outcomes = withClick(view.Outcomes, view.Links)
	if subject == "" {
		subject = "No subject"
	}
	return v.show(http.StatusOK, "mail.html", subject, view)
}

func viewMail(tx *world.Tx, v *visit, l *letter) (*mailView, error) {
	view := &mailView{
		ID:        l.ID,
		Path:      mailPath(l.ID),
		Status:    l.Status,
		Tag:       statusTag(l.Status),
		Why:       whyEnded(l.FailureMessage),
		Code:      l.FailureMessage,
		Detail:    l.EmailSend.Why,
		MessageID: l.MessageID,
		Rendered:  l.mail != nil,
		Sent:      l.sent(),
		Sensitive: l.sensitive,
		From:      mailbox(l.From),
		To:        l.To,
		Created:   l.CreatedAt,
	}
	if l.ReplyTo != nil {
		view.ReplyTo = mailbox(*l.ReplyTo)
	}
	for _, box := range l.CC {
		view.CC = append(view.CC, mailbox(box))
	}
	for _, box := range l.BCC {
		view.BCC = append(view.BCC, mailbox(box))
	}
	facts, err := tx.Facts(l.EmailSend)
	if err != nil {
		return nil, err
	}
	if view.Origin, err = originOf(tx, v, l); err != nil {
		return nil, err
	}
	if view.History, err = historyOf(tx, l, facts); err != nil {
		return nil, err
	}
	explained, err := tell.Explain(tx, l.ID)
	if err != nil {
		return nil, err
	}
	view.Explained = excerptOf(explained, textShown)
	if l.sent() {
		view.Outcomes = outcomesOf(l, facts)
	}
	if l.mail == nil {
		return view, nil
	}
	return view, view.content(tx, v, l)
}

// content adds what the page shows of the email itself.
func (view *mailView) content(tx *world.Tx, v *visit, l *letter) error {
	view.SentAt = l.mail.SentAt
	view.Frame = frameOf(v, l)
	if !l.sensitive {
		view.Text = excerptOf(l.mail.Text, textShown)
	}
	if err := view.check(tx, l); err != nil {
		return err
	}
	var bindings []missing
	if len(l.mail.Missing) > 0 {
		if err := json.Unmarshal(l.mail.Missing, &bindings); err != nil {
			return err
		}
	}
	view.Missing, view.MoreMissing = firstOf(bindings, listShown)
	var dropped []droppedCopy
	for _, left := range l.mail.Dropped {
		dropped = append(dropped, droppedCopy{left.Email, whyEnded(left.Reason)})
	}
	view.Dropped, view.MoreDropped = firstOf(dropped, listShown)
	if !l.sent() {
		return nil
	}

	raw, err := world.Raw(l.mail)
	if err != nil {
		return err
	}
	view.Headers = headersOf(string(raw), l)
	if !l.sensitive {
		view.Source = excerptOf(string(raw), textShown)
	}
	return nil
}

// check adds the flaws of the email.
func (view *mailView) check(tx *world.Tx, l *letter) error {
	template, err := tx.TemplateNamed(l.TemplateID)
	if err != nil {
		return err
	}
	checked := mail.Checked{
		Subject:    l.mail.Subject,
		HTML:       l.mail.HTML,
		Text:       l.mail.Text,
		MaxSubject: world.MaxSubject,
		MaxHTML:    world.MaxHTML,
		Consent: template != nil && template.Purpose != world.Transactional &&
			l.CarrierType != world.CarrierTest,
	}
	for _, header := range l.mail.Headers {
		checked.Unsubscribe = checked.Unsubscribe || strings.EqualFold(header[0], "List-Unsubscribe")
	}
	view.Flaws = mail.Check(checked)
	for i := range view.Flaws {
		flaw := &view.Flaws[i]
		if flaw.Hint {
			view.Hints++
		} else {
			view.Problems++
		}
		for j := range flaw.Places {
			place := &flaw.Places[j]
			if l.sensitive {
				place.Text, place.URL = "", ""
			}
			place.Text, place.URL = gateway.Clip(place.Text, 100), gateway.Clip(place.URL, 100)
		}
	}
	return nil
}

// firstOf returns the first things of a list, and how many follow.
func firstOf[T any](all []T, limit int) (first []T, more int) {
	first = all[:min(len(all), limit)]
	return first, len(all) - len(first)
}

func mailbox(box world.Mailbox) string {
	return mail.Address{Name: box.Name, Email: box.Email}.String()
}
