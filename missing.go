package segmentflow

import (
	"encoding/json"
	"reflect"
	"strings"
)

// incomplete returns the error of a success whose reply lacks what every reply of its kind has, such as the id, the
// list, or the result of an item. A proxy may have made the reply, and what was created cannot be found again. It
// returns nil if nothing is missing.
func (x *exchange) incomplete(out any) error {
	message := ""
	switch member := x.missingIn(out); {
	case member == "":
	case len(x.body) == 0:
		message = "the reply is empty"
	default:
		message = "the reply has no " + member
	}
	switch reply := out.(type) {
	case *batchReply:
		message = reply.wrong()
	case *IngestBatchResult:
		message = reply.wrong()
	case *ingestReply:
		message = reply.wrong()
	}
	if message == "" {
		return nil
	}

	e := x.error(nil)
	e.Message, e.partial = message, true
	return e
}

// missingIn returns what is missing in a reply, such as the JSON pointer of a member, or "".
func (x *exchange) missingIn(out any) string {
	switch reply := out.(type) {
	case *EmailSend:
		return unless(reply.ID != "", "/id")
	case *TrackedEvent:
		return unless(reply.EventID != "", "/eventId")
	case *TriggeredJourney:
		return unless(reply.RunID != "", "/runId")
	case *JourneyRun:
		return unless(reply.RunID != "", "/runId")
	case *CreatedBroadcast:
		return unless(reply.ID != "", "/id")
	case *Broadcast:
		return unless(reply.ID != "", "/id")
	case *NewsletterIssue:
		return unless(reply.ID != "", "/id")
	case *Newsletter:
		return unless(reply.ID != "", "/id")
	case *Confirmation:
		return unless(reply.ConfirmationID != "", "/confirmationId")
	case *CarrierPreview:
		return unless(!reply.AsOf.IsZero(), "/asOf")
	case *Preflight:
		return unless(!reply.CheckedAt.IsZero(), "/checkedAt")
	case *CarrierResults:
		return unless(reply.Status != "", "/status")
	case *Profile:
		return unless(reply.ID != "", "/id")
	case *BulkDeleteResult:
		return unless(reply.Deleted != 0 || x.has("deleted"), "/deleted")
	case *Subscription:
		return unless(reply.SubscriptionGroupID != "", "/subscriptionGroupId")
	case *Template:
		return unless(reply.ID != "", "/id")
	case *[]Template:
		return unless(*reply != nil, "list")
	case *BrandKit:
		return unless(reply.ID != "", "/id")
	case *BrandKitExtractionProgress:
		return unless(reply.TotalSteps != 0 || x.has("totalSteps"), "/totalSteps")
	case *AssetUploadURL:
		return unless(reply.UploadURL != "" && reply.Key != "", "/uploadUrl")
	case *assetReply:
		return unless(reply.Asset.ID != "", "/asset/id")
	case *Segment:
		return unless(reply.ID != "", "/id")
	case *SegmentPreview:
		return unless(!reply.AsOf.IsZero(), "/asOf")
	case page:
		name, items := reply.list()
		return unless(!reflect.ValueOf(items).Elem().IsNil() || x.has(name), "/"+name)
	}
	return ""
}

// unless returns the name of a part of a reply, or "" if the reply has it.
func unless(has bool, name string) string {
	if has {
		return ""
	}
	return name
}

// has reports whether the reply is an object with the member, which may be null.
func (x *exchange) has(name string) bool {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(x.body, &members) // null and an empty reply have no members
	for member := range members {
		if strings.EqualFold(member, name) {
			return true
		}
	}
	return false
}
