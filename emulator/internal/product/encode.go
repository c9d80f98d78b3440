package product

import (
	"encoding/json"
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/quickjson"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// JSON of what is encoded at each send. It is, byte for byte, that of encoding/json.

// appendTextOrNull appends a string, or null for "".
func appendTextOrNull(to []byte, text string) []byte {
	if text == "" {
		return append(to, "null"...)
	}
	return quickjson.AppendString(to, text)
}

// without is an object that does not count with one of its members.
type without struct {
	member string
	object map[string]any
}

// appendCanonical appends a value as cond.Comparable returns it: members in their order, each number in one spelling.
func appendCanonical(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case string:
		return quickjson.AppendString(to, v), nil
	case map[string]any:
		return appendObject(to, without{"", v})
	case without:
		return appendObject(to, v)
	case []any:
		return appendList(to, v)
	case json.Number:
		number, _ := cond.Comparable(v).(json.Number)
		return append(to, number...), nil
	}
	raw, err := json.Marshal(cond.Comparable(v))
	return append(to, raw...), err
}

func appendObject(to []byte, v without) ([]byte, error) {
	var room [16]string
	names := room[:0]
	for name := range v.object {
		if name != v.member || v.member == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	to = append(to, '{')
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(quickjson.AppendString(to, name), ':')
		var err error
		if to, err = appendCanonical(to, v.object[name]); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

func appendList(to []byte, list []any) ([]byte, error) {
	to = append(to, '[')
	for i, item := range list {
		if i > 0 {
			to = append(to, ',')
		}
		var err error
		if to, err = appendCanonical(to, item); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

// encodeSend returns an EmailSend as the API shows it.
func encodeSend(send *world.EmailSend) encoded { return appendSend(make([]byte, 0, 1024), send) }

// appendSend appends an EmailSend as the API shows it: never with bcc, data or key.
func appendSend(to []byte, send *world.EmailSend) []byte {
	created := world.Stamp(send.CreatedAt)
	updated := created
	if !send.UpdatedAt.Equal(send.CreatedAt) {
		updated = world.Stamp(send.UpdatedAt)
	}
	to = append(to, `{"cc":[`...)
	for i, mailbox := range send.CC {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendMailbox(to, mailbox)
	}
	to = quickjson.AppendString(append(to, `],"createdAt":`...), created)
	to = appendTextOrNull(append(to, `,"failureMessage":`...), send.FailureMessage)
	to = appendMailbox(append(to, `,"from":`...), send.From)
	to = quickjson.AppendString(append(to, `,"id":`...), send.ID)
	to = appendTextOrNull(append(to, `,"messageId":`...), send.MessageID)
	to = quickjson.AppendString(append(to, `,"profileId":`...), send.ProfileID)
	to = append(to, `,"replyTo":`...)
	if send.ReplyTo != nil {
		to = appendMailbox(to, *send.ReplyTo)
	} else {
		to = append(to, "null"...)
	}
	to = quickjson.AppendString(append(to, `,"senderProfileId":`...), send.SenderProfileID)
	to = quickjson.AppendString(append(to, `,"status":`...), send.Status)
	to = quickjson.AppendString(append(to, `,"subject":`...), send.Subject)
	to = appendTextOrNull(append(to, `,"subscriptionGroupId":`...), send.SubscriptionGroupID)
	to = quickjson.AppendString(append(to, `,"templateId":`...), send.TemplateID)
	to = quickjson.AppendString(append(to, `,"templateSnapshotId":`...), send.SnapshotID)
	to = quickjson.AppendString(append(to, `,"to":{"email":`...), send.To)
	to = quickjson.AppendString(append(to, `},"updatedAt":`...), updated)
	return append(to, '}')
}

func appendMailbox(to []byte, mailbox world.Mailbox) []byte {
	to = quickjson.AppendString(append(to, `{"email":`...), mailbox.Email)
	return append(appendTextOrNull(append(to, `,"name":`...), mailbox.Name), '}')
}
