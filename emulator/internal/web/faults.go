package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
)

// This file has the page about calls that fail on purpose, and about rate limits.

const faultsPath = "/dashboard/faults"

func faultPages() map[string]page {
	return map[string]page{
		"GET /dashboard/faults":                showFaults,
		"POST /dashboard/faults":               addFault,
		"POST /dashboard/faults/clear":         clearFaults,
		"POST /dashboard/faults/{id}/remove":   removeFault,
		"POST /dashboard/faults/limits":        setLimit,
		"POST /dashboard/faults/limits/remove": removeLimit,
	}
}

// faultsPage is the page, with the forms as the user left them.
type faultsPage struct {
	Faults []*faults.Active
	Fault  form
	Limits []faults.Limit
	Limit  form
	Preset []preset
}

// form has what the user wrote, and what is wrong with it, by field. The field "" is the whole form.
type form struct {
	Values url.Values
	Wrong  map[string]string
}

// input is a field of a form as its template shows it.
type input struct {
	Form, Name, Label, Hint, Kind string
	Value, Wrong                  string
	Options                       []string
}

// Field returns a field. Kind is the type of the input, or area or select. The operations are the options of operation,
// the codes those of code.
func (f form) Field(of, name, kind, label, hint string, options ...[]string) input {
	field := input{
		Form:  of,
		Name:  name,
		Kind:  kind,
		Label: label,
		Hint:  hint,
		Value: f.Values.Get(name),
		Wrong: f.Wrong[name],
	}
	for _, list := range options {
		field.Options = append(field.Options, list...)
	}
	if field.Value != "" && kind == "select" && !slices.Contains(field.Options, field.Value) {
		field.Options = append(field.Options, field.Value)
	}
	return field
}

// preset fills the form.
type preset struct{ Name, Path string }

// presets are what people try most often.
func presets() (list []preset) {
	for _, p := range []struct {
		name   string
		values url.Values
	}{
		{"503 once, with Retry-After", url.Values{"status": {"503"}, "times": {"1"}, "retryAfter": {"1s"}}},
		{"No answer for 30 s", url.Values{"delay": {"30s"}, "drop": {"on"}, "times": {"1"}}},
		{"Reply lost after the work", url.Values{"drop": {"on"}, "afterCommit": {"on"}, "times": {"1"}}},
		{"Reply cut in half", url.Values{"truncate": {"on"}, "times": {"1"}}},
		{"HTML page of a proxy", url.Values{
			"status": {"502"}, "contentType": {"text/html"}, "times": {"1"},
			"body": {"<html><h1>502 Bad Gateway</h1></html>"},
		}},
		{"Slow: 2 s for each call", url.Values{"delay": {"2s"}}},
	} {
		list = append(list, preset{p.name, faultsPath + "?" + p.values.Encode() + "#add"})
	}
	return list
}

// faults shows the page with its forms.
func (v *visit) faults(status int, fault, limit form) error {
	view := faultsPage{
		Faults: v.Faults.All(), Fault: fault, Limits: v.Limits.All(), Limit: limit, Preset: presets(),
	}
	operations, codes := v.Faults.Names()
	return v.show(status, "faults.html", "Faults and rate limits", struct {
		faultsPage
		Operations, Codes []string
	}{view, operations, codes})
}

func showFaults(v *visit) error {
	query := v.r.URL.Query()
	return v.faults(http.StatusOK, form{Values: query}, form{})
}

// addFault adds one fault, or shows what is wrong with it.
func addFault(v *visit) error {
	values := v.r.PostForm
	fault, wrong := readFault(values)
	if len(wrong) == 0 {
		active, err := v.Faults.Add(fault)
		mistakes, refused := errors.AsType[faults.Mistakes](err)
		if err == nil {
			return v.done(faultsPath, "Fault "+strconv.Itoa(active.Number)+" was added.")
		}
		if !refused {
			return err
		}
		wrong = wrongOf(mistakes)
	}
	return v.faults(http.StatusUnprocessableEntity, form{values, wrong}, form{})
}

// wrongOf returns mistakes by field.
func wrongOf(mistakes faults.Mistakes) map[string]string {
	wrong := map[string]string{}
	for _, mistake := range mistakes {
		text := mistake.Text
		if earlier := wrong[mistake.Member()]; earlier != "" {
			text = earlier + "; " + text
		}
		wrong[mistake.Member()] = text
	}
	return wrong
}

func readFault(values url.Values) (fault faults.Fault, wrong map[string]string) {
	wrong = readFields(values, map[string]any{
		"operation":   &fault.Operation,
		"skip":        &fault.Skip,
		"times":       &fault.Times,
		"to":          &fault.To,
		"key":         &fault.Key,
		"delay":       &fault.Delay,
		"status":      &fault.Status,
		"code":        &fault.Code,
		"message":     &fault.Message,
		"details":     &fault.Details,
		"retryAfter":  &fault.RetryAfter,
		"body":        &fault.Body,
		"contentType": &fault.ContentType,
		"truncate":    &fault.Truncate,
		"drop":        &fault.Drop,
		"afterCommit": &fault.AfterCommit,
	})
	return fault, wrong
}

// readFields reads the values of a form. It returns what is wrong, by field. An empty field is not set.
func readFields(values url.Values, fields map[string]any) map[string]string {
	wrong := map[string]string{}
	for name, field := range fields {
		given := strings.ReplaceAll(values.Get(name), "\r\n", "\n") // browsers send it for the end of a line
		value := strings.TrimSpace(given)
		if value == "" {
			continue
		}
		var err error
		message := ""
		switch to := field.(type) {
		case *string:
			*to = given
		case *bool:
			*to = true
		case *int:
			*to, err = strconv.Atoi(value)
			message = "must be a whole number"
		case *time.Duration:
			*to, err = cond.ParseSpan(value)
			message = "must be a duration such as 500ms, 1h30m or PT2S"
		case *map[string]any:
			*to, err = cond.DecodeObject([]byte(value))
			message = `must be a JSON object such as {"reason": "maintenance"}`
			if *to == nil {
				wrong[name] = message
			}
		}
		if err != nil {
			wrong[name] = message
		}
	}
	return wrong
}

func clearFaults(v *visit) error {
	v.Faults.Clear()
	return v.done(faultsPath, "All faults were removed.")
}

func removeFault(v *visit) error {
	number, err := strconv.Atoi(v.r.PathValue("id"))
	active := v.Faults.Find(number)
	if err != nil || active == nil {
		return v.refuse(faultsPath, "This fault has been removed already.")
	}
	v.Faults.Remove(active)
	return v.done(faultsPath, "Fault "+strconv.Itoa(number)+" was removed.")
}

// setLimit sets the rate limit of an operation, or shows what is wrong with it.
func setLimit(v *visit) error {
	var limit faults.Limit
	values := v.r.PostForm
	wrong := readFields(values, map[string]any{"operation": &limit.Operation, "n": &limit.N, "per": &limit.Per})
	if limit.N == 0 && wrong["n"] == "" {
		wrong["n"] = "must be at least 1"
	}
	if len(wrong) == 0 {
		err := v.Limits.Set(limit)
		mistakes, refused := errors.AsType[faults.Mistakes](err)
		if err == nil {
			return v.done(faultsPath, "The rate limit was set. Its buckets are full.")
		}
		if !refused {
			return err
		}
		wrong = wrongOf(mistakes)
	}
	return v.faults(http.StatusUnprocessableEntity, form{}, form{values, wrong})
}

func removeLimit(v *visit) error {
	operation := v.r.PostFormValue("operation")
	named := func(limit faults.Limit) bool { return limit.Operation == operation }
	if !slices.ContainsFunc(v.Limits.All(), named) {
		return v.refuse(faultsPath, "This rate limit has been removed already.")
	}
	if err := v.Limits.Set(faults.Limit{Operation: operation}); err != nil {
		return err
	}
	return v.done(faultsPath, "The rate limit was removed.")
}
