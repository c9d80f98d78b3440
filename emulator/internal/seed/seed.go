// Package seed reads seeds from text and applies them. It checks them, reports mistakes with the lines where they are,
// and writes through the world's verbs.
package seed

import (
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Seed describes the data that an emulator starts with, or data to add to it.
type Seed struct {
	Organization       Organization        `json:"organization,omitzero"`
	Users              []User              `json:"users,omitempty"`
	APIKeys            []APIKey            `json:"apiKeys,omitempty"`
	Domains            []Domain            `json:"domains,omitempty"`
	SenderProfiles     []SenderProfile     `json:"senderProfiles,omitempty"`
	SubscriptionGroups []SubscriptionGroup `json:"subscriptionGroups,omitempty"`
	Websites           []Website           `json:"websites,omitempty"`
	BrandKits          []BrandKit          `json:"brandKits,omitempty"`
	Assets             []Asset             `json:"assets,omitempty"`
	Templates          []Template          `json:"templates,omitempty"`
	Segments           []Segment           `json:"segments,omitempty"`
	Journeys           []Journey           `json:"journeys,omitempty"`
	Newsletters        []Newsletter        `json:"newsletters,omitempty"`
	Profiles           []Profile           `json:"profiles,omitempty"`
	Events             []Event             `json:"events,omitempty"`
	Organizations      []Seed              `json:"organizations,omitempty"`

	Source *Source `json:"-"` // the text that the seed was read from, nil for a Go value
}

// Organization owns the rest of the seed. Package emulator documents its fields and those of the other types.
type Organization struct {
	ID            string `json:"id,omitempty"`
	Name          string `json:"name,omitempty"`
	Timezone      string `json:"timezone,omitempty"`
	PostalAddress string `json:"postalAddress,omitempty"`
}

// User is a user who may sign in to the dashboard.
type User struct {
	Key   string `json:"key,omitempty"`
	ID    string `json:"id,omitempty"`
	Email string `json:"email,omitempty"`
	Name  string `json:"name,omitempty"`
}

// APIKey is an API key.
type APIKey struct {
	Key        string   `json:"key,omitempty"`
	Label      string   `json:"label,omitempty"`
	Scopes     []string `json:"scopes,omitempty"`
	AllowSends bool     `json:"allowSends,omitempty"`
}

// Domain is a sending domain.
type Domain struct {
	Domain string `json:"domain,omitempty"`
	ID     string `json:"id,omitempty"`
	Status string `json:"status,omitempty"`
	DMARC  *bool  `json:"dmarc,omitempty"`
}

// SenderProfile is an address that emails may be sent from.
type SenderProfile struct {
	Key     string `json:"key,omitempty"`
	ID      string `json:"id,omitempty"`
	Name    string `json:"name,omitempty"`
	Email   string `json:"email,omitempty"`
	Default bool   `json:"default,omitempty"`
}

// SubscriptionGroup is a group that Profiles subscribe to.
type SubscriptionGroup struct {
	Key    string `json:"key,omitempty"`
	ID     string `json:"id,omitempty"`
	Name   string `json:"name,omitempty"`
	Policy string `json:"policy,omitempty"`
}

// Website is a site whose plug-in reports events with the write key.
type Website struct {
	Key      string `json:"key,omitempty"`
	ID       string `json:"id,omitempty"`
	Name     string `json:"name,omitempty"`
	URL      string `json:"url,omitempty"`
	WriteKey string `json:"writeKey,omitempty"`
}

// BrandKit is what the emails of a brand look like.
type BrandKit struct {
	Key           string             `json:"key,omitempty"`
	ID            string             `json:"id,omitempty"`
	Name          string             `json:"name,omitempty"`
	Default       bool               `json:"default,omitempty"`
	WebsiteURL    string             `json:"websiteUrl,omitempty"`
	Logo          string             `json:"logo,omitempty"`
	Colors        *world.BrandColors `json:"colors,omitempty"`
	Fonts         []string           `json:"fonts,omitempty"`
	SenderProfile string             `json:"senderProfile,omitempty"`
	Extraction    *world.BrandLook   `json:"extraction,omitempty"`
}

// Asset is a file. Its bytes are in Content or, until a seed file is read, in a file beside it.
type Asset struct {
	Key         string   `json:"key,omitempty"`
	ID          string   `json:"id,omitempty"`
	Filename    string   `json:"filename,omitempty"`
	ContentType string   `json:"contentType,omitempty"`
	File        string   `json:"file,omitempty"`
	Content     []byte   `json:"base64,omitempty"`
	AssetType   string   `json:"assetType,omitempty"`
	ImageType   string   `json:"imageType,omitempty"`
	Description string   `json:"description,omitempty"`
	AltText     string   `json:"altText,omitempty"`
	Tags        []string `json:"tags,omitempty"`
	Website     string   `json:"website,omitempty"`
}

// Template is a saved Template.
type Template struct {
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

// Segment is a Segment. It has either a Definition or Members.
type Segment struct {
	Key        string   `json:"key,omitempty"`
	ID         string   `json:"id,omitempty"`
	Name       string   `json:"name,omitempty"`
	Definition any      `json:"definition,omitempty"`
	Members    []string `json:"members,omitzero"`
}

// Journey is a Journey document.
type Journey struct {
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

// Newsletter is a Newsletter.
type Newsletter struct {
	Key               string `json:"key,omitempty"`
	ID                string `json:"id,omitempty"`
	Name              string `json:"name,omitempty"`
	SubscriptionGroup string `json:"subscriptionGroup,omitempty"`
	SenderProfile     string `json:"senderProfile,omitempty"`
	Template          string `json:"template,omitempty"`
	Cadence           string `json:"cadence,omitempty"`
}

// Profile is a Profile.
type Profile struct {
	Email         string            `json:"email,omitempty"`
	ID            string            `json:"id,omitempty"`
	ExternalID    string            `json:"externalId,omitempty"`
	Phone         string            `json:"phone,omitempty"`
	Properties    map[string]any    `json:"properties,omitempty"`
	Subscriptions map[string]string `json:"subscriptions,omitempty"`
	Suppressed    string            `json:"suppressed,omitempty"`
}

// Event is a UserEvent of the past, for which no Journey is evaluated.
type Event struct {
	Key        string `json:"key,omitempty"`
	Event      string `json:"event,omitempty"`
	Profile    string `json:"profile,omitempty"`
	Data       any    `json:"data,omitempty"`
	OccurredAt string `json:"occurredAt,omitempty"`
}

// Problem is one mistake in a seed. File and Line say where it is in the text that the seed was read from; they are
// empty for a Go value. Path is a JSON pointer to the member, which may be missing.
type Problem struct {
	File    string
	Line    int
	Path    string
	Message string
}

// String returns "file:line: path: message". It leaves out what is not known.
func (problem Problem) String() string {
	place := problem.File
	switch {
	case problem.Line > 0 && problem.File != "":
		place = fmt.Sprintf("%s:%d", problem.File, problem.Line)
	case problem.Line > 0:
		place = fmt.Sprintf("line %d", problem.Line)
	}

	parts := []string{}
	for _, part := range []string{place, problem.Path, problem.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Error lists everything that is wrong with seeds. Nothing of the seeds was applied.
type Error struct{ Problems []Problem }

func (e *Error) Error() string {
	lines := []string{fmt.Sprintf("the seed has %d problems:", len(e.Problems))}
	if len(e.Problems) == 1 {
		lines[0] = "the seed has a problem:"
	}
	for _, problem := range e.Problems {
		lines = append(lines, problem.String())
	}
	return strings.Join(lines, "\n\t")
}
