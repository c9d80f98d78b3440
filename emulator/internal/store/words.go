package store

// The words of the contract that stand in rows. Nobody spells one out in place.

// The statuses of an EmailSend.
const (
	SendQueued     = "Queued"
	SendProcessing = "Processing" // in the hands of the SMTP server
	SendSent       = "Sent"
	SendFailed     = "Failed"
	SendSkipped    = "Skipped"
)

// The types of what carries an EmailSend.
const (
	CarrierEmail           = "email"
	CarrierJourney         = "journey"
	CarrierBroadcast       = "broadcast"
	CarrierNewsletterIssue = "newsletterIssue"
	CarrierTest            = "test"
)

// The statuses of a Broadcast or a NewsletterIssue. Warming and Paused are read and never produced.
const (
	CarrierNotStarted = "NotStarted" // a draft, and with a time a scheduled one
	CarrierInProgress = "InProgress" // the snapshot of the audience is due
	CarrierTriggered  = "Triggered"  // being sent
	CarrierSent       = "Sent"
	CarrierFailed     = "Failed"
	CarrierArchived   = "Archived" // put away, or cancelled while it was being sent
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

// The policies of a SubscriptionGroup, and what a Profile says of one.
const (
	OptIn        = "OptIn"
	OptOut       = "OptOut"
	Subscribed   = "Subscribed"
	Unsubscribed = "Unsubscribed"
)

// Why an address gets no mail.
const (
	SuppressedBounce    = "bounce"
	SuppressedComplaint = "complaint"
	SuppressedManual    = "manual"
)

// Why an EmailSend was skipped. An address that is suppressed has its reason behind SkipSuppressed.
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

// What a Journey made of an event, or of a new member of its Segment.
const (
	Enrolled = "enrolled"
	Skipped  = "skipped"
)

// Where something comes from: the sources of Profiles and their properties, of Templates, and of subscription changes.
const (
	SourceAPI       = "api"
	SourceEvent     = "event"
	SourceJourney   = "journey"
	SourceSeed      = "seed"
	SourceLink      = "link"      // a page of the emulator
	SourceOneClick  = "one_click" // the button of a mail program
	SourceComplaint = "complaint"
)

// Verified is the status of a domain that mail may come from.
const Verified = "verified"
