package seed

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// apiScopes are the scopes that an API key may have.
var apiScopes = []string{
	"*",
	"emails:read", "emails:write",
	"events:write",
	"journeys:trigger", "journeys:read",
	"profiles:read", "profiles:write",
	"templates:read", "templates:write",
	"segments:read",
	"broadcasts:create", "broadcasts:prepare", "broadcasts:read", "broadcasts:cancel", "broadcasts:send",
	"newsletters:read", "newsletters:write", "newsletters:prepare", "newsletters:send", "newsletters:cancel",
	"assets:read", "assets:write",
	"brand-kit:read", "brand-kit:write",
}

// Scopes returns the scopes that an API key may have.
func Scopes() []string { return slices.Clone(apiScopes) }

// Words returns the words that a member of the items of a list may be, such as the status of domains. It returns nil if
// the member is any text. The caller must not change them.
func Words(list, member string) []string {
	switch list + "/" + member {
	case "apiKeys/scopes":
		return apiScopes
	case "assets/assetType":
		return world.AssetTypes
	case "assets/contentType":
		return upload.ContentTypes()
	case "assets/imageType":
		return world.ImageTypes
	case "domains/status":
		return []string{world.Verified, "pending", "failed"}
	case "journeys/status":
		return []string{world.Draft, world.Active, world.Paused, world.Archived}
	case "profiles/subscriptions":
		return []string{world.Subscribed, world.Unsubscribed}
	case "profiles/suppressed":
		return []string{world.SuppressedManual, world.SuppressedBounce, world.SuppressedComplaint}
	case "subscriptionGroups/policy":
		return []string{world.OptIn, world.OptOut}
	case "templates/purpose":
		return world.Purposes
	case "templates/status":
		return []string{world.Active, world.Archived}
	}
	return nil
}
