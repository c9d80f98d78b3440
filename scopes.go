package segmentflow

import "strings"

// Scope is something that an API key may do. The comment of each method names the scope that it needs. The API may
// return other scopes than those listed here.
type Scope string

// The documented scopes.
const (
	ScopeEmailsRead        Scope = "emails:read"
	ScopeEmailsWrite       Scope = "emails:write"
	ScopeEventsWrite       Scope = "events:write"
	ScopeJourneysTrigger   Scope = "journeys:trigger"
	ScopeJourneysRead      Scope = "journeys:read"
	ScopeProfilesRead      Scope = "profiles:read"
	ScopeProfilesWrite     Scope = "profiles:write"
	ScopeTemplatesRead     Scope = "templates:read"
	ScopeTemplatesWrite    Scope = "templates:write"
	ScopeSegmentsRead      Scope = "segments:read"
	ScopeBroadcastsCreate  Scope = "broadcasts:create"
	ScopeBroadcastsPrepare Scope = "broadcasts:prepare"
	ScopeBroadcastsRead    Scope = "broadcasts:read"
	ScopeBroadcastsCancel  Scope = "broadcasts:cancel"
	ScopeBroadcastsSend    Scope = "broadcasts:send"
	ScopeAssetsRead        Scope = "assets:read"
	ScopeAssetsWrite       Scope = "assets:write"
	ScopeBrandKitRead      Scope = "brand-kit:read"
	ScopeBrandKitWrite     Scope = "brand-kit:write"
)

// The scopes of Newsletters and Newsletter Issues, decided here.
const (
	ScopeNewslettersRead    Scope = "newsletters:read"
	ScopeNewslettersWrite   Scope = "newsletters:write"
	ScopeNewslettersPrepare Scope = "newsletters:prepare"
	ScopeNewslettersSend    Scope = "newsletters:send"
	ScopeNewslettersCancel  Scope = "newsletters:cancel"
)

// RequiredScopes returns the scopes that the call needs, if the API key lacks one of them ([ErrInsufficientScope]). It
// returns nil for any other error.
func (e *Error) RequiredScopes() []Scope {
	const letters = "abcdefghijklmnopqrstuvwxyz-:" // whatever has others is not a scope, and the text must not show it
	list, _ := e.Details["required"].([]any)
	var scopes []Scope
	for _, item := range list {
		text, _ := item.(string)
		if strings.Trim(text, letters) == "" && strings.Count(text, ":") == 1 {
			scopes = append(scopes, Scope(text))
		}
	}
	return scopes
}
