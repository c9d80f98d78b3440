package store

import "slices"

// The values of the contract that rows contain. Go code never spells one out: it uses these constants.

// The statuses of an EmailSend.
const (
	SendQueued     = "Queued"
	SendProcessing = "Processing" // being handed to the SMTP server
	SendSent       = "Sent"
	SendFailed     = "Failed"
	SendSkipped    = "Skipped"
)

// The states of the handover of an email to the SMTP server.
const (
	RelayQueued  = "queued"  // for a conversation
	RelayBegun   = "begun"   // a conversation is under way
	RelayWaiting = "waiting" // for the time of its next try
	RelayEnded   = "ended"
)

// The states of a hook.
const (
	WebhookPending   = "pending"   // to be sent, after the earlier ones of its Profile
	WebhookWaiting   = "waiting"   // for the time of its next try
	WebhookDelivered = "delivered" // taken by the receiver
	WebhookParked    = "parked"    // not taken in any of its tries
	WebhookCancelled = "cancelled" // not sent, because the Profile was deleted
)

// The types of the carrier of an EmailSend.
const (
	CarrierEmail           = "email"
	CarrierJourney         = "journey"
	CarrierBroadcast       = "broadcast"
	CarrierNewsletterIssue = "newsletterIssue"
	CarrierTest            = "test"
)

// The statuses of a Broadcast or a NewsletterIssue. The emulator reads Warming and Paused and never sets them.
const (
	CarrierNotStarted = "NotStarted" // a draft, or scheduled if it has a time
	CarrierInProgress = "InProgress" // the snapshot of the audience is yet to be taken
	CarrierTriggered  = "Triggered"  // being sent
	CarrierSent       = "Sent"
	CarrierFailed     = "Failed"
	CarrierArchived   = "Archived" // archived, or cancelled while it was being sent
)

// The statuses of a Template and of a Journey.
const (
	Draft    = "Draft"
	Active   = "Active"
	Paused   = "Paused"
	Archived = "Archived"
)

// The purposes of a Template.
const (
	Transactional      = "Transactional"
	Promotional        = "Promotional"
	NewsletterPurpose  = "Newsletter"
	General            = "General"
	LeadMagnetDelivery = "LeadMagnetDelivery"
)

// The types of Segments.
const (
	Dynamic = "Dynamic"
	Manual  = "Manual"
)

// The policies of a SubscriptionGroup, and what a Profile can choose for one.
const (
	OptIn        = "OptIn"
	OptOut       = "OptOut"
	Subscribed   = "Subscribed"
	Unsubscribed = "Unsubscribed"
)

// Why an address gets no emails.
const (
	SuppressedBounce    = "bounce"
	SuppressedComplaint = "complaint"
	SuppressedManual    = "manual"
)

// Why an EmailSend was skipped. For a suppressed address, the reason of the suppression follows SkipSuppressed.
const (
	SkipProfileDeleted = "profile_deleted"
	SkipSuppressed     = "suppressed_"
	SkipUnsubscribed   = "unsubscribed"
	SkipNotOptedIn     = "not_opted_in"
)

// The statuses of a run.
const (
	RunQueued    = "queued"
	RunRunning   = "running"
	RunCompleted = "completed"
	RunExited    = "exited"
	RunFailed    = "failed"
)

func runStatuses() []string {
	return []string{RunQueued, RunRunning, RunCompleted, RunExited, RunFailed}
}

// statusLetter returns what the table of runs has for a status: its first letter. Another text is itself.
func statusLetter(status string) string {
	if slices.Contains(runStatuses(), status) {
		return status[:1]
	}
	return status
}

// statusOf returns the status that statusLetter returns this for.
func statusOf(letter string) string {
	for _, status := range runStatuses() {
		if status[:1] == letter {
			return status
		}
	}
	return letter
}

// What a Journey did with an event, or with a new member of its Segment.
const (
	Enrolled = "enrolled"
	Skipped  = "skipped"
)

// The sources of Profiles and their properties, of Templates, and of subscription changes.
const (
	SourceAPI       = "api"
	SourceEvent     = "event"
	SourceJourney   = "journey"
	SourceSeed      = "seed"
	SourceLink      = "link"      // a page of the emulator
	SourceOneClick  = "one_click" // the unsubscribe button of an email client
	SourceComplaint = "complaint"
	SourceDashboard = "dashboard"
)

// Verified is the status of a domain that emails may come from.
const Verified = "verified"
