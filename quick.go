package segmentflow

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// quickly decodes a reply of the operations whose calls are many, as encoding/json does and several times faster. It
// returns false if the reply has anything that is not usual, such as an escape or a rejected item. The reply must then
// be decoded by encoding/json, and out is as it was.
func quickly(data []byte, out any) bool {
	switch out := out.(type) {
	case *EmailSend:
		r := newQuickReader(data)
		var send EmailSend
		if !utf8.Valid(data) || !r.send(&send) || !r.end() {
			return false
		}
		r.settle()
		*out = send
		return true
	case *batchReply:
		r := newQuickReader(data)
		reply := batchReply{sent: out.sent}
		if !utf8.Valid(data) || !r.batch(&reply) || !r.end() {
			return false
		}
		*out = reply
		return true
	case *IngestBatchResult:
		r := newQuickReader(data)
		result := IngestBatchResult{sent: out.sent}
		if !utf8.Valid(data) || !r.ingested(&result) || !r.end() {
			return false
		}
		r.settle()
		*out = result
		return true
	}
	return false
}

// quickReader reads JSON. Each of its methods moves behind what it reads, or returns false. The members of an object
// may be in any order, but each only once.
type quickReader struct {
	rest  []byte
	texts []textTo // of the send that is being read, which settle sets
}

// textTo is a text and where it goes.
type textTo struct {
	text []byte
	to   *string
}

func newQuickReader(data []byte) quickReader {
	const usual = 16 // of a send
	return quickReader{data, make([]textTo, 0, usual)}
}

func (r *quickReader) end() bool {
	r.space()
	return len(r.rest) == 0
}

func (r *quickReader) space() {
	for len(r.rest) > 0 {
		switch r.rest[0] {
		case ' ', '\t', '\r', '\n':
			r.rest = r.rest[1:]
		default:
			return
		}
	}
}

func (r *quickReader) take(word string) bool {
	r.space()
	if len(r.rest) < len(word) || string(r.rest[:len(word)]) != word {
		return false
	}
	r.rest = r.rest[len(word):]
	return true
}

// plain reads a string without escapes.
func (r *quickReader) plain() ([]byte, bool) {
	if !r.take(`"`) {
		return nil, false
	}
	for i, char := range r.rest {
		switch {
		case char == '"':
			text := r.rest[:i]
			r.rest = r.rest[i+1:]
			return text, true
		case char < ' ' || char == '\\':
			return nil, false
		}
	}
	return nil, false
}

// text reads a string, which settle sets; null leaves it as it is.
func (r *quickReader) text(to *string) bool {
	if r.take("null") {
		return true
	}
	text, ok := r.plain()
	r.texts = append(r.texts, textTo{text, to})
	return ok
}

// settle sets the strings that were read. They share one piece of memory.
func (r *quickReader) settle() {
	length := 0
	for _, next := range r.texts {
		length += len(next.text)
	}
	var b strings.Builder
	b.Grow(length)
	for _, next := range r.texts {
		b.Write(next.text)
	}
	all := b.String()
	for _, next := range r.texts {
		*next.to, all = all[:len(next.text)], all[len(next.text):]
	}
	r.texts = r.texts[:0]
}

func (r *quickReader) textOrNil(to **string) bool {
	if r.take("null") {
		return true
	}
	*to = new(string)
	return r.text(*to)
}

func (r *quickReader) time(to *time.Time) bool {
	if r.take("null") {
		return true
	}
	text, ok := r.plain()
	return ok && to.UnmarshalText(text) == nil
}

// count reads a small number that is not negative.
func (r *quickReader) count(to *int) bool {
	const longest = 9
	r.space()
	n := 0
	for n < len(r.rest) && r.rest[n] >= '0' && r.rest[n] <= '9' {
		n++
	}
	if n == 0 || n > longest || n > 1 && r.rest[0] == '0' {
		return false
	}
	*to = 0
	for _, digit := range r.rest[:n] {
		*to = *to*10 + int(digit-'0')
	}
	r.rest = r.rest[n:]
	return true
}

// skip reads the value of a member that nobody knows.
func (r *quickReader) skip() bool {
	depth, quoted := 0, false
	for i := 0; i < len(r.rest); i++ {
		switch char := r.rest[i]; {
		case char == '\\':
			i++
		case char == '"':
			quoted = !quoted
		case quoted:
		case char == '{' || char == '[':
			depth++
		case depth == 0 && (char == ',' || char == '}'):
			value := r.rest[:i]
			r.rest = r.rest[i:]
			return json.Valid(value)
		case char == '}' || char == ']':
			depth--
		}
	}
	return false
}

// object reads an object with members of these names. member reads one of them.
func (r *quickReader) object(names []string, member func(name string) bool) bool {
	if !r.take("{") {
		return false
	}
	if r.take("}") {
		return true
	}
	for seen, next := 0, 0; ; next++ {
		name, ok := r.plain()
		if !ok || !r.take(":") {
			return false
		}
		index := next // if the members are in the order of names
		if next >= len(names) || names[next] != string(name) {
			index = slices.IndexFunc(names, func(known string) bool { return known == string(name) })
		}
		switch {
		case index < 0:
			alike := func(known string) bool { return strings.EqualFold(known, string(name)) }
			ok = !slices.ContainsFunc(names, alike) && r.skip()
		case seen&(1<<index) != 0:
			return false
		default:
			seen, next = seen|1<<index, index
			ok = member(names[index])
		}
		if !ok {
			return false
		}
		if r.take("}") {
			return true
		}
		if !r.take(",") {
			return false
		}
	}
}

// list reads a list. item reads an item of it.
func (r *quickReader) list(item func() bool) bool {
	if !r.take("[") {
		return false
	}
	if r.take("]") {
		return true
	}
	for {
		if !item() {
			return false
		}
		if r.take("]") {
			return true
		}
		if !r.take(",") {
			return false
		}
	}
}

var (
	batchMembers = []string{"accepted", "items", "rejected", "total"}
	itemMembers  = []string{"idempotencyKey", "index", "send", "error"}
	sendMembers  = []string{
		"cc", "createdAt", "failureMessage", "from", "id", "messageId", "profileId", "replyTo", "senderProfileId",
		"status", "subject", "subscriptionGroupId", "templateId", "templateSnapshotId", "to", "updatedAt",
	}
	mailboxMembers   = []string{"email", "name"}
	recipientMembers = []string{"email"}
)

func (r *quickReader) batch(reply *batchReply) bool {
	return r.object(batchMembers, func(name string) bool {
		switch name {
		case "total":
			reply.Total = new(int)
			return r.count(reply.Total)
		case "accepted":
			reply.Accepted = new(int)
			return r.count(reply.Accepted)
		case "rejected":
			reply.Rejected = new(int)
			return r.count(reply.Rejected)
		}
		reply.Items = make([]batchItemJSON, 0, len(reply.sent))
		return r.list(func() bool {
			reply.Items = append(reply.Items, batchItemJSON{})
			return r.item(&reply.Items[len(reply.Items)-1])
		})
	})
}

// item reads an item that was accepted.
func (r *quickReader) item(item *batchItemJSON) bool {
	defer r.settle() // before the list of items grows
	return r.object(itemMembers, func(name string) bool {
		switch name {
		case "index":
			return r.count(&item.Index)
		case "idempotencyKey":
			return r.text(&item.IdempotencyKey)
		case "send":
			item.Send = new(EmailSend)
			return r.send(item.Send)
		}
		return false
	})
}

func (r *quickReader) send(send *EmailSend) bool {
	return r.object(sendMembers, func(name string) bool {
		switch name {
		case "id":
			return r.text(&send.ID)
		case "status":
			return r.text((*string)(&send.Status))
		case "templateId":
			return r.text(&send.TemplateID)
		case "templateSnapshotId":
			return r.text(&send.TemplateSnapshotID)
		case "senderProfileId":
			return r.text(&send.SenderProfileID)
		case "profileId":
			return r.text(&send.ProfileID)
		case "subject":
			return r.text(&send.Subject)
		case "subscriptionGroupId":
			return r.textOrNil(&send.SubscriptionGroupID)
		case "messageId":
			return r.textOrNil(&send.MessageID)
		case "failureMessage":
			return r.textOrNil(&send.FailureMessage)
		case "createdAt":
			return r.time(&send.CreatedAt)
		case "updatedAt":
			return r.time(&send.UpdatedAt)
		}
		return r.addresses(send, name)
	})
}

// addresses reads a member of a send that has addresses.
func (r *quickReader) addresses(send *EmailSend, name string) bool {
	switch name {
	case "from":
		return r.mailbox(&send.From)
	case "replyTo":
		if r.take("null") {
			return true
		}
		send.ReplyTo = new(Mailbox)
		return r.mailbox(send.ReplyTo)
	case "to":
		return r.object(recipientMembers, func(string) bool { return r.text(&send.To.Email) })
	}
	send.CC = []Mailbox{}
	return r.list(func() bool {
		r.settle() // before the list grows
		send.CC = append(send.CC, Mailbox{})
		return r.mailbox(&send.CC[len(send.CC)-1])
	})
}

func (r *quickReader) mailbox(box *Mailbox) bool {
	return r.object(mailboxMembers, func(name string) bool {
		if name == "email" {
			return r.text(&box.Email)
		}
		return r.textOrNil(&box.Name)
	})
}
