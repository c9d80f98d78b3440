package faults

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
)

// Which says which calls the fault strikes.
func (fault *Fault) Which() string {
	words := "Every call"
	if fault.Operation != "" {
		words = "Calls of " + fault.Operation
	}
	if fault.To != "" {
		words += " to " + fault.To
	}
	if fault.Key != "" {
		words += " with the idempotency key " + fault.Key
	}
	if fault.Match != nil {
		words += " that a function of the test chooses"
	}
	if fault.Skip > 0 {
		words += "; it lets " + format.Plural(fault.Skip, "call", "calls") + " pass first"
	}
	if fault.Times > 0 {
		words += "; it strikes " + format.Plural(fault.Times, "time", "times")
	}
	return words
}

// What says what the fault does.
func (fault *Fault) What() string {
	words := ""
	if fault.Delay > 0 {
		words = "waits " + fault.Delay.String() + ", then "
	}
	switch {
	case fault.Drop:
		words += "sends no reply and closes the connection"
	case fault.Truncate:
		words += "does the work, sends half of the reply and closes the connection"
	case fault.Body != "":
		words += fmt.Sprintf("answers %d with %s: %s", fault.ReplyStatus(), fault.MediaType(), format.Value(fault.Body))
	case fault.Status != 0:
		words += "answers " + strings.TrimSpace(strconv.Itoa(fault.Status)+" "+fault.Code)
		if fault.Message != "" {
			words += " “" + format.Value(fault.Message) + "”"
		}
		if fault.Details != nil {
			words += " with details"
		}
	default:
		words += "goes on as usual"
	}
	if fault.RetryAfter > 0 {
		words += ", Retry-After " + fault.RetryAfter.String()
	}
	if fault.AfterCommit {
		words += "; the work is done before"
	}
	return words
}
