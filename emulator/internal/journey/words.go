package journey

import (
	"fmt"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// This file says in English what a definition says.

func sentence(format string, args ...any) cond.Phrase {
	return cond.Phrase{Text: fmt.Sprintf(format, args...)}
}

// named is a condition with the name that it has in its node.
func named(name string, condition *cond.Cond) cond.Phrase {
	phrase := condition.Words()
	phrase.Text = cond.Quote(name) + ": " + phrase.Text
	return phrase
}

// trigger is what ends a wait or a run: an event, or a condition that becomes true.
func trigger(name, event string, filter, condition *cond.Cond, matchKey bool) cond.Phrase {
	if condition != nil {
		return named(name, condition)
	}
	phrase := sentence("%s: an event %s", cond.Quote(name), cond.Quote(event))
	if matchKey {
		phrase.Text += " with the key of the run"
	}
	if filter != nil {
		phrase.Text += ", of which this is true:"
		phrase.Of = []cond.Phrase{filter.Words()}
	}
	return phrase
}

// thenWords says what Skip, Continue and Exit make a run do.
func thenWords(then string) string {
	if then == Exit {
		return "the run ends"
	}
	return "the run goes on"
}

// Words says what the node does.
func (n *Node) Words() cond.Phrase {
	if n.behavior == nil {
		return sentence("cannot be read")
	}
	return n.behavior.words(n)
}

// Words says what the rule ends a run for.
func (r ExitRule) Words() cond.Phrase {
	return trigger(r.ID, r.Event, r.Filter, r.Condition, r.MatchKey)
}

// Words says how runs begin, and who may enter.
func (d *Definition) Words() (phrases []cond.Phrase) {
	about := func(text string, condition *cond.Cond) {
		if condition != nil {
			phrases = append(phrases, cond.Phrase{Text: text, Of: []cond.Phrase{condition.Words()}})
		}
	}
	add := func(yes bool, format string, args ...any) {
		if yes {
			phrases = append(phrases, sentence(format, args...))
		}
	}

	add(true, "%s", d.Entry.Words())
	about("only if this is true:", d.Entry.Filter)
	about("only for Profiles of which this is true:", d.Audience)
	add(d.Entry.EnrollExisting, "members that the Segment already has enter when the Journey is activated")
	add(d.Entry.Key != nil, "its key is %s", d.Entry.Key.Words())
	again := map[string]string{
		ReenterAlways:    "a Profile may enter again at any time",
		ReenterAfterExit: "a Profile may enter again when its last run has ended",
		ReenterOnce:      "a Profile may enter once",
	}[d.Reentry.Mode]
	if d.Entry.Key != nil {
		again = strings.Replace(again, "enter", "enter with the same key", 1)
	}
	add(again != "", "%s", again)
	add(d.Reentry.Cooldown > 0, "not before %s have passed since it last entered",
		cond.DurationWords(d.Reentry.Cooldown))
	add(d.Settings.OnPause == Drain, "while it is paused, runs go on to their next email")
	add(d.Settings.ExitDuringDelay == AtEnd, "an exit rule ends a run at the end of its delay")
	return phrases
}

// Words says what starts a run.
func (e Entry) Words() string {
	switch e.Type {
	case EntryEvent:
		return "an event " + cond.Quote(e.Event) + " starts a run"
	case EntrySegment:
		return "a Profile that joins the Segment " + cond.Quote(e.Segment) + " starts a run"
	}
	return "a call of the API starts a run"
}

func assignmentWords(fields []assignment) (phrases []cond.Phrase) {
	for _, field := range fields {
		phrases = append(phrases, sentence("%s: %s", cond.Quote(field.name), field.value.words()))
	}
	return phrases
}

// words says what a value is.
func (v *value) words() string {
	switch v.kind {
	case state:
		return v.pointer.Words()
	case choice:
		text := v.then.words() + " if this is true: " + v.cond.Words().String()
		if v.els != nil {
			text += "; otherwise " + v.els.words()
		}
		return text
	case text:
		return cond.Quote(v.template())
	case list:
		items := make([]string, len(v.parts))
		for i, part := range v.parts {
			items[i] = part.words()
		}
		return "a list of " + strings.Join(items, ", ")
	case object:
		parts := make([]string, len(v.fields))
		for i, field := range v.fields {
			parts[i] = field.name + ": " + field.value.words()
		}
		return "an object of " + strings.Join(parts, ", ")
	}
	if v.literal == nil {
		return "nothing"
	}
	return cond.Literal(v.literal)
}

// template returns a template as it is written.
func (v *value) template() string {
	var out strings.Builder
	for _, part := range v.parts {
		if part.kind == state {
			out.WriteString("${" + part.pointer.String() + "}")
			continue
		}
		s, _ := cond.Text(part.literal)
		out.WriteString(s)
	}
	return out.String()
}
