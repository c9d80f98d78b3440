package segmentflow

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const mostSpan = 9999 // minutes or hours

// scheduled returns the request body for params. Params without a time are an issue and are not sent. How a server
// treats a schedule without a time is not documented, and it must not be taken as "now".
func (is *issues) scheduled(params *ScheduleCarrierParams) any {
	if params == nil {
		return params
	}
	is.times(params.ScheduledAt, params.ScheduledIn)
	if params.ScheduledAt.IsZero() && params.ScheduledIn == 0 {
		is.add("body", "/scheduledAt", "required", "must not be empty")
	}
	return ScheduleCarrierParams{params.ScheduledAt.UTC(), params.ScheduledIn}
}

// times checks the time of a carrier.
func (is *issues) times(at time.Time, in time.Duration) {
	switch {
	case in == 0:
	case !at.IsZero():
		is.add("body", "/scheduledAt", "conflict", "must come from ScheduledAt or ScheduledIn, not both")
	case in < time.Minute || in%time.Minute != 0:
		is.add("body", "/scheduledAt", "min", "must be whole minutes ahead, at least one")
	case span(in) == "":
		is.add("body", "/scheduledAt", "max", "must be at most 9999 minutes or 9999 hours ahead")
	}
}

// span returns the API's form of a duration, such as "in 2 hours", or "" if there is none.
func span(in time.Duration) string {
	switch {
	case in < time.Minute || in%time.Minute != 0:
	case in == time.Hour:
		return "in 1 hour" // the only documented spelling
	case in%time.Hour == 0 && in <= mostSpan*time.Hour:
		return fmt.Sprintf("in %d hours", in/time.Hour)
	case in <= mostSpan*time.Minute:
		return fmt.Sprintf("in %d minutes", in/time.Minute)
	}
	return ""
}

// parseSpan is the inverse of span. It also reads days and weeks.
func parseSpan(text string) (time.Duration, bool) {
	words := strings.Split(text, " ")
	if len(words) != 3 || words[0] != "in" {
		return 0, false
	}
	units := map[string]time.Duration{
		"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour, "week": 7 * 24 * time.Hour,
	}
	count, err := strconv.Atoi(words[1])
	unit := units[strings.TrimSuffix(words[2], "s")]
	return time.Duration(count) * unit, err == nil && unit != 0 && count > 0 && count <= mostSpan
}

// carrierTimes is the JSON form of a ScheduledAt and a ScheduledIn.
type carrierTimes struct {
	ScheduledAt any `json:"scheduledAt,omitzero"`
	// ScheduledIn is set only if ScheduledAt has no place for it. The API refuses such params.
	ScheduledIn time.Duration `json:"scheduledIn,omitzero"`
}

func timesOf(at time.Time, in time.Duration) carrierTimes {
	switch text := span(in); {
	case !at.IsZero():
		return carrierTimes{at, in}
	case text != "":
		return carrierTimes{text, 0}
	}
	return carrierTimes{nil, in}
}

// readTimes reads the members of carrierTimes.
func readTimes(data []byte, at *time.Time, in *time.Duration) error {
	var read struct {
		ScheduledAt *string
		ScheduledIn *time.Duration
	}
	if err := json.Unmarshal(data, &read); err != nil {
		return err
	}
	if read.ScheduledAt == nil {
		*in = *cmp.Or(read.ScheduledIn, in)
		return nil
	}

	// The member replaces both fields, because it is the JSON of both.
	if ahead, ok := parseSpan(*read.ScheduledAt); ok {
		*at, *in = time.Time{}, ahead
		return nil
	}
	exact, ok := parseTime(*read.ScheduledAt)
	if !ok {
		return errors.New(`segmentflow: scheduledAt is neither a time nor a span such as "in 2 hours"`)
	}
	*at, *in = exact, orDefaults(read.ScheduledIn)
	return nil
}

// MarshalJSON returns the params as the body of the request. Only together with a time it contains "send": true. Alone
// that would ask for an immediate send.
func (params CreateBroadcastParams) MarshalJSON() ([]byte, error) {
	type fields CreateBroadcastParams // has no methods
	times := timesOf(params.ScheduledAt, params.ScheduledIn)
	return json.Marshal(struct {
		fields
		Send bool `json:"send,omitzero"`
		carrierTimes
	}{fields(params), times.ScheduledAt != nil, times})
}

// UnmarshalJSON reads what MarshalJSON writes, and the body of any request that creates a Broadcast. It ignores "send",
// so a body that asks for an immediate send becomes a draft.
func (params *CreateBroadcastParams) UnmarshalJSON(data []byte) error {
	type fields CreateBroadcastParams // has no methods
	if err := json.Unmarshal(data, (*fields)(params)); err != nil {
		return err
	}
	return readTimes(data, &params.ScheduledAt, &params.ScheduledIn)
}

// MarshalJSON returns the params as the body of the request.
func (params ScheduleCarrierParams) MarshalJSON() ([]byte, error) {
	return json.Marshal(timesOf(params.ScheduledAt, params.ScheduledIn))
}

// UnmarshalJSON reads what MarshalJSON writes, and the body of any request that schedules a carrier.
func (params *ScheduleCarrierParams) UnmarshalJSON(data []byte) error {
	return readTimes(data, &params.ScheduledAt, &params.ScheduledIn)
}
