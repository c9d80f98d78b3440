package cond

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Phrase is an English sentence about a condition, or about something that has conditions. Of lists what it is about,
// such as the conditions that a list joins.
type Phrase struct {
	Text string
	Of   []Phrase
}

// Words says in English what the condition asks for. It does not say whether that is so; Explain does.
func (c *Cond) Words() Phrase { return c.root.words() }

// String returns the phrase in one line.
func (phrase Phrase) String() string {
	parts := make([]string, len(phrase.Of))
	for i, part := range phrase.Of {
		parts[i] = part.String()
		if len(part.Of) > 0 {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.TrimSpace(phrase.Text + " " + strings.Join(parts, "; "))
}

func plain(format string, args ...any) Phrase { return Phrase{Text: fmt.Sprintf(format, args...)} }

func (n *Const) words() Phrase {
	if n.Value {
		return plain("always")
	}
	return plain("never")
}

func (n *And) words() Phrase { return joined("all of these:", n.Of) }

func (n *Or) words() Phrase { return joined("at least one of these:", n.Of) }

func (n *Not) words() Phrase { return joined("not:", []Node{n.Of}) }

func joined(text string, list []Node) Phrase {
	phrase := Phrase{Text: text}
	if len(list) == 1 && text != "not:" {
		return list[0].words()
	}
	for _, n := range list {
		phrase.Of = append(phrase.Of, n.words())
	}
	return phrase
}

func (n *Compare) words() Phrase {
	text := n.Pointer.Words() + " " + operatorOf(n.Op).words
	switch {
	case n.Op == OpTruthy:
	case n.Operand.Ref != nil && n.Op == OpExists:
		text = n.Pointer.Words() + " exists if, and only if, this is true: " + n.Operand.Ref.Words()
	case n.Operand.Ref != nil:
		text += " " + n.Operand.Ref.Words()
	case n.Op == OpExists && n.Operand.Literal == true:
		text = n.Pointer.Words() + " exists"
	case n.Op == OpExists:
		text = n.Pointer.Words() + " does not exist"
	case n.Op == OpWithin:
		width, _ := parseWidth(n.Operand.Literal)
		text += " " + DurationWords(width)
	default:
		text += " " + Literal(n.Operand.Literal)
	}
	if n.Negate {
		return plain("not true: %s", text)
	}
	return plain("%s", text)
}

func (n *Performed) words() Phrase {
	name := " " + Quote(n.Event)
	switch {
	case n.Prefix && n.Event == "":
		name = " of any name"
	case n.Prefix:
		name = " with a name that begins with " + Quote(n.Event)
	}
	phrase := plain("the Profile has %s%s%s", n.Count.words(), name, windowWords(n.Windowed, n.Within))
	if n.Filter != nil {
		phrase.Text += ", of which this is true:"
		phrase.Of = []Phrase{n.Filter.words()}
	}
	return phrase
}

// words says how many events there are. The usual counts have words of their own.
func (bound Count) words() string {
	switch bound {
	case Count{OpGte, 1}, Count{OpGt, 0}:
		return "an event"
	case Count{OpLt, 1}, Count{OpLte, 0}, Count{OpEq, 0}:
		return "no event"
	}
	words := ""
	for _, row := range countOperators {
		if row.op == bound.Op {
			words = row.words
		}
	}
	return words + " " + plural(strconv.Itoa(bound.N), "event")
}

func windowWords(windowed bool, width time.Duration) string {
	if !windowed {
		return ""
	}
	return " within the last " + DurationWords(width)
}

// wordsOfMail says what each kind of mail fact means.
var wordsOfMail = map[string]string{
	"sent":       "an email was sent to the Profile",
	"delivered":  "an email to the Profile was delivered",
	"opened":     "the Profile has opened an email",
	"clicked":    "the Profile has clicked a link in an email",
	"bounced":    "an email to the Profile has bounced",
	"complained": "the Profile has reported an email as spam",
}

func (n *Received) words() Phrase {
	text := wordsOfMail[n.Kind]
	if n.Template != "" {
		text += ", made from the Template " + Quote(n.Template)
	}
	return plain("%s%s", text, windowWords(n.Windowed, n.Within))
}

func (n *Subscribed) words() Phrase {
	return plain("the Profile is subscribed to %s, by its choice or by the group's policy", Quote(n.Group))
}

func (n *InSegment) words() Phrase {
	return plain("the Profile is in the Segment %s", Quote(n.Segment))
}

func (n *Bucket) words() Phrase {
	percent := strings.TrimRight(strings.TrimRight(fmt.Sprintf("%d.%02d", n.Limit/100, n.Limit%100), "0"), ".")
	return plain("the Profile is among the %s %% of all that %s picks", percent, Quote(n.Salt))
}

// Words says in English what is at a pointer.
func (pointer Pointer) Words() string {
	owners := map[string]string{
		"profile": "the Profile's ", "event": "the event's ", "data": "the data's ", "system": "the system's ",
	}
	if len(pointer) < 2 || owners[pointer[0]] == "" {
		return "the value at " + Shorten(pointer.String(), longestValue)
	}
	return owners[pointer[0]] + Shorten(strings.TrimPrefix(pointer[1:].String(), "/"), longestValue)
}

// Literal returns a value as English text shows it. It shortens long ones.
func Literal(v any) string {
	switch v := v.(type) {
	case string:
		return Quote(v)
	case []any:
		items, long := make([]string, 0, len(v)), 0
		for _, item := range v {
			if long > longestExplanation {
				return strings.Join(items, ", ") + fmt.Sprintf(" and %d more", len(v)-len(items))
			}
			items = append(items, Literal(item))
			long += len(items[len(items)-1])
		}
		return strings.Join(items, ", ")
	}
	return shortJSON(v)
}

// Quote returns a text in quotation marks. It shortens a long one.
func Quote(text string) string { return "“" + Shorten(text, longestValue) + "”" }

// DurationWords returns a duration with all of its units, such as 1 day 12 hours.
func DurationWords(d time.Duration) string {
	units := []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}}
	var parts []string
	for _, unit := range units {
		if n := d / unit.size; n > 0 {
			parts = append(parts, plural(strconv.FormatInt(int64(n), 10), unit.name))
			d %= unit.size
		}
	}
	if d > 0 || parts == nil {
		seconds := strconv.FormatFloat(d.Seconds(), 'f', -1, 64)
		parts = append(parts, plural(seconds, "second"))
	}
	return strings.Join(parts, " ")
}

func plural(n, unit string) string {
	if n == "1" {
		return n + " " + unit
	}
	return n + " " + unit + "s"
}
