package faults

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Known are the names that a fault may use. Near returns the known names that are most like a name.
type Known struct {
	Operations, Codes func() []string
	Near              func(name string, known []string) []string
}

// Mistake is why a fault or a rate limit cannot be carried out. Field is the name of its Go field, "" for the whole.
// Text continues that name, such as "must not be negative". Value is a name that does not exist.
type Mistake struct {
	Field, Value, Text string
	Kind               Kind
}

// Member returns the name of the field in JSON and in forms, "" for the whole. It is that of the Go field, with a small
// letter.
func (mistake Mistake) Member() string {
	if mistake.Field == "" {
		return ""
	}
	return strings.ToLower(mistake.Field[:1]) + mistake.Field[1:]
}

// Kind is a kind of mistake.
type Kind int

// The kinds of mistakes.
const (
	Missing     Kind = iota // another field must be set
	Conflicting             // another field must not be set
	Unknown                 // there is no such name
	TooSmall
	TooLarge
	Malformed
)

// Mistakes are all mistakes of a fault or a rate limit. There is at least one if they are an error.
type Mistakes []Mistake

func (mistakes Mistakes) Error() string {
	texts := make([]string, len(mistakes))
	for i, mistake := range mistakes {
		if mistake.Value != "" {
			mistake.Field += fmt.Sprintf(" %q", mistake.Value)
		}
		texts[i] = strings.TrimSpace(mistake.Field + " " + mistake.Text)
	}
	return strings.Join(texts, "; ")
}

func (mistakes *Mistakes) add(wrong bool, field string, kind Kind, format string, args ...any) {
	if wrong {
		*mistakes = append(*mistakes, Mistake{Field: field, Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
}

// name refuses a name that is set and does not exist.
func (mistakes *Mistakes) name(field, what, name string, known Known, names func() []string) {
	if name == "" || slices.Contains(names(), name) {
		return
	}
	near := strings.Join(known.Near(name, names()), ", ")
	text := fmt.Sprintf("is not %s; the nearest are %s", what, near)
	*mistakes = append(*mistakes, Mistake{Field: field, Value: name, Text: text, Kind: Unknown})
}

// check returns all mistakes of a fault.
func (fault *Fault) check(known Known) (mistakes Mistakes) {
	mistakes.name("Operation", "an operation of the API", fault.Operation, known, known.Operations)
	mistakes.add(fault.Skip < 0, "Skip", TooSmall, "must not be negative; 0 lets no call pass")
	mistakes.add(fault.Times < 0, "Times", TooSmall, "must not be negative; 0 strikes for ever")
	mistakes.add(fault.Delay < 0, "Delay", TooSmall, "must not be negative; 0 is no delay")
	mistakes.add(fault.RetryAfter < 0, "RetryAfter", TooSmall, "must not be negative; 0 sends no Retry-After")
	mistakes.name("Code", "a code of the API (to send another one, set Body)", fault.Code, known, known.Codes)
	fault.checkEffect(&mistakes)
	fault.checkReply(&mistakes)
	_, err := copyDetails(fault.Details)
	mistakes.add(err != nil, "Details", Malformed, "must marshal to JSON: %v", err)
	return mistakes
}

// checkEffect refuses a fault without an effect, and one with two.
func (fault *Fault) checkEffect(mistakes *Mistakes) {
	var effects []string
	for _, effect := range []struct {
		name string
		set  bool
	}{
		{"Status", fault.Status != 0 && fault.Body == ""},
		{"Body", fault.Body != ""},
		{"Truncate", fault.Truncate},
		{"Drop", fault.Drop},
	} {
		if effect.set {
			effects = append(effects, effect.name)
		}
	}

	switch {
	case len(effects) > 1:
		last := len(effects) - 1
		mistakes.add(true, effects[last], Conflicting, "does not go together with %s; "+
			"a fault has one of Status, Body, Truncate and Drop, so add two faults, or leave one out",
			strings.Join(effects[:last], " and "))
	case len(effects) == 0 && fault.Delay <= 0:
		mistakes.add(true, "", Missing, "the fault does nothing; set Delay, Status, Body, Truncate or Drop")
	}
}

// checkReply refuses a status that a reply cannot have, and parts of a reply that the fault does not send.
func (fault *Fault) checkReply(mistakes *Mistakes) {
	fault.checkStatus(mistakes)
	for _, part := range []struct {
		name string
		set  bool
	}{
		{"Code", fault.Code != ""},
		{"Message", fault.Message != ""},
		{"Details", fault.Details != nil},
	} {
		mistakes.add(part.set && fault.Body != "", part.name, Conflicting,
			"is part of the API's own error, which Body replaces; leave one of them out")
		mistakes.add(part.set && fault.Body == "" && fault.Status == 0, part.name, Missing,
			"is part of an error reply; set Status too")
	}
	mistakes.add(fault.RetryAfter > 0 && fault.Status == 0 && fault.Body == "", "RetryAfter", Missing,
		"is part of an error reply; set Status too")
	mistakes.add(fault.ContentType != "" && fault.Body == "", "ContentType", Missing, "describes Body; set Body too")
	mistakes.add(!isHeader(fault.ContentType), "ContentType", Malformed, "must not contain control characters")
}

// checkStatus refuses a status that is no error's, or one that allows no Body.
func (fault *Fault) checkStatus(mistakes *Mistakes) {
	const least, most = http.StatusOK, 599
	switch status := fault.Status; {
	case status == 0:
	case status > most:
		mistakes.add(true, "Status", TooLarge, "must be at most %d", most)
	case fault.Body == "":
		mistakes.add(status < http.StatusBadRequest, "Status", TooSmall,
			"must be an error, from 400 to %d; with Body it may be any from %d", most, least)
	case status < least:
		mistakes.add(true, "Status", TooSmall, "must be at least %d", least)
	default:
		bodiless := []int{http.StatusNoContent, http.StatusResetContent, http.StatusNotModified}
		mistakes.add(slices.Contains(bodiless, status), "Status", Conflicting, "%d does not allow a Body", status)
	}
}

func isHeader(value string) bool {
	return !strings.ContainsFunc(value, func(char rune) bool { return char < ' ' || char == 0x7f })
}
