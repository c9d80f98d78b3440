package browsertest_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
)

// sightings are what must not happen in a tab: errors and warnings, also those of the content security policy,
// exceptions, dialogs, and requests that leave the emulator.
type sightings struct {
	origin string // of the emulator
	mu     sync.Mutex
	list   []string
	refuse []string // the URLs of pages that answer with an error, as the test expects

	// blocked is set if the browser may say what it did not let an email do.
	blocked bool
}

// begin forgets everything, for a test with an emulator.
func (s *sightings) begin(origin string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.origin, s.list, s.refuse, s.blocked = origin, nil, nil, false
}

// expect allows a page to answer with a status that the console reports.
func (s *sightings) expect(url string, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if status >= 400 {
		s.refuse = append(s.refuse, url)
	}
}

// block allows the browser to say what it did not let an email do.
func (s *sightings) block() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.blocked = true
}

// all returns all sightings and forgets them.
func (s *sightings) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.list
	s.list = nil
	return list
}

// see gets all events of a tab.
func (s *sightings) see(event any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sight := s.wrong(event); sight != "" {
		s.list = append(s.list, sight)
	}
}

// wrong describes what is wrong about an event. It returns "" if nothing is.
func (s *sightings) wrong(event any) string {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		return fmt.Sprintf("an exception: %s", e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		text := ""
		for _, arg := range e.Args {
			text += " " + string(arg.Value)
		}
		return fmt.Sprintf("a script wrote to the console: %s%s", e.Type, text)
	case *log.EventEntryAdded:
		return s.logged(*e.Entry)
	case *page.EventJavascriptDialogOpening:
		return fmt.Sprintf("a dialog of %s opened: %s", e.URL, e.Message)
	case *network.EventRequestWillBeSent:
		if e.Request.URL != s.origin && !strings.HasPrefix(e.Request.URL, s.origin+"/") &&
			!strings.HasPrefix(e.Request.URL, "data:") {
			return fmt.Sprintf("a request left the emulator: %s", e.Request.URL)
		}
	}
	return ""
}

func (s *sightings) logged(entry log.Entry) string {
	expected := entry.Source == "network" && slices.Contains(s.refuse, entry.URL) ||
		s.blocked && (strings.HasPrefix(entry.Text, "Blocked script execution") ||
			strings.HasPrefix(entry.Text, "Refused to refresh"))
	if expected || entry.Level != "error" && entry.Level != "warning" {
		return ""
	}
	return fmt.Sprintf("the console has: %s: %s: %s %s", entry.Source, entry.Level, entry.Text, entry.URL)
}
