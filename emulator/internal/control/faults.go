package control

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/faults"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the routes about faults and rate limits.

func (p *Plane) faults(*http.Request) (answer, error) {
	return shownFaults(p.Faults.All()), nil
}

func shownFaults(all []*faults.Active) answer {
	shown := make([]any, len(all))
	for i, active := range all {
		shown[i] = shownFault(active)
	}
	return answer{value: map[string]any{"faults": shown}}
}

// addFault adds one fault and answers with it.
func (p *Plane) addFault(r *http.Request) (answer, error) {
	body, err := objectOf(r, `must be a JSON object such as {"operation": "sendEmail", "status": 503}`)
	if err != nil {
		return answer{}, err
	}
	var fault faults.Fault
	if issues := p.readFault(body, "", &fault, nil); len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}
	active, err := p.Faults.Add(fault)
	if err != nil {
		return answer{}, closed(err)
	}
	return answer{value: shownFault(active)}, nil
}

// replaceFaults replaces all faults or, if one is wrong, none. A fault with the id of a present one continues it.
func (p *Plane) replaceFaults(r *http.Request) (answer, error) {
	list, issues, err := listOf(r, "faults")
	if err != nil {
		return answer{}, err
	}
	items, present := make([]faults.Item, len(list)), map[int]bool{}
	for i, value := range list {
		at := "/faults/" + strconv.Itoa(i)
		body, ok := value.(map[string]any)
		if !ok {
			issues = append(issues, inBody(at, gateway.CodeType, "must be an object"))
			continue
		}
		item, hits := &items[i], 0
		shown := map[string]reader{"id": whole(&item.Number), "hits": whole(&hits)} // as GET shows them
		issues = append(issues, p.readFault(body, at, &item.Fault, shown)...)
		if _, given := body["id"]; given && (p.Faults.Find(item.Number) == nil || present[item.Number]) {
			message := "must be the id of a present fault, each once; leave it out for a new fault"
			issues = append(issues, inBody(at+"/id", gateway.CodeConflict, message))
		}
		present[item.Number] = true
	}
	if len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}
	all, err := p.Faults.Replace(items)
	return shownFaults(all), closed(err)
}

func (p *Plane) clearFaults(*http.Request) (answer, error) {
	p.Faults.Clear()
	return answer{}, nil
}

func (p *Plane) faultOf(r *http.Request) (*faults.Active, error) {
	number, err := strconv.Atoi(r.PathValue("id"))
	if active := p.Faults.Find(number); err == nil && active != nil {
		return active, nil
	}
	return nil, world.NotFound("Fault", r.PathValue("id"))
}

func (p *Plane) fault(r *http.Request) (answer, error) {
	active, err := p.faultOf(r)
	if err != nil {
		return answer{}, err
	}
	return answer{value: shownFault(active)}, nil
}

func (p *Plane) removeFault(r *http.Request) (answer, error) {
	active, err := p.faultOf(r)
	if err == nil {
		p.Faults.Remove(active)
	}
	return answer{}, err
}

func (p *Plane) rateLimits(*http.Request) (answer, error) {
	shown := []any{}
	for _, limit := range p.Limits.All() {
		shown = append(shown, map[string]any{
			"operation": limit.Operation,
			"n":         limit.N,
			"per":       limit.Per.String(),
		})
	}
	return answer{value: map[string]any{"limits": shown}}, nil
}

// replaceRateLimits replaces all rate limits or, if one is wrong, none.
func (p *Plane) replaceRateLimits(r *http.Request) (answer, error) {
	list, issues, err := listOf(r, "limits")
	if err != nil {
		return answer{}, err
	}
	limits, present := make([]faults.Limit, len(list)), map[string]bool{}
	for i, value := range list {
		at, limit := "/limits/"+strconv.Itoa(i), &limits[i]
		body, ok := value.(map[string]any)
		if !ok {
			issues = append(issues, inBody(at, gateway.CodeType, "must be an object"))
			continue
		}
		issues = append(issues, p.readLimit(body, at, limit)...)
		if present[limit.Operation] {
			issues = append(issues, inBody(at+"/operation", gateway.CodeConflict, "is in the list twice"))
		}
		present[limit.Operation] = true
	}
	if len(issues) > 0 {
		return answer{}, gateway.Invalid(inOrder(issues)...)
	}
	if err := p.Limits.Replace(limits); err != nil {
		return answer{}, closed(err)
	}
	return p.rateLimits(r)
}

// readLimit reads the members of a rate limit at a place, and checks it.
func (p *Plane) readLimit(body map[string]any, at string, limit *faults.Limit) []gateway.Issue {
	issues := readMembers(body, at, map[string]reader{
		"operation": text(&limit.Operation),
		"n":         whole(&limit.N),
		"per":       duration(&limit.Per),
	})
	if _, given := body["n"]; !given {
		issues = append(issues, inBody(at+"/n", gateway.CodeRequired, "is required"))
	}
	if len(issues) > 0 {
		return issues
	}
	return issuesOf(p.Limits.Check(*limit), at)
}

// closed returns the API's error for a closed list.
func closed(err error) error {
	if errors.Is(err, faults.ErrClosed) {
		return world.ErrClosed
	}
	return err
}

// shownFault returns a fault as PUT takes it. What it does not say is left out.
func shownFault(active *faults.Active) any {
	fault := &active.Fault
	return struct {
		ID          int            `json:"id"`
		Operation   string         `json:"operation,omitempty"`
		Skip        int            `json:"skip,omitempty"`
		Times       int            `json:"times,omitempty"`
		To          string         `json:"to,omitempty"`
		Key         string         `json:"key,omitempty"`
		Delay       span           `json:"delay,omitempty"`
		Status      int            `json:"status,omitempty"`
		Code        string         `json:"code,omitempty"`
		Message     string         `json:"message,omitempty"`
		Details     map[string]any `json:"details,omitzero"`
		RetryAfter  span           `json:"retryAfter,omitempty"`
		Body        string         `json:"body,omitempty"`
		ContentType string         `json:"contentType,omitempty"`
		Truncate    bool           `json:"truncate,omitempty"`
		Drop        bool           `json:"drop,omitempty"`
		AfterCommit bool           `json:"afterCommit,omitempty"`
		Hits        int            `json:"hits"`
	}{
		active.Number, fault.Operation, fault.Skip, fault.Times, fault.To, fault.Key, span(fault.Delay),
		fault.Status, fault.Code, fault.Message, fault.Details, span(fault.RetryAfter), fault.Body, fault.ContentType,
		fault.Truncate, fault.Drop, fault.AfterCommit, active.Hits(),
	}
}

// span is a duration in Go's form.
type span time.Duration

// MarshalText returns the text of the duration.
func (d span) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }
