package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/sample"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the state that a preview is rendered with. A short one is in the URL of the page, so that the page can
// be sent to a colleague. A longer one is kept in the session. Either way the same URL shows the same state again.

const (
	maxStateInURL = 3000
	maxKept       = 20 // states of a session
)

// keptStates are the long states of a session. The numbers of the newest are in the URLs of pages.
type keptStates struct {
	last  int
	texts map[int]string
}

// keepState keeps a state for the URL of a page and returns its number.
func (s *session) keepState(text string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.states.texts == nil {
		s.states.texts = map[int]string{}
	}
	if s.states.texts[s.states.last] != text {
		s.states.last++
		s.states.texts[s.states.last] = text
		delete(s.states.texts, s.states.last-maxKept)
	}
	return s.states.last
}

func (s *session) keptState(number int) (text string, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, ok = s.states.texts[number]
	return text, ok
}

// statePath returns the path of the page that shows a Template with a state and a Profile.
func (v *visit) statePath(template, text, profile string) string {
	query := url.Values{}
	if state := url.QueryEscape(text); len(state) <= maxStateInURL {
		query.Set("state", text)
	} else {
		query.Set("kept", strconv.Itoa(v.session.keepState(text)))
	}
	if profile != "" {
		query.Set("profile", profile)
	}
	if v.r.URL.Query().Has("images") {
		query.Set("images", "1")
	}
	return "/dashboard/templates/" + template + "?" + query.Encode()
}

// inputError says what is wrong with an input. It is a sentence for the page.
type inputError struct{ message string }

func (e *inputError) Error() string { return e.message }

func wrongInput(format string, args ...any) error { return &inputError{fmt.Sprintf(format, args...)} }

var errStateGone = &inputError{"The state that this page showed was long, so it was kept only in the session in " +
	"which it was entered, and only for a while. This is the sample again."}

// stateOfURL returns the text of the state that the URL asks for, "" if it asks for none.
func (v *visit) stateOfURL() (text string, err error) {
	query := v.r.URL.Query()
	if !query.Has("kept") {
		return query.Get("state"), nil
	}
	number, _ := strconv.Atoi(query.Get("kept"))
	text, ok := v.session.keptState(number)
	if !ok {
		return "", errStateGone
	}
	return text, nil
}

// readState reads a state. The error says where the mistake is.
func readState(text string) (map[string]any, error) {
	var whole json.RawMessage
	if err := json.Unmarshal([]byte(text), &whole); err != nil {
		offset := int64(len(text))
		if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
			offset = min(offset, syntax.Offset)
		}
		return nil, wrongInput("This is not JSON. %s: %s.", lineAndColumn(text[:offset]), err)
	}
	value, err := cond.Decode(whole)
	if err != nil {
		return nil, wrongInput("%v.", err)
	}
	state, ok := value.(map[string]any)
	if !ok {
		return nil, wrongInput(`The state must be an object, such as {"data": {"orderId": "1001"}}.`)
	}
	known := sample.Buckets()
	for name, bucket := range state {
		if !slices.Contains(known, name) {
			return nil, wrongInput("The state has the member %q. It can have %s.", name, world.JoinNames(known))
		}
		if _, ok := bucket.(map[string]any); !ok {
			return nil, wrongInput("%q must be an object.", name)
		}
	}
	return state, nil
}

// lineAndColumn returns the place after a text: its line and column, from 1, in characters.
func lineAndColumn(before string) string {
	line := 1 + strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])
	return fmt.Sprintf("Line %d, column %d", line, max(1, column))
}

// written returns a value as JSON for people.
func written(value any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(value)
	return strings.TrimSpace(out.String()), err
}
