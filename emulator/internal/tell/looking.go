package tell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has what the questions about EmailSends, calls, events, runs and Profiles have in common. Each noun has a
// file looking_<noun>.go.

// Question asks for things of one kind. S is what it returns of each.
type Question[S any] interface {
	// String describes the question as failures show it.
	String() string

	words() words
	// read returns the newest limit things, oldest first. A limit below 1 means no limit. It returns an UnknownName if
	// the question names something that does not exist, because nothing could ever match.
	read(tx *world.Tx, limit int) ([]S, error)
	count(tx *world.Tx) (int, error)
	// lines describe a thing: a line, and more about it.
	lines(tx *world.Tx, one *S) ([]string, error)
	// missing explains why nothing matches.
	missing(tx *world.Tx, refused func() []Refusal) (string, error)
}

// words are how failures name what a question asks for: the method that makes the question, one thing, and several.
type words struct{ name, one, several string }

// Found returns the newest limit things that a question selects, oldest first. A limit below 1 means no limit.
func Found[S any](tx *world.Tx, q Question[S], limit int) ([]S, error) { return q.read(tx, limit) }

// Count counts the things that a question selects.
func Count[S any](tx *world.Tx, q Question[S]) (int, error) { return q.count(tx) }

// Only returns the thing that a question selects if it is exactly one. Otherwise it returns a failure that explains
// why.
func Only[S any](tx *world.Tx, q Question[S], refused func() []Refusal) (only *S, failure string, err error) {
	found, total, err := listed(tx, q)
	if err != nil {
		return nil, "", err
	}
	switch {
	case total == 1 && len(found) == 1 && doubtOf(q) == "":
		return &found[0], "", nil
	case total > 0:
		failure, err = tooMany(tx, q, found, total, "one")
	default:
		failure, err = q.missing(tx, refused)
	}
	return nil, withNote(failure, q), err
}

// None returns a failure that lists the things that a question selects, or "" if there are none.
func None[S any](tx *world.Tx, q Question[S]) (failure string, err error) {
	found, total, err := listed(tx, q)
	if err != nil || total == 0 && doubtOf(q) == "" {
		return "", err
	}
	failure, err = tooMany(tx, q, found, total, "none")
	return withNote(failure, q), err
}

const thingsListed = 8 // if there are too many

// listed returns the newest things that a question selects, and the count of all.
func listed[S any](tx *world.Tx, q Question[S]) (found []S, total int, err error) {
	if found, err = q.read(tx, thingsListed); err != nil {
		return nil, 0, err
	}
	total, err = q.count(tx)
	return found, total, err
}

// doubtful is a question that may not know everything that it asks for. Doubt says why its count may be too small, Note
// also why it cannot show everything that it counts. Both are "" if all is well.
type doubtful interface {
	Doubt() string
	Note() string
}

func doubtOf[S any](q Question[S]) string {
	if q, ok := q.(doubtful); ok {
		return q.Doubt()
	}
	return ""
}

// withNote adds what a question does not know to a failure.
func withNote[S any](failure string, q Question[S]) string {
	if q, ok := q.(doubtful); ok && failure != "" && q.Note() != "" {
		return failure + "\nnote: " + q.Note()
	}
	return failure
}

// tooMany lists things that should not be there.
func tooMany[S any](tx *world.Tx, q Question[S], found []S, total int, want string) (string, error) {
	word := q.words()
	noun := word.several
	if total == 1 {
		noun = word.one
	}
	lines := []string{fmt.Sprintf("%s: %d %s %s, want %s%s", word.name, total, noun, q, want, clockOf(tx))}
	if older := total - len(found); older > 0 {
		lines = append(lines, fmt.Sprintf("  … %d older ones", older))
	}
	for i := range found {
		more, err := q.lines(tx, &found[i])
		if err != nil {
			return "", err
		}
		lines = append(lines, "  "+strings.Join(more, "\n    "))
	}
	return strings.Join(lines, "\n"), nil
}

// describe joins the texts whose values are not "". They come in pairs of a value and its text.
func describe(pairs ...string) string {
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] != "" {
			parts = append(parts, pairs[i+1])
		}
	}
	if parts == nil {
		return "of any kind"
	}
	return strings.Join(parts, " ")
}

// checkWord returns an UnknownName if a word is not one of those that exist. The word "" is no word.
func checkWord(kind, word string, known []string) error {
	if word == "" || slices.Contains(known, word) {
		return nil
	}
	return unknown(kind, word, nearest(word, known))
}

// checkCode is checkWord for an error code. If the word is like no code, it may be the reason of an error.
func checkCode(code string, known []string) error {
	if code == "" || slices.Contains(known, code) {
		return nil
	}
	mistake := unknown("error code", code, nearest(code, known))
	if didYouMean(code, known) == "" {
		mistake.text += "; a reason such as template_archived is no code: it comes with " + world.CodeUnacceptable
	}
	return mistake
}

// keyed returns the id of the thing of a kind of the seed that has this key or id. If there is none, it returns an
// UnknownName. The noun is the product's word for the kind.
func keyed(tx *world.Tx, kind, noun, ref string) (id string, err error) {
	if id, err = tx.IDOf(kind, ref); id != "" || err != nil {
		return id, err
	}
	org, key, err := tx.KeyOf(kind, strings.ToLower(ref))
	if err != nil {
		return "", err
	}
	if org == tx.Org && key != "" {
		return strings.ToLower(ref), nil
	}
	known, err := tx.KeysOf(kind, -1)
	if err != nil {
		return "", err
	}
	return "", unknown(noun, ref, nearest(ref, known))
}

// nobody is an id that no Profile has.
const nobody = "nobody"

// Person returns the Profile with this email, id or externalId, or nil if there is none.
func Person(tx *world.Tx, ref string) (*world.Profile, error) {
	_, p, err := personNamed(tx, ref)
	return p, err
}

// personNamed returns the Profile with this email, id or externalId. If there is none, the Profile is nil and the id is
// that of a deleted Profile, if ref is one, and otherwise one that selects nothing. For "" both are empty.
func personNamed(tx *world.Tx, ref string) (id string, p *world.Profile, err error) {
	if ref == "" {
		return "", nil, nil
	}
	lower := strings.ToLower(strings.TrimSpace(ref))
	for _, find := range []func() (*world.Profile, error){
		func() (*world.Profile, error) { return tx.ProfileByEmail(lower) },
		func() (*world.Profile, error) { return tx.Profile(lower) },
		func() (*world.Profile, error) { return tx.ProfileByExternalID(ref) },
	} {
		if p, err = find(); p != nil || err != nil {
			break
		}
	}
	switch {
	case err != nil:
		return "", nil, err
	case p != nil:
		return p.ID, p, nil
	case uuid.Validate(lower) == nil:
		return lower, nil, nil
	}
	return nobody, nil, nil
}

// ProfileID returns the id of the Profile with this email, id or externalId. If there is none, nothing has the id that
// it returns.
func ProfileID(tx *world.Tx, ref string) (string, error) {
	id, _, err := personNamed(tx, ref)
	return id, err
}

// noPerson says which Profiles are near to the one that is asked for, if it does not exist.
func (r *report) noPerson(ref string, p *world.Profile) error {
	if ref == "" || p != nil {
		return nil
	}
	near, err := nearestProfiles(r.tx, ref)
	r.head = append(r.head, fmt.Sprintf("  no Profile has the email, id or externalId %q. %s", ref, near))
	r.named = true
	return err
}
