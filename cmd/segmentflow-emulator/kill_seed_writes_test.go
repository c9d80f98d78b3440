package main_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

const writers = 3

// work runs several callers, each with records of its own to write to. It kills the server when enough writes were
// acknowledged.
func (r *restarts) work(s *server, enough int) {
	r.Helper()
	left := enough
	acknowledged := func(what string) {
		r.count(what)
		r.mu.Lock()
		defer r.mu.Unlock()
		if left--; left == 0 {
			_ = s.command.Process.Kill()
		}
	}
	var callers sync.WaitGroup
	for n := range writers {
		c := &caller{
			restarts:     r,
			server:       s,
			client:       s.client(segmentflow.WithMaxRetries(0)),
			acknowledged: acknowledged,
			random:       rand.New(rand.NewPCG(r.random.Uint64(), 0)),
		}
		for i, p := range r.people {
			if i%writers == n {
				c.mine = append(c.mine, p)
			}
		}
		for i, l := range r.letters {
			if i%writers == n {
				c.letters = append(c.letters, l)
			}
		}
		callers.Go(func() {
			for c.step() {
			}
		})
	}
	callers.Wait()
	require.False(r, r.Failed())
}

// caller writes to its own Profiles and Templates.
type caller struct {
	*restarts
	server       *server
	client       *segmentflow.Client
	random       *rand.Rand
	mine         []*record[person]
	letters      []*record[letter]
	acknowledged func(what string)
}

// gone reports whether a call had no response. A refusal fails the test.
func (c *caller) gone(err error) bool {
	if err != nil {
		refused, answered := errors.AsType[*segmentflow.Error](err)
		if answered && refused.Status != 0 {
			assert.NoError(c, err)
		}
	}
	return err != nil
}

// step makes one write and reports whether there was a response.
func (c *caller) step() bool {
	if c.random.IntN(3) == 0 {
		return c.letter(pick(c, c.letters, func(l letter) bool { return l.There }))
	}
	p, others := pick(c, c.mine, func(p person) bool { return p.There })
	switch kind := c.random.IntN(14); {
	case kind < 3:
		return c.send(p)
	case kind < 6:
		return c.track(p)
	case kind == 6:
		return c.oneClick(p)
	case kind == 7 && others && c.random.IntN(3) == 0:
		return write(c, p, person{}, "deletions", func() error { return c.client.Profiles.Delete(c.Context(), p.id) })
	default:
		return c.change(p, kind)
	}
}

// pick returns one of the existing records, and reports whether there are others.
func pick[T comparable](c *caller, records []*record[T], there func(T) bool) (rec *record[T], others bool) {
	records = slices.DeleteFunc(slices.Clone(records), func(rec *record[T]) bool { return !there(rec.now) })
	return records[c.random.IntN(len(records))], len(records) > 1
}

func (c *caller) change(p *record[person], kind int) bool {
	next, ctx := p.now, c.Context()
	var what string
	var call func() error
	patch := func(params segmentflow.UpdateProfileParams) func() error {
		return func() error {
			_, err := c.client.Profiles.Update(ctx, p.id, &params)
			return err
		}
	}
	switch {
	case kind > 10:
		next.ExternalID, what = c.value("api"), "external ids"
		call = patch(segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value(next.ExternalID)})
	case kind > 8:
		next.A, what = c.value("api"), "properties"
		call = patch(segmentflow.UpdateProfileParams{Properties: map[string]any{"a": next.A}})
	default:
		what = "subscriptions"
		if next.Subscribed = "Unsubscribed"; p.now.Subscribed == next.Subscribed {
			next.Subscribed = "Subscribed"
		}
		call = func() error {
			_, err := c.client.Profiles.SetSubscription(ctx, p.id, c.ids.SeedID("subscriptionGroup", "club"),
				&segmentflow.SetSubscriptionParams{Status: next.Subscribed})
			return err
		}
	}
	return write(c, p, next, what, call)
}

// write makes a call that changes the state of a record to next.
func write[T comparable](c *caller, rec *record[T], next T, what string, call func() error) bool {
	if c.gone(call()) {
		rec.maybe = &next
		return false
	}
	rec.now = next
	c.acknowledged(what)
	return true
}

func (c *caller) letter(l *record[letter], others bool) bool {
	next, ctx := l.now, c.Context()
	switch kind := c.random.IntN(8); {
	case kind == 0 && others:
		return write(c, l, letter{}, "Template deletions", func() error { return c.client.Templates.Delete(ctx, l.id) })
	case kind < 5:
		next.Name = c.value("api")
		return write(c, l, next, "Template edits", func() error {
			_, err := c.client.Templates.Update(ctx, l.id, &segmentflow.UpdateTemplateParams{Name: next.Name})
			return err
		})
	case l.now.Archived:
		next.Archived = false
		return write(c, l, next, "Template archivals", func() error {
			_, err := c.client.Templates.Unarchive(ctx, l.id)
			return err
		})
	default:
		next.Archived = true
		return write(c, l, next, "Template archivals", func() error {
			_, err := c.client.Templates.Archive(ctx, l.id)
			return err
		})
	}
}

func (c *caller) send(p *record[person]) bool {
	receipt := &segmentflow.SendEmailParams{TemplateID: c.ids.SeedID("template", "receipt"), ProfileID: p.id}
	send, err := c.client.Emails.Send(c.Context(), receipt, segmentflow.WithIdempotencyKey(c.value("send")))
	if c.gone(err) {
		return false
	}
	c.mu.Lock()
	c.sends = append(c.sends, send.ID)
	c.mu.Unlock()
	c.acknowledged("sends")
	return true
}

func (c *caller) track(p *record[person]) bool {
	event, err := c.client.Events.Track(c.Context(), &segmentflow.TrackEventParams{
		Event:   "visited",
		Profile: segmentflow.ProfileIdentity{Email: p.key},
	}, segmentflow.WithIdempotencyKey(c.value("track")))
	if c.gone(err) {
		return false
	}
	c.mu.Lock()
	c.events = append(c.events, event.EventID)
	c.mu.Unlock()
	c.acknowledged("events")
	return true
}

var unsubscribeLink = regexp.MustCompile(`List-Unsubscribe: <http://[^/]+(/u/[^>]+)>`)

// oneClick sends an email to the club and uses its one-click unsubscribe link.
func (c *caller) oneClick(p *record[person]) bool {
	if p.now.Subscribed != "Subscribed" {
		return true
	}
	send, err := c.client.Emails.Send(c.Context(), &segmentflow.SendEmailParams{
		ProfileID:           p.id,
		TemplateID:          c.ids.SeedID("template", "receipt"),
		SubscriptionGroupID: c.ids.SeedID("subscriptionGroup", "club"),
	})
	if c.gone(err) {
		return false
	}
	if send, err = c.client.Emails.Retrieve(c.Context(), send.ID); c.gone(err) {
		return false
	}
	_, raw, err := c.server.call("GET", "/_emulator/messages/"+*send.MessageID+"/raw", "")
	if err != nil {
		return false
	}

	link := unsubscribeLink.FindStringSubmatch(raw)
	if !assert.NotNil(c, link, raw) {
		return false
	}

	next := p.now
	next.Subscribed = "Unsubscribed"
	return write(c, p, next, "one-click unsubscribes", func() error {
		status, answer, err := c.server.call("POST", link[1], "List-Unsubscribe=One-Click",
			"Content-Type", "application/x-www-form-urlencoded")
		assert.True(c, err != nil || status == http.StatusOK, answer)
		return err
	})
}

// verify compares the world with what was acknowledged. Of sends and events it checks the newest: max(all, 50) of each.
func (r *restarts) verify(s *server, all int) {
	r.Helper()
	client, ctx := s.client(), r.Context()
	shown := map[string]*segmentflow.Profile{}
	for p, err := range client.Profiles.All(ctx, &segmentflow.ListProfilesParams{Limit: 100}) {
		require.NoError(r, err)
		shown[p.Email] = &p
	}
	for _, p := range r.people {
		found := person{}
		if profile := shown[p.key]; profile != nil {
			require.Equal(r, p.id, profile.ID, p.key)
			found = r.seen(client, profile)
		}
		p.settle(r.T, found)
		delete(shown, p.key)
	}
	require.Empty(r, shown, "there are no other Profiles")

	templates, err := client.Templates.List(ctx, nil)
	require.NoError(r, err)
	for _, l := range r.letters {
		found := letter{}
		if i := slices.IndexFunc(templates, func(t segmentflow.Template) bool { return t.ID == l.id }); i >= 0 {
			found = letter{true, templates[i].Status == segmentflow.TemplateStatusArchived, templates[i].Name}
		}
		l.settle(r.T, found)
	}
	for _, id := range r.sends[max(0, len(r.sends)-max(all, 50)):] {
		_, err := client.Emails.Retrieve(ctx, id)
		require.NoError(r, err, id)
	}
	for _, id := range r.events[max(0, len(r.events)-max(all, 50)):] {
		require.Equal(r, "visited", s.get("/_emulator/events/" + id)["event"])
	}
}

func (r *restarts) seen(client *segmentflow.Client, p *segmentflow.Profile) person {
	r.Helper()
	found := person{There: true}
	require.NoError(r, json.Unmarshal(p.Properties["a"].Value, &found.A))
	require.NoError(r, json.Unmarshal(p.Properties["b"].Value, &found.B))
	if p.ExternalID != nil {
		found.ExternalID = *p.ExternalID
	}
	subscriptions, err := client.Profiles.Subscriptions(r.Context(), p.ID)
	require.NoError(r, err)
	require.Len(r, subscriptions, 1)
	found.Subscribed = subscriptions[0].Status
	return found
}
