// Package brand has what a brand looks like, what is allowed there, and how an extraction of it goes on. It is pure.
package brand

import (
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/lazy"
)

// Look is what a brand looks like. An empty member is none.
type Look struct {
	Logo   string   `json:"logo,omitempty"` // the URL of an image
	Colors *Colors  `json:"colors,omitempty"`
	Fonts  []string `json:"fonts,omitempty"`
}

// IsEmpty reports whether it has nothing.
func (look *Look) IsEmpty() bool {
	return look.Logo == "" && look.Colors == nil && len(look.Fonts) == 0
}

// Colors are the colors of a brand, such as #1b4332. An empty one is none.
type Colors struct {
	Primary    string `json:"primary,omitempty"`
	Secondary  string `json:"secondary,omitempty"`
	Accent     string `json:"accent,omitempty"`
	Background string `json:"background,omitempty"`
	Text       string `json:"text,omitempty"`
}

// OrNil returns the colors, nil if there are none.
func (c Colors) OrNil() *Colors {
	if c == (Colors{}) {
		return nil
	}
	return &c
}

// Color is a color with its name.
type Color struct{ Name, Value string }

// All returns all colors, also those that are none, in the order of the contract.
func (c Colors) All() []Color {
	return []Color{
		{"primary", c.Primary},
		{"secondary", c.Secondary},
		{"accent", c.Accent},
		{"background", c.Background},
		{"text", c.Text},
	}
}

// The limits of the contract.
const (
	maxURL   = 2048
	maxFonts = 20
	maxFont  = 100
)

var (
	anURL  = lazy.Regexp(`^https?://[^\s/?#]+[^\s]*$`)
	aColor = lazy.Regexp(`^#[0-9a-fA-F]{6}$`)
)

// Check calls report with a JSON pointer for each member that the contract does not allow.
func (look *Look) Check(report func(path, message string)) {
	report = orNone(report)
	report("/logo", CheckURL(look.Logo))
	if look.Colors != nil {
		for _, color := range look.Colors.All() {
			if color.Value != "" {
				report("/colors/"+color.Name, unless(aColor(), color.Value, "must be a color such as #1b4332"))
			}
		}
	}
	if len(look.Fonts) > maxFonts {
		report("/fonts", fmt.Sprintf("must have at most %d names", maxFonts))
	}
	for i, font := range look.Fonts {
		if length := utf8.RuneCountInString(font); length == 0 || length > maxFont {
			report(fmt.Sprintf("/fonts/%d", i), fmt.Sprintf("must have 1 to %d characters", maxFont))
		}
	}
}

// CheckURL returns what is wrong with a URL, "" if nothing is.
func CheckURL(text string) string {
	switch {
	case text == "":
		return ""
	case utf8.RuneCountInString(text) > maxURL:
		return fmt.Sprintf("must have at most %d characters", maxURL)
	}
	return unless(anURL(), text, "must be a URL that begins with http:// or https://")
}

func unless(allowed *regexp.Regexp, text, message string) string {
	if allowed.MatchString(text) {
		return ""
	}
	return message
}

// orNone makes a report of no message do nothing.
func orNone(report func(path, message string)) func(path, message string) {
	return func(path, message string) {
		if message != "" {
			report(path, message)
		}
	}
}
