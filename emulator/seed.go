package emulator

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
)

// Seeds. The schema is the same for YAML and JSON files, for the Go value Seed and for POST /_emulator/seed. All of it is
// this project's decision.

// Seed describes a world, or what is to be added to one. Its JSON form is that of seed files: fields carry the same
// names there, and what a file may leave out is the zero value here.
//
// Emulator.Seed upserts everything: things by their key, Profiles by email, domains by name, events by key or else by
// their place in the list. A thing that is seeded again becomes what the seed says; a Profile's properties are merged,
// and fields of the Organization or a Profile that are left out stay as they are. A Template, Segment or Journey that is
// equal to what is there is not touched; another definition is a new snapshot or version.
//
// WithSeed and WithSeedFile upsert everything into a new world. A database file that has one gets only what differs
// from the seeds that it got last: of a Profile each property, subscription and identifier, everything else as a whole.
// What the seed no longer has stays in the world. WithReseed upserts everything there too.
//
// Things may have an ID, a UUID. Without one it is UUIDv5 in the namespace of the Organization's id over
// "<kind>:<key>", which Emulator.ID computes. References take a key or an id.
type Seed struct {
	// Organization is what the rest belongs to. Without an ID it is the world's first one, or on a new world the one
	// with the id 5e6d0000-0000-4000-8000-000000000001. Another ID than the first one's is a further Organization, which
	// DefaultAPIKey does not open.
	Organization       SeedOrganization        `json:"organization,omitzero"`
	Users              []SeedUser              `json:"users,omitempty"`
	APIKeys            []SeedAPIKey            `json:"apiKeys,omitempty"`
	Domains            []SeedDomain            `json:"domains,omitempty"`
	SenderProfiles     []SeedSenderProfile     `json:"senderProfiles,omitempty"`
	SubscriptionGroups []SeedSubscriptionGroup `json:"subscriptionGroups,omitempty"`
	Templates          []SeedTemplate          `json:"templates,omitempty"`
	Segments           []SeedSegment           `json:"segments,omitempty"`
	Journeys           []SeedJourney           `json:"journeys,omitempty"`
	Newsletters        []SeedNewsletter        `json:"newsletters,omitempty"`
	Profiles           []SeedProfile           `json:"profiles,omitempty"`
	Events             []SeedEvent             `json:"events,omitempty"`
	// Organizations are whole seeds of further Organizations, each of which names its organization's ID.
	Organizations []Seed `json:"organizations,omitempty"`

	source *seed.Source // of a seed that was read from text
}

// SeedOrganization is an Organization. Timezone is an IANA name, UTC by default.
type SeedOrganization struct {
	ID            string `json:"id,omitempty"`
	Name          string `json:"name,omitempty"`
	Timezone      string `json:"timezone,omitempty"`
	PostalAddress string `json:"postalAddress,omitempty"`
}

// SeedUser is somebody who may sign in to the dashboard. The Name is by default the email.
type SeedUser struct {
	Key   string `json:"key,omitempty"`
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// SeedAPIKey is an API key; Key is the secret itself. Scopes are those of the API, "*" is all of them; AllowSends lets
// it make a Broadcast or Issue leave.
type SeedAPIKey struct {
	Key        string   `json:"key,omitempty"`
	Label      string   `json:"label,omitempty"`
	Scopes     []string `json:"scopes,omitempty"`
	AllowSends bool     `json:"allowSends,omitempty"`
}

// SeedDomain is a sending domain. Status is verified (the default), pending or failed; DMARC is true unless it says
// otherwise.
type SeedDomain struct {
	Domain string `json:"domain,omitempty"`
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
	DMARC  *bool  `json:"dmarc,omitempty"`
}

// SeedSenderProfile is an address that mail may come from, if its domain is verified. At most one is the default.
type SeedSenderProfile struct {
	Key     string `json:"key,omitempty"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Default bool   `json:"default,omitempty"`
}

// SeedSubscriptionGroup is what people subscribe to. Policy is OptIn or OptOut.
type SeedSubscriptionGroup struct {
	Key    string `json:"key,omitempty"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Policy string `json:"policy,omitempty"`
}

// SeedTemplate is a saved Template. Purpose is Transactional, Promotional, Newsletter, General or LeadMagnetDelivery.
// Status is Active or Archived; without one it stays as it is, and is Active at first. Definition is any value that
// marshals to the JSON object {from, subject, body: {root, elements}, …}.
type SeedTemplate struct {
	Key           string `json:"key,omitempty"`
	ID            string `json:"id,omitempty"`
	Name          string `json:"name,omitempty"`
	Purpose       string `json:"purpose,omitempty"`
	Status        string `json:"status,omitempty"`
	Language      string `json:"language,omitempty"`
	SenderProfile string `json:"senderProfile,omitempty"`
	Definition    any    `json:"definition,omitempty"`
}

// SeedSegment is a Segment: either a Definition, a condition as any value that marshals to its JSON, or Members, the
// emails of known Profiles. An empty, non-nil Members is a Segment of nobody.
type SeedSegment struct {
	Key        string   `json:"key,omitempty"`
	ID         string   `json:"id,omitempty"`
	Name       string   `json:"name,omitempty"`
	Definition any      `json:"definition,omitempty"`
	Members    []string `json:"members,omitzero"`
}

// SeedJourney is a Journey document. Status is Draft, Active, Paused or Archived; a changed one is that act. Without one
// it stays as it is, and is Draft at first. A Journey that is no Draft any more cannot be one again.
//
// The fields of type any take whatever marshals to their JSON.
type SeedJourney struct {
	Key      string `json:"key,omitempty"`
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	Status   string `json:"status,omitempty"`
	Entry    any    `json:"entry,omitempty"`
	Audience any    `json:"audience,omitempty"`
	Reentry  any    `json:"reentry,omitempty"`
	ExitOn   any    `json:"exitOn,omitempty"`
	Settings any    `json:"settings,omitempty"`
	Start    string `json:"start,omitempty"`
	Nodes    any    `json:"nodes,omitempty"`
}

// SeedNewsletter is a Newsletter. SubscriptionGroup, SenderProfile and Template are references; the last may be left out.
type SeedNewsletter struct {
	Key               string `json:"key,omitempty"`
	ID                string `json:"id,omitempty"`
	Name              string `json:"name,omitempty"`
	SubscriptionGroup string `json:"subscriptionGroup,omitempty"`
	SenderProfile     string `json:"senderProfile,omitempty"`
	Template          string `json:"template,omitempty"`
	Cadence           string `json:"cadence,omitempty"`
}

// SeedProfile is one person. A property that is null is unset. Subscriptions has references to SubscriptionGroups with
// Subscribed or Unsubscribed; Suppressed is bounce, complaint or manual and stops all mail to the address.
type SeedProfile struct {
	Email         string            `json:"email,omitempty"`
	ID            string            `json:"id,omitempty"`
	ExternalID    string            `json:"externalId,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Properties    map[string]any    `json:"properties,omitempty"`
	Subscriptions map[string]string `json:"subscriptions,omitempty"`
	Suppressed    string            `json:"suppressed,omitempty"`
}

// SeedEvent is history: a UserEvent for which no Journey is evaluated. Profile is an email or an id. Data is any value
// that marshals to a JSON object. OccurredAt is an ISO date or date-time, or a signed ISO duration relative to the
// emulator's start such as -P10D; without one it is that start.
//
// An event without Key is known by its place in the list: seeding the list again changes nothing, and the first event of
// another list takes its place. Give keys to events that are to be added to others.
type SeedEvent struct {
	Key        string `json:"key,omitempty"`
	Event      string `json:"event,omitempty"`
	Profile    string `json:"profile,omitempty"`
	Data       any    `json:"data,omitempty"`
	OccurredAt string `json:"occurredAt,omitempty"`
}

// SeedProblem is one mistake in a seed. File and Line are those of the text it was read from, empty for a Go value; Path
// is a JSON pointer to the member, present or missing.
type SeedProblem struct {
	File    string
	Line    int
	Path    string
	Message string
}

// String is file:line: path: message, as far as they are known.
func (p SeedProblem) String() string { return seed.Problem(p).String() }

// SeedError is everything that is wrong with a seed. Nothing of it was applied.
type SeedError struct{ Problems []SeedProblem }

func (e *SeedError) Error() string {
	problems := make([]seed.Problem, len(e.Problems))
	for i, p := range e.Problems {
		problems[i] = seed.Problem(p)
	}
	return (&seed.Error{Problems: problems}).Error()
}

// ParseSeed reads a seed from YAML or JSON; what begins with { is JSON. Unknown fields, wrong types and members given
// twice are reported, all of them, in a *SeedError. What only a world can tell, such as a reference that leads nowhere, is
// found when the seed is applied.
func ParseSeed(raw []byte) (Seed, error) {
	read, err := seed.Parse(raw)
	if err != nil {
		return Seed{}, publicSeedError(err)
	}
	return publicSeed(read), nil
}
