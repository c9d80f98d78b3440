package segmentflow

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strconv"
)

// quickJSON returns the JSON of an email to send as encoding/json makes it, and several times faster. It returns false
// if it cannot, such as for data that does not marshal. Then encoding/json says why.
func quickJSON(item *BatchSendItem) ([]byte, bool) {
	const usual = 512
	w := quickWriter{make([]byte, 0, usual)}
	ok := w.item(item)
	return w.out, ok
}

// quickWriter writes JSON. A method that can fail returns false then.
type quickWriter struct{ out []byte }

func (w *quickWriter) item(item *BatchSendItem) bool {
	w.out = append(w.out, '{')
	w.member("idempotencyKey", item.IdempotencyKey)
	w.member("templateId", item.TemplateID)
	if to := item.To; to != nil {
		w.name("to")
		w.out = append(w.out, '{')
		w.member("email", to.Email)
		w.member("externalId", to.ExternalID)
		w.out = append(w.out, '}')
	}
	w.member("profileId", item.ProfileID)
	w.member("senderProfileId", item.SenderProfileID)
	w.member("from", item.From)
	w.member("replyTo", item.ReplyTo)
	w.member("subject", item.Subject)
	w.member("subscriptionGroupId", item.SubscriptionGroupID)
	w.texts("cc", item.CC)
	w.texts("bcc", item.BCC)
	if item.Data != nil {
		const deepest = 100 // a map may contain itself
		w.name("data")
		if !w.value(item.Data, deepest) {
			return false
		}
	}
	if item.Tracking != nil {
		w.name("tracking")
		w.out = append(strconv.AppendBool(append(w.out, `{"clicks":`...), item.Tracking.Clicks), '}')
	}
	w.out = append(w.out, '}')
	return true
}

// comma separates what follows from what is before it, if it is not the first of its object or list.
func (w *quickWriter) comma() {
	if last := w.out[len(w.out)-1]; last != '{' && last != '[' {
		w.out = append(w.out, ',')
	}
}

func (w *quickWriter) name(name string) {
	w.comma()
	w.text(name)
	w.out = append(w.out, ':')
}

// member writes a member that is left out if it is empty.
func (w *quickWriter) member(name, text string) {
	if text != "" {
		w.name(name)
		w.text(text)
	}
}

func (w *quickWriter) texts(name string, texts []string) {
	if len(texts) == 0 {
		return
	}
	w.name(name)
	w.out = append(w.out, '[')
	for _, text := range texts {
		w.comma()
		w.text(text)
	}
	w.out = append(w.out, ']')
}

func (w *quickWriter) text(text string) {
	for _, char := range []byte(text) {
		if char < ' ' || char > '~' || char == '"' || char == '\\' || char == '<' || char == '>' || char == '&' {
			quoted, _ := json.Marshal(text) // a string always marshals
			w.out = append(w.out, quoted...)
			return
		}
	}
	w.out = append(append(append(w.out, '"'), text...), '"')
}

// value writes a value of the data. It leaves all but the usual types to encoding/json.
func (w *quickWriter) value(v any, deeper int) bool {
	switch v := v.(type) {
	case string:
		w.text(v)
		return true
	case bool:
		w.out = strconv.AppendBool(w.out, v)
		return true
	case int:
		w.out = strconv.AppendInt(w.out, int64(v), 10)
		return true
	case float64:
		if abs := math.Abs(v); abs == 0 || abs >= 1e-6 && abs < 1e21 { // others have an exponent
			w.out = strconv.AppendFloat(w.out, v, 'f', -1, 64)
			return true
		}
	case map[string]any:
		if v != nil && deeper > 0 {
			return w.object(v, deeper-1)
		}
	case []any:
		if v != nil && deeper > 0 {
			return w.list(v, deeper-1)
		}
	}
	raw, err := json.Marshal(v)
	w.out = append(w.out, raw...)
	return err == nil
}

func (w *quickWriter) object(object map[string]any, deeper int) bool {
	var room [16]string
	names := slices.AppendSeq(room[:0], maps.Keys(object))
	slices.Sort(names)
	w.out = append(w.out, '{')
	for _, name := range names {
		w.name(name)
		if !w.value(object[name], deeper) {
			return false
		}
	}
	w.out = append(w.out, '}')
	return true
}

func (w *quickWriter) list(list []any, deeper int) bool {
	w.out = append(w.out, '[')
	for _, item := range list {
		w.comma()
		if !w.value(item, deeper) {
			return false
		}
	}
	w.out = append(w.out, ']')
	return true
}
