package segmentflow

import (
	"encoding/json"
	"time"
)

// encodeIngestBatch returns the body of a batch.
func encodeIngestBatch(writeKey string, items []ingestItem, consent *IngestConsent) []byte {
	const usual = 256 // bytes of an item
	w := quickWriter{append(make([]byte, 0, (len(items)+1)*usual), '{')}
	w.member("writeKey", writeKey)
	w.name("batch")
	w.out = append(w.out, '[')
	for i := range items {
		w.comma()
		w.out = append(w.out, '{')
		w.ingest(&items[i])
		w.out = append(w.out, '}')
	}
	w.out = append(w.out, ']')
	if consent != nil {
		raw, _ := json.Marshal(consent) // always marshals
		w.name("consent")
		w.out = append(w.out, raw...)
	}
	return append(w.out, '}')
}

// ingest writes the members of an item.
func (w *quickWriter) ingest(item *ingestItem) {
	w.member("type", item.Type)
	w.member("messageId", item.MessageID)
	w.member("event", item.Event)
	w.member("name", item.Name)
	w.member("email", item.Email)
	w.member("userId", item.UserID)
	for _, object := range []struct {
		name string
		json []byte
	}{{"traits", item.Traits}, {"properties", item.Properties}} {
		if object.json != nil {
			w.name(object.name)
			w.out = append(w.out, object.json...)
		}
	}
	if !item.Timestamp.IsZero() {
		w.member("timestamp", item.Timestamp.UTC().Format(time.RFC3339Nano))
	}
	w.member("source", string(item.Source))
}

var (
	ingestMembers  = []string{"results", "success", "summary"}
	resultMembers  = []string{"duplicate", "eventId", "index", "messageId", "reason", "retryable", "status"}
	summaryMembers = []string{"accepted", "dropped", "duplicate", "failed", "rejected"}
)

// ingested reads the reply to a batch.
func (r *quickReader) ingested(result *IngestBatchResult) bool {
	return r.object(ingestMembers, func(name string) bool {
		switch name {
		case "results":
			result.Results = make([]IngestResult, 0, len(result.sent))
			return r.list(func() bool {
				if len(result.Results) == cap(result.Results) {
					return false // a list that grows leaves texts behind
				}
				result.Results = append(result.Results, IngestResult{})
				return r.ingestedItem(&result.Results[len(result.Results)-1])
			})
		case "summary":
			return r.object(summaryMembers, func(name string) bool { return r.count(result.Summary.of(name)) })
		}
		return r.skip()
	})
}

// of returns the count of a status.
func (s *IngestSummary) of(status string) *int {
	switch IngestStatus(status) {
	case IngestStatusAccepted:
		return &s.Accepted
	case IngestStatusDuplicate:
		return &s.Duplicate
	case IngestStatusDropped:
		return &s.Dropped
	case IngestStatusRejected:
		return &s.Rejected
	}
	return &s.Failed
}

func (r *quickReader) ingestedItem(item *IngestResult) bool {
	return r.object(resultMembers, func(name string) bool {
		switch name {
		case "index":
			return r.count(&item.Index)
		case "messageId":
			return r.text(&item.MessageID)
		case "status":
			return r.text((*string)(&item.Status))
		case "reason":
			return r.text((*string)(&item.Reason))
		case "eventId":
			return r.text(&item.EventID)
		case "duplicate":
			return r.flag(&item.Duplicate)
		}
		return r.flag(&item.Retryable)
	})
}

// flag reads true or false.
func (r *quickReader) flag(to *bool) bool {
	*to = r.take("true")
	return *to || r.take("false")
}
