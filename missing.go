package segmentflow

// incomplete returns the error of a success whose reply lacks what every reply of its kind has: the id, or the result
// of an item. A proxy may have made the reply, and what was created cannot be found again. It returns nil if nothing is
// missing.
func (x *exchange) incomplete(out any) error {
	message := ""
	switch member := missingIn(out); {
	case member == "":
	case len(x.body) == 0:
		message = "the reply is empty"
	default:
		message = "the reply has no " + member
	}
	if batch, ok := out.(*batchReply); ok {
		message = batch.wrong()
	}
	if message == "" {
		return nil
	}

	e := x.error(nil)
	e.Message, e.partial = message, true
	return e
}

// missingIn returns the JSON pointer of the member that is missing in a reply, or "".
func missingIn(out any) string {
	var id string
	pointer := "/id"
	switch reply := out.(type) {
	case *EmailSend:
		id = reply.ID
	case *TrackedEvent:
		id, pointer = reply.EventID, "/eventId"
	case *TriggeredJourney:
		id, pointer = reply.RunID, "/runId"
	case *JourneyRun:
		id, pointer = reply.RunID, "/runId"
	case *CreatedBroadcast:
		id = reply.ID
	case *Broadcast:
		id = reply.ID
	case *NewsletterIssue:
		id = reply.ID
	case *Newsletter:
		id = reply.ID
	case *Confirmation:
		id, pointer = reply.ConfirmationID, "/confirmationId"
	case *Profile:
		id = reply.ID
	case *Subscription:
		id, pointer = reply.SubscriptionGroupID, "/subscriptionGroupId"
	case *Template:
		id = reply.ID
	case *Segment:
		id = reply.ID
	default:
		return ""
	}
	if id != "" {
		return ""
	}
	return pointer
}
