package product

import (
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Conversions of single values in requests and replies.

// text returns a string in a request, or "" if it is not there.
func text[T ~string](value *T) string {
	if value == nil {
		return ""
	}
	return string(*value)
}

// textIn returns a string in a decoded body, or "" if it is not there.
func textIn(body map[string]any, name string) string {
	text, _ := body[name].(string)
	return text
}

// nullIfEmpty returns the string, or null for "".
func nullIfEmpty[T ~string](value T) nullable.Nullable[T] {
	if value == "" {
		return nullable.NewNullNullable[T]()
	}
	return nullable.NewNullableWithValue(value)
}

// nullIfZero returns the time as text, or null for the zero time.
func nullIfZero(at time.Time) nullable.Nullable[string] {
	if at.IsZero() {
		return nullIfEmpty("")
	}
	return nullIfEmpty(world.Stamp(at))
}

// given returns a string in a request, "" for null, or nil if it is not there.
func given[T ~string](value nullable.Nullable[T]) *string {
	if !value.IsSpecified() {
		return nil
	}
	got, _ := value.Get()
	givenText := string(got)
	return &givenText
}

// texts returns a list in a request as strings, or nil if the request has no such list.
func texts[T ~string](list *[]T) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(*list))
	for i, value := range *list {
		out[i] = string(value)
	}
	return out
}

// wireMembers returns Profiles as members of an audience.
func wireMembers(profiles []world.Profile) []api.AudienceMember {
	members := make([]api.AudienceMember, len(profiles))
	for i, p := range profiles {
		members[i] = api.AudienceMember{ProfileId: p.ID, Email: p.Email}
	}
	return members
}
