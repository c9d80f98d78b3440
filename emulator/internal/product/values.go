package product

import (
	"time"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Values as requests and replies have them.

// text is what a request gives, "" if it gives nothing.
func text[T ~string](s *T) string {
	if s == nil {
		return ""
	}
	return string(*s)
}

// opted is null for "".
func opted(s string) nullable.Nullable[string] {
	if s == "" {
		return nullable.NewNullNullable[string]()
	}
	return nullable.NewNullableWithValue(s)
}

// optedTime is null for the zero time.
func optedTime(t time.Time) nullable.Nullable[string] {
	if t.IsZero() {
		return opted("")
	}
	return opted(world.Stamp(t))
}

// given is what a request gives, null being "", or nil if it gives nothing.
func given(v nullable.Nullable[string]) *string {
	if !v.IsSpecified() {
		return nil
	}
	s, _ := v.Get()
	return &s
}

// texts is a list of a request as strings, nil when none was given.
func texts[T ~string](list *[]T) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(*list))
	for i, s := range *list {
		out[i] = string(s)
	}
	return out
}

// wireMembers are Profiles as members of an audience.
func wireMembers(profiles []world.Profile) []api.AudienceMember {
	members := make([]api.AudienceMember, len(profiles))
	for i, p := range profiles {
		members[i] = api.AudienceMember{ProfileId: p.ID, Email: p.Email}
	}
	return members
}
