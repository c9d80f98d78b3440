package world

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/carriers"
	"github.com/segmentflow/segmentflow-go/emulator/internal/outcome"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// The records of the world are the store's rows. These are their names for packages that may not import the store.

// The rows.
type (
	APIKey             = store.APIKey
	Address            = store.Address
	Asset              = store.Asset
	Audience           = store.Audience
	BrandKit           = store.BrandKit
	Website            = store.Website
	CarrierEvent       = store.CarrierEvent
	Domain             = store.Domain
	EmailSend          = store.EmailSend
	Fact               = store.Fact
	Journey            = store.Journey
	LeftOut            = store.LeftOut
	Mail               = store.Mail
	Mailbox            = store.Mailbox
	Newsletter         = store.Newsletter
	Omission           = store.Omission
	Organization       = store.Organization
	Profile            = store.Profile
	ProfileFact        = store.ProfileFact
	Reply              = store.Reply
	Run                = store.Run
	Segment            = store.Segment
	SegmentChange      = store.SegmentChange
	SegmentEntry       = store.SegmentEntry
	SenderProfile      = store.SenderProfile
	SentMail           = store.SentMail
	SubscriptionGroup  = store.SubscriptionGroup
	SuppressionChange  = store.SuppressionChange
	ParkedTask         = store.ParkedTask
	Task               = store.Task
	Template           = store.Template
	User               = store.User
	UserEvent          = store.UserEvent
	EventOutcome       = store.EventOutcome
	RunStep            = store.RunStep
	SubscriptionChange = store.SubscriptionChange
	Webhook            = store.Webhook
)

// Countable is how far the overview counts.
const Countable = store.Countable

// The filters of lists, and their pages.
type (
	CarrierFilter = store.CarrierFilter
	EventFilter   = store.EventFilter
	MailFilter    = store.MailFilter
	Mark          = store.Mark
	RunFilter     = store.RunFilter
	RunQuery      = store.RunQuery
	RunsFound     = store.RunsFound
	SendFilter    = store.SendFilter
	SendSearch    = store.SendSearch
	Page          = store.Page
	Place         = store.Place
	Span          = store.Span
	Listed[T any] = store.Listed[T]
)

// Planned facts, and the findings of a preflight.
type (
	PlannedFact      = outcome.Planned
	PreflightFinding = carriers.Finding
)

// The limits of one email.
const (
	MaxSubject = carriers.MaxSubject
	MaxHTML    = carriers.MaxHTML
)

// The values in rows and facts.
const (
	BounceHard = outcome.Hard
	BounceSoft = outcome.Soft

	Draft    = store.Draft
	Paused   = store.Paused
	Active   = store.Active
	Archived = store.Archived

	CarrierEmail           = store.CarrierEmail
	CarrierJourney         = store.CarrierJourney
	CarrierBroadcast       = store.CarrierBroadcast
	CarrierNewsletterIssue = store.CarrierNewsletterIssue
	CarrierTest            = store.CarrierTest

	FactAccepted     = outcome.Accepted
	FactBounced      = outcome.Bounced
	FactClicked      = outcome.Clicked
	FactComplained   = outcome.Complained
	FactDelayed      = outcome.Delayed
	FactDelivered    = outcome.Delivered
	FactOpened       = outcome.Opened
	FactUnsubscribed = outcome.Unsubscribed

	OptIn        = store.OptIn
	OptOut       = store.OptOut
	Subscribed   = store.Subscribed
	Unsubscribed = store.Unsubscribed

	SuppressedBounce    = store.SuppressedBounce
	SuppressedComplaint = store.SuppressedComplaint
	SuppressedManual    = store.SuppressedManual

	Dynamic  = store.Dynamic
	Manual   = store.Manual
	Verified = store.Verified

	Transactional = store.Transactional

	SourceSeed     = store.SourceSeed
	SourceLink     = store.SourceLink
	SourceOneClick = store.SourceOneClick

	SourceDashboard = store.SourceDashboard

	SkipUnsubscribed   = store.SkipUnsubscribed
	SkipNotOptedIn     = store.SkipNotOptedIn
	SkipSuppressed     = store.SkipSuppressed
	SkipProfileDeleted = store.SkipProfileDeleted

	SendQueued     = store.SendQueued
	SendProcessing = store.SendProcessing
	SendSent       = store.SendSent
	SendFailed     = store.SendFailed
	SendSkipped    = store.SendSkipped

	WebhookDelivered = store.WebhookDelivered
	WebhookParked    = store.WebhookParked

	CarrierNotStarted = store.CarrierNotStarted
	CarrierInProgress = store.CarrierInProgress
	CarrierTriggered  = store.CarrierTriggered
	CarrierSent       = store.CarrierSent
	CarrierFailed     = store.CarrierFailed
	CarrierArchived   = store.CarrierArchived

	RunQueued    = store.RunQueued
	RunRunning   = store.RunRunning
	RunCompleted = store.RunCompleted
	RunExited    = store.RunExited
	RunFailed    = store.RunFailed
)
