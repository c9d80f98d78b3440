package tell

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the question about Profiles.

// Profiles asks for Profiles. Each of its terms must hold.
type Profiles struct{ terms []term }

// term is one condition of the question. kind and ref name what must exist for it.
type term struct {
	text      string
	kind, ref string
	noun      string // of the kind
	condition any    // as a document
	property  string // that the term asks for, "" for other terms
	email     string // or externalId that the term asks for, "" for other terms
	err       error  // of a value that is no JSON
}

// WithEmail selects the Profile with this email, in any case.
func (q Profiles) WithEmail(email string) Profiles {
	email = strings.ToLower(strings.TrimSpace(email))
	if email == "" {
		return q
	}
	return q.and(term{text: "with email " + email, condition: profileHas("email", email), email: email})
}

// WithExternalID selects the Profile with this externalId.
func (q Profiles) WithExternalID(id string) Profiles {
	if id == "" {
		return q
	}
	return q.and(term{text: "with externalId " + id, condition: profileHas("externalId", id), email: id})
}

// WithProperty selects Profiles whose property has this value. The value nil selects those without the property.
func (q Profiles) WithProperty(name string, value any) Profiles {
	raw, err := json.Marshal(value)
	if err != nil {
		err = fmt.Errorf("the value of Property(%q) is no JSON: %w", name, err)
	}
	one := term{text: fmt.Sprintf("with %s %s", name, cond.Shorten(string(raw), 100)), property: name, err: err}
	one.condition = profileHas(name, json.RawMessage(raw))
	if string(raw) == "null" {
		one.text = "without " + name
		one.condition = map[string]any{"$state": cond.Below("/profile", name), "exists": false}
	}
	return q.and(one)
}

// WithSubscription selects Profiles that are subscribed to a SubscriptionGroup, by their choice or by the policy of the
// group, or those that are not.
func (q Profiles) WithSubscription(group string, subscribed bool) Profiles {
	one := term{kind: "subscriptionGroup", noun: "SubscriptionGroup", ref: group}
	one.text, one.condition = "subscribed to "+group, map[string]any{"subscribed": group}
	if !subscribed {
		one.text, one.condition = "unsubscribed from "+group, map[string]any{"$not": one.condition}
	}
	return q.and(one)
}

// WithSegment selects the members of a Segment.
func (q Profiles) WithSegment(segment string) Profiles {
	return q.and(term{
		text: "in Segment " + segment,
		kind: "segment", noun: "Segment", ref: segment,
		condition: map[string]any{"inSegment": segment},
	})
}

// and returns the question with one more term. It does not change q.
func (q Profiles) and(one term) Profiles { return Profiles{append(slices.Clip(q.terms), one)} }

func profileHas(name string, value any) any {
	return map[string]any{"$state": cond.Below("/profile", name), "eq": value}
}

func (q Profiles) words() words { return words{"profiles", "Profile", "Profiles"} }

// String describes the question as failures show it.
func (q Profiles) String() string {
	var pairs []string
	for _, one := range q.terms {
		pairs = append(pairs, one.text, one.text)
	}
	return describe(pairs...)
}

// conditionOf returns a condition that the Profiles pass for which all terms hold.
func conditionOf(terms []term) (*cond.Cond, error) {
	var all []any
	for _, one := range terms {
		all = append(all, one.condition)
	}
	if all == nil {
		all = []any{true}
	}
	raw, err := json.Marshal(map[string]any{"$and": all})
	if err != nil {
		return nil, err
	}
	condition, findings := cond.ParseJSON(raw)
	for _, finding := range findings {
		err = errors.Join(err, errors.New(strings.TrimSpace(finding.Path+" "+finding.Message)))
	}
	return condition, err
}

func (q Profiles) condition(tx *world.Tx) (*cond.Cond, error) {
	for _, one := range q.terms {
		if one.err != nil {
			return nil, one.err
		}
		if one.kind == "" {
			continue
		}
		if _, err := keyed(tx, one.kind, one.noun, one.ref); err != nil {
			return nil, err
		}
	}
	return conditionOf(q.terms)
}

func (q Profiles) read(tx *world.Tx, limit int) ([]ProfileStory, error) {
	condition, err := q.condition(tx)
	if err != nil {
		return nil, err
	}
	found, err := tx.ProfilesWhere(condition, limit)
	if err != nil {
		return nil, err
	}
	slices.Reverse(found)
	stories := make([]ProfileStory, len(found))
	for i := range found {
		story, err := profileStory(tx, &found[i])
		if err != nil {
			return nil, err
		}
		stories[i] = *story
	}
	return stories, nil
}

func (q Profiles) count(tx *world.Tx) (int, error) {
	condition, err := q.condition(tx)
	if err != nil {
		return 0, err
	}
	return tx.CountWhere(condition)
}

func (q Profiles) lines(tx *world.Tx, one *ProfileStory) ([]string, error) {
	line := fmt.Sprintf("%s  Profile %s", world.Stamp(one.Profile.CreatedAt), one.Profile.Email)
	if one.Profile.ExternalID != "" {
		line += ", externalId " + one.Profile.ExternalID
	}
	line += ", " + one.Profile.ID
	if one.Suppressed != "" {
		line += ", suppressed: " + one.Suppressed
	}
	if len(q.terms) == 0 {
		return []string{line}, nil
	}
	condition, err := conditionOf(q.terms)
	if err != nil {
		return nil, err
	}
	why, err := tx.ExplainFor(&one.Profile, condition)
	return append([]string{line, "because " + cond.Shorten(why, 400)}, q.misspelt(one)...), err
}

// misspelt returns a line for each property that the Profile lacks while it has one with a similar name.
func (q Profiles) misspelt(one *ProfileStory) (lines []string) {
	names := slices.Collect(maps.Keys(one.Properties))
	for _, asked := range q.terms {
		if asked.property == "" || slices.Contains(names, asked.property) {
			continue
		}
		if near := similar(asked.property, names); len(near) > 0 {
			lines = append(lines, fmt.Sprintf("it has no property %s, but %s", asked.property, near[0]))
		}
	}
	return lines
}

// profilesExplained is how many Profiles a failure compares with the question.
const profilesExplained = 500

func (q Profiles) missing(tx *world.Tx, refused func() []Refusal) (string, error) {
	r := newReport(tx, Query{}, refused())
	r.head = []string{fmt.Sprintf("profiles: no Profile %s%s", q, clockOf(tx))}
	for _, one := range q.terms {
		if one.email == "" {
			continue
		}
		found, err := Profiles{[]term{one}}.count(tx)
		if err != nil {
			return "", err
		}
		if found == 0 {
			near, err := nearestProfiles(tx, one.email)
			if err != nil {
				return "", err
			}
			r.head = append(r.head, fmt.Sprintf("  there is no Profile %s. %s", one.text, near))
		}
	}
	others := func() error { return r.otherProfiles(q) }
	return r.write(others, r.calls, r.parked)
}

// otherProfiles lists the Profiles that do not match, with why. The one for which the most terms hold comes first, then
// one with a property of a similar name, then that of the most similar email, then the newest.
func (r *report) otherProfiles(q Profiles) error {
	stories, err := (Profiles{}).read(r.tx, profilesExplained)
	if err != nil {
		return err
	}
	if len(stories) == 0 {
		r.head = append(r.head, "there is no Profile")
		return nil
	}
	total, err := (Profiles{}).count(r.tx)
	if err != nil {
		return err
	}
	slices.Reverse(stories)

	holds, asked := map[string]int{}, ""
	for _, one := range q.terms {
		asked = cmp.Or(asked, one.email)
		condition, err := conditionOf([]term{one})
		if err != nil {
			return err
		}
		found, err := r.tx.ProfilesWhere(condition, 0)
		if err != nil {
			return err
		}
		for i := range found {
			holds[found[i].ID]++
		}
	}
	slices.SortStableFunc(stories, func(a, b ProfileStory) int {
		return cmp.Or(
			cmp.Compare(holds[b.Profile.ID], holds[a.Profile.ID]),
			cmp.Compare(len(q.misspelt(&b)), len(q.misspelt(&a))),
			cmp.Compare(editDistance(asked, a.Profile.Email), editDistance(asked, b.Profile.Email)),
		)
	})

	blocks := make([]block, len(stories))
	for i := range stories {
		if i >= partBlocks {
			continue // it is only counted
		}
		if blocks[i].lines, err = q.lines(r.tx, &stories[i]); err != nil {
			return err
		}
	}
	blocks[len(blocks)-1].unread = total - len(stories)
	r.add(rankNear, "Profiles that there are, nearest first", blocks)
	return nil
}

// ProfileNamed returns the story of the Profile with this email, id or externalId.
func ProfileNamed(tx *world.Tx, ref string) (*ProfileStory, error) {
	p, err := Person(tx, ref)
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, world.NotFound("Profile", ref)
	}
	return profileStory(tx, p)
}
