package emulator

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
)

// The schema of seeds is the same for YAML and JSON files, for the Go value Seed and for POST /_emulator/seed. All of
// it was decided by this project.

// Seed describes the data that an emulator starts with, or data to add to it. Seed files have the same form: the JSON
// names are the names in the file, and what a file may leave out is the zero value here.
//
// Emulator.Seed upserts everything. It finds Profiles by email, domains by name, events by key or else by their place
// in the list, and everything else by key. An object that is seeded again is changed to what the seed contains. Only
// the properties of a Profile are merged, and fields of the Organization or a Profile that the seed leaves out stay as
// they are. A Template, Segment or Journey that is equal to the stored one is not touched; another definition makes a
// new snapshot or version.
//
// WithSeed and WithSeedFile upsert everything into a new database. A database file that has data gets only what differs
// from the seeds that were applied to it last: each property, subscription and identifier of a Profile separately,
// everything else as a whole. What the seed no longer contains stays in the database. With WithReseed everything is
// upserted there too. RereadSeeds applies changed files to a running emulator in the same way.
//
// Objects may have an ID, which is a UUID. Without one, the id is UUIDv5 in the namespace of the Organization's id over
// "<kind>:<key>"; Emulator.SeedID computes it. A reference is a key or an id.
type Seed struct {
	// Organization owns the rest of the seed. Without an ID it is the first Organization; in a new database that one
	// gets the id 5e6d0000-0000-4000-8000-000000000001. With another ID it is a further Organization, to which
	// DefaultAPIKey has no access.
	Organization       SeedOrganization        `json:"organization,omitzero"`
	Users              []SeedUser              `json:"users,omitempty"`
	APIKeys            []SeedAPIKey            `json:"apiKeys,omitempty"`
	Domains            []SeedDomain            `json:"domains,omitempty"`
	SenderProfiles     []SeedSenderProfile     `json:"senderProfiles,omitempty"`
	SubscriptionGroups []SeedSubscriptionGroup `json:"subscriptionGroups,omitempty"`
	Websites           []SeedWebsite           `json:"websites,omitempty"`
	BrandKits          []SeedBrandKit          `json:"brandKits,omitempty"`
	Assets             []SeedAsset             `json:"assets,omitempty"`
	Templates          []SeedTemplate          `json:"templates,omitempty"`
	Segments           []SeedSegment           `json:"segments,omitempty"`
	Journeys           []SeedJourney           `json:"journeys,omitempty"`
	Newsletters        []SeedNewsletter        `json:"newsletters,omitempty"`
	Profiles           []SeedProfile           `json:"profiles,omitempty"`
	Events             []SeedEvent             `json:"events,omitempty"`
	// Organizations are the complete seeds of further Organizations. Each must have the ID of its Organization.
	Organizations []Seed `json:"organizations,omitempty"`

	source *seed.Source // the text that the seed was read from, nil for a Go value
}

// SeedOrganization is an Organization. Timezone is an IANA name; the default is UTC.
type SeedOrganization struct {
	ID            string `json:"id,omitempty"`
	Name          string `json:"name,omitempty"`
	Timezone      string `json:"timezone,omitempty"`
	PostalAddress string `json:"postalAddress,omitempty"`
}

// SeedUser is a user who may sign in to the dashboard. The default for Name is the email.
type SeedUser struct {
	Key   string `json:"key,omitempty"`
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// SeedAPIKey is an API key. Key is the secret itself. The SDK takes keys of at least 8 characters. Scopes are those of
// the API; "*" means all of them. With AllowSends the key may send a Broadcast or NewsletterIssue.
type SeedAPIKey struct {
	Key        string   `json:"key,omitempty"`
	Label      string   `json:"label,omitempty"`
	Scopes     []string `json:"scopes,omitempty"`
	AllowSends bool     `json:"allowSends,omitempty"`
}

// SeedDomain is a sending domain. Status is verified (the default), pending or failed. DMARC is true by default.
type SeedDomain struct {
	Domain string `json:"domain,omitempty"`
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
	DMARC  *bool  `json:"dmarc,omitempty"`
}

// SeedSenderProfile is an address that emails may be sent from if its domain is verified. At most one is the default.
type SeedSenderProfile struct {
	Key     string `json:"key,omitempty"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Default bool   `json:"default,omitempty"`
}

// SeedSubscriptionGroup is a group that Profiles subscribe to. Policy is OptIn or OptOut.
type SeedSubscriptionGroup struct {
	Key    string `json:"key,omitempty"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Policy string `json:"policy,omitempty"`
}

// SeedWebsite is a site whose plug-in reports what its visitors do. WriteKey is required. A page of the site at URL may
// report events from the browser.
type SeedWebsite struct {
	Key      string `json:"key,omitempty"`
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	URL      string `json:"url,omitempty"`
	WriteKey string `json:"writeKey,omitempty"`
}

// SeedBrandKit is what the emails of a brand look like. At most one is the default; without one, the first of the
// Organization is. SenderProfile is a reference. Extraction is what an extraction finds on the website. Without it the
// extraction fails.
type SeedBrandKit struct {
	Key           string           `json:"key,omitempty"`
	ID            string           `json:"id,omitempty"`
	Name          string           `json:"name,omitempty"`
	Default       bool             `json:"default,omitempty"`
	WebsiteURL    string           `json:"websiteUrl,omitempty"`
	Logo          string           `json:"logo,omitempty"`
	Colors        *SeedBrandColors `json:"colors,omitempty"`
	Fonts         []string         `json:"fonts,omitempty"`
	SenderProfile string           `json:"senderProfile,omitempty"`
	Extraction    *SeedBrandLook   `json:"extraction,omitempty"`
}

// SeedBrandColors are the colors of a brand, each such as #1b4332, or empty.
type SeedBrandColors struct {
	Primary    string `json:"primary,omitempty"`
	Secondary  string `json:"secondary,omitempty"`
	Accent     string `json:"accent,omitempty"`
	Background string `json:"background,omitempty"`
	Text       string `json:"text,omitempty"`
}

// SeedBrandLook is what an extraction finds. What is empty stays as it is in the Brand Kit.
type SeedBrandLook struct {
	Logo   string           `json:"logo,omitempty"`
	Colors *SeedBrandColors `json:"colors,omitempty"`
	Fonts  []string         `json:"fonts,omitempty"`
}

// SeedAsset is a file. ContentType is image/jpeg, image/png, text/csv, application/vnd.ms-excel or application/pdf. Its
// bytes, at most 20 MiB, are either Content, which is base64 in YAML and JSON, or in File. File is the name of a file
// beside the seed file or below it, so only a seed file can have it. AssetType is content-image by default,
// content-document or lead-magnet. Website is a reference. Other bytes replace those of before.
type SeedAsset struct {
	Key         string   `json:"key,omitempty"`
	ID          string   `json:"id,omitempty"`
	Filename    string   `json:"filename,omitempty"` // the key by default
	ContentType string   `json:"contentType,omitempty"`
	File        string   `json:"file,omitempty"`
	Content     []byte   `json:"base64,omitempty"`
	AssetType   string   `json:"assetType,omitempty"`
	ImageType   string   `json:"imageType,omitempty"` // logo, hero, header, product, background, icon or other
	Description string   `json:"description,omitempty"`
	AltText     string   `json:"altText,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Website     string   `json:"website,omitempty"`
}

// SeedTemplate is a saved Template. Purpose is Transactional, Promotional, Newsletter, General or LeadMagnetDelivery.
// Status is Active or Archived. Without a Status it stays as it is; a new Template is Active. SenderProfile and
// BrandKit are references. Without a BrandKit it stays as it is. Definition is any value that marshals to the JSON
// object {from, subject, body: {root, elements}, …}, such as a define.Content.
type SeedTemplate struct {
	Key           string `json:"key,omitempty"`
	ID            string `json:"id,omitempty"`
	Name          string `json:"name,omitempty"`
	Purpose       string `json:"purpose,omitempty"`
	Status        string `json:"status,omitempty"`
	Language      string `json:"language,omitempty"`
	SenderProfile string `json:"senderProfile,omitempty"`
	BrandKit      string `json:"brandKit,omitempty"`
	Definition    any    `json:"definition,omitempty"`
}

// SeedSegment is a Segment. It has either a Definition or Members. Definition is any value that marshals to the JSON of
// a condition, such as a define.Condition. Members are the emails of known Profiles; if they are empty but not nil, the
// Segment has no members.
type SeedSegment struct {
	Key        string   `json:"key,omitempty"`
	ID         string   `json:"id,omitempty"`
	Name       string   `json:"name,omitempty"`
	Definition any      `json:"definition,omitempty"`
	Members    []string `json:"members,omitzero"`
}

// SeedJourney is a Journey document. Status is Draft, Active, Paused or Archived; a changed Status activates, pauses or
// archives the Journey. Without a Status it stays as it is; a new Journey is a Draft. A Journey that is no longer a
// Draft cannot become one again.
//
// The fields of type any take any value that marshals to their JSON. Package define has types for them, which an editor
// completes: a define.Entry, a define.Condition, a define.Reentry, define.ExitRules, define.Settings and define.Nodes.
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

// SeedNewsletter is a Newsletter. SubscriptionGroup, SenderProfile and Template are references. Template may be left
// out.
type SeedNewsletter struct {
	Key               string `json:"key,omitempty"`
	ID                string `json:"id,omitempty"`
	Name              string `json:"name,omitempty"`
	SubscriptionGroup string `json:"subscriptionGroup,omitempty"`
	SenderProfile     string `json:"senderProfile,omitempty"`
	Template          string `json:"template,omitempty"`
	Cadence           string `json:"cadence,omitempty"`
}

// SeedProfile is a Profile. A null property removes the property. Subscriptions maps references to SubscriptionGroups
// to Subscribed or Unsubscribed. Suppressed is bounce, complaint or manual; it stops all emails to the address.
type SeedProfile struct {
	Email         string            `json:"email,omitempty"`
	ID            string            `json:"id,omitempty"`
	ExternalID    string            `json:"externalId,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Properties    map[string]any    `json:"properties,omitempty"`
	Subscriptions map[string]string `json:"subscriptions,omitempty"`
	Suppressed    string            `json:"suppressed,omitempty"`
}

// SeedEvent is a UserEvent of the past, for which no Journey is evaluated. Profile is an email or an id. Data is any
// value that marshals to a JSON object. OccurredAt is an ISO date or date-time, or a signed ISO duration relative to
// the emulator's start, such as -P10D. The default is the start itself. A date, and a date-time without a zone, are
// local to the Profile's timezone, otherwise to the Organization's.
//
// An event without a Key is identified by its place in the list. Seeding the same list again changes nothing, and the
// first event of another list replaces the first one of this list. To add events to others, give them keys.
type SeedEvent struct {
	Key        string `json:"key,omitempty"`
	Event      string `json:"event,omitempty"`
	Profile    string `json:"profile,omitempty"`
	Data       any    `json:"data,omitempty"`
	OccurredAt string `json:"occurredAt,omitempty"`
}

// SeedProblem is one mistake in a seed. File and Line say where it is in the text that the seed was read from; they are
// empty for a Go value. Path is a JSON pointer to the member, which may be missing.
type SeedProblem struct {
	File    string
	Line    int
	Path    string
	Message string
}

// String returns "file:line: path: message". It leaves out what is not known.
func (p SeedProblem) String() string { return seed.Problem(p).String() }

// SeedError lists everything that is wrong with a seed. Nothing of the seed was applied.
type SeedError struct{ Problems []SeedProblem }

func (mistakes *SeedError) Error() string {
	problems := make([]seed.Problem, len(mistakes.Problems))
	for i, problem := range mistakes.Problems {
		problems[i] = seed.Problem(problem)
	}
	return (&seed.Error{Problems: problems}).Error()
}

// ParseSeed reads a seed from YAML or JSON. Text that begins with { is read as JSON. ParseSeed returns a *SeedError
// with all unknown fields, wrong types and duplicate members. Other mistakes, such as a reference to something that
// does not exist, are found when the seed is applied.
func ParseSeed(raw []byte) (Seed, error) {
	read, err := seed.Parse(raw)
	if err != nil {
		return Seed{}, publicSeedError(err)
	}
	return publicSeed(read), nil
}
