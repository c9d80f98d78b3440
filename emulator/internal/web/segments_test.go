package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// seedOf is a seed from its JSON document.
func seedOf(t *testing.T, doc string) emulator.Seed {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(doc))
	require.NoError(t, err)
	return seed
}

// segment returns the path of the page of a Segment.
func (b browser) segment(key string) string { return "/dashboard/segments/" + b.emu.ID("segment", key) }

func TestTheListOfSegmentsSaysWhoIsIn(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme), emulator.WithSeed(seedOf(t,
		`{"segments": [{"key": "friends", "name": "Friends", "members": ["alex@example.com"]}]}`)))
	words := text(b.page("/dashboard/segments"))
	require.Contains(t, words, "Gold members gold Dynamic the Profile&#39;s tier is “gold” no")
	require.Contains(t, words, "Friends friends Manual the Profiles that it lists: 1 yes")
	require.Contains(t, words, "all of these: the Profile&#39;s firstName exists; the Profile has no event "+
		"“order.created” within the last 90 days")
}

func TestAPageOfASegmentHasItsMembersAndTests(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	page := b.page(b.segment("gold"))
	require.Contains(t, text(page), "1 member now Dynamic gold")
	require.Contains(t, text(page), "alex@example.com cus_123")
	require.Contains(t, text(page), "Nobody notes now who enters or leaves this Segment")
	require.Contains(t, page, `href="/dashboard/people/`+b.emu.ID("profile", "alex@example.com")+`"`)

	for who, want := range map[string]string{
		"alex@example.com": "is a member . /profile/tier (&#34;gold&#34;) eq &#34;gold&#34; → true",
		"cus_124": "bruno@example.com is not a member . " +
			"/profile/tier (&#34;silver&#34;) eq &#34;gold&#34; → false",
		"nobody": "There is no Profile with this email, id or externalId.",
		"<b>":    "There is no Profile with this email, id or externalId.",
	} {
		page := b.page(b.segment("gold") + "?who=" + url.QueryEscape(who))
		require.Contains(t, text(page), want)
		require.NotContains(t, page, "<b>")
	}
	require.JSONEq(t, `{"$state": "/profile/tier", "eq": "gold"}`, b.page(b.segment("gold")+"/definition"))

	response, _ := b.do("GET", "/dashboard/segments/gold?who=x", nil)
	require.Equal(t, b.segment("gold")+"?who=x", response.Request.URL.RequestURI())
	for _, path := range []string{"/dashboard/segments/nope", "/dashboard/segments/nope/definition"} {
		status, _ := b.get(path)
		require.Equal(t, 404, status, path)
	}
}

func TestASegmentThatAJourneyListensToNotesWhoEntersAndLeaves(t *testing.T) {
	journey := `"journeys": [{"key": "welcome", "status": "Active", "entry": {"type": "segment", "segment": "gold"},
		"start": "e", "nodes": [{"id": "e", "type": "exit"}]}]`
	b := open(t, emulator.WithSeedFile(acme), emulator.WithSeed(seedOf(t, `{`+journey+`}`)))
	require.Contains(t, text(b.page(b.segment("gold"))),
		"Nobody has entered or left since an Active Journey began to listen to it. "+
			"Those who were members before are not listed.")
	require.Contains(t, text(b.page(b.segment("gold"))), "Journey welcome Active who joins it enters")

	tier := func(email, tier string) {
		_, err := b.emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{Event: "x",
			Profile: segmentflow.ProfileIdentity{Email: email, Properties: map[string]any{"tier": tier}}})
		require.NoError(t, err)
	}
	tier("bruno@example.com", "gold")
	b.emu.Advance(time.Hour)
	tier("bruno@example.com", "gold")
	tier("alex@example.com", "silver")
	words := text(b.page(b.segment("gold")))
	require.Contains(t, words, "When Profile What now alex@example.com left "+
		"1 h ago bruno@example.com entered What uses it")

	// An edit of the condition moves members too.
	require.NoError(t, b.emu.Seed(seedOf(t, `{"segments": [{"key": "gold", "name": "Gold members",
		"definition": {"$state": "/profile/tier", "eq": "silver"}}]}`)))
	words = text(b.page(b.segment("gold")))
	require.Contains(t, words, "When Profile What now alex@example.com entered now bruno@example.com left now")

	// When nobody listens any more, the page says so, and keeps what was noted.
	b.emu.Pause("welcome")
	tier("bruno@example.com", "silver")
	words = text(b.page(b.segment("gold")))
	require.Contains(t, words, "The changes below were noted while there was such a Journey. "+
		"When Profile What now alex@example.com entered")

	// What is erased leaves the log.
	require.NoError(t, b.emu.Client().Profiles.Delete(t.Context(), b.emu.ID("profile", "bruno@example.com")))
	words = text(b.page(b.segment("gold")))
	_, changes, _ := strings.Cut(words, "Who lately entered or left")
	require.NotContains(t, changes, "bruno@example.com")
	require.NotContains(t, changes, "a deleted Profile")
}

func TestAManualSegmentNotesItsChanges(t *testing.T) {
	list := func(members string) emulator.Seed {
		return seedOf(t, `{"segments": [{"key": "friends", "name": "Friends", "members": [`+members+`]}]}`)
	}
	b := open(t, emulator.WithSeedFile(acme), emulator.WithSeed(list(`"alex@example.com"`)))
	b.emu.Advance(time.Hour)
	require.NoError(t, b.emu.Seed(list(`"bruno@example.com"`)))
	words := text(b.page(b.segment("friends")))
	require.Contains(t, words, "1 member now Manual friends Who is in it the Profiles that it lists")
	require.Contains(t, words, "now bruno@example.com entered now alex@example.com left "+
		"1 h ago alex@example.com entered")
	require.Contains(t, text(b.page(b.segment("friends")+"?who=alex@example.com")),
		"is not a member . The Segment does not list it.")
	status, _ := b.get(b.segment("friends") + "/definition")
	require.Equal(t, 404, status, "a Manual Segment has none")
}

// TestManyEventsOfOneInstantAreCounted has more events than are read at once.
func TestManyEventsOfOneInstantAreCounted(t *testing.T) {
	b := open(t, emulator.WithSeed(seedOf(t, `{
		"profiles": [{"email": "often@example.com"}, {"email": "less@example.com"}],
		"segments": [{"key": "regulars", "name": "Regulars", "definition":
			{"performed": {"event": "visit", "count": {"gte": 250}, "filter": {"$state": "/event/n", "lt": 300}}}}]}`)))
	for who, visits := range map[string]int{"often@example.com": 310, "less@example.com": 249} {
		for n := range visits {
			_, err := b.emu.Client().Events.Track(t.Context(), &segmentflow.TrackEventParams{
				Event: "visit", Profile: segmentflow.ProfileIdentity{Email: who}, Data: map[string]any{"n": n}})
			require.NoError(t, err)
		}
	}
	for who, want := range map[string]string{
		"often@example.com": "is a member . performed visit with a filter (250 or more) gte 250 → true",
		"less@example.com":  "is not a member . performed visit with a filter (249) gte 250 → false",
	} {
		require.Contains(t, text(b.page(b.segment("regulars")+"?who="+who)), want)
	}
	require.Contains(t, text(b.page(b.segment("regulars"))), "1 member now")
}

func TestMembersAndChangesArePaged(t *testing.T) {
	b := open(t, emulator.WithSeed(seedOf(t, `{"segments": [{"key": "s", "name": "S",
		"definition": {"performed": {"event": "e"}}}], "journeys": [{"key": "j", "status": "Active",
		"entry": {"type": "segment", "segment": "s"}, "start": "x", "nodes": [{"id": "x", "type": "exit"}]}]}`)))
	require.Contains(t, text(b.page(b.segment("s"))), "Nobody is in it now. A Profile joins as soon as")
	for i := range 70 {
		b.track("e", fmt.Sprintf("p%02d@example.com", i), nil)
	}
	seen := map[string]bool{}
	member := regexp.MustCompile(`<td><a href="/dashboard/people/[^"]*">(p\d\d@example.com)</a></td><td></td>`)
	for path := b.segment("s"); path != ""; {
		page := b.page(path)
		require.Contains(t, text(page), "70 members now")
		for _, found := range member.FindAllStringSubmatch(page, -1) {
			seen[found[1]] = true
		}
		path = ""
		if next := regexp.MustCompile(`href="([^"]*)" rel="next"`).FindStringSubmatch(page); next != nil {
			path = strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	require.Len(t, seen, 70)

	page := b.page(b.segment("s"))
	require.Equal(t, 20, strings.Count(page, "<td>entered</td>"))
	earlier := regexp.MustCompile(`href="(\?changes=\d+)#changes"`).FindStringSubmatch(page)
	require.NotNil(t, earlier)
	require.Contains(t, b.page(b.segment("s")+earlier[1]), "p49@example.com</a></td><td>entered")
	for _, query := range []string{"before=x", "before=1_x", "changes=x", "changes=-1"} {
		require.Contains(t, text(b.page(b.segment("s")+"?"+query)), "There is no such place in the list of")
	}
}

func TestASegmentNamesAllThatUsesIt(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme), emulator.WithSeed(seedOf(t, `{"segments": [
		{"key": "vip", "name": "VIP", "definition": {"inSegment": "gold"}}], "journeys": [{"key": "j",
		"entry": {"type": "api"}, "audience": {"inSegment": "gold"}, "start": "e",
		"nodes": [{"id": "e", "type": "exit"}]}]}`)))
	broadcast, err := b.emu.Client().Broadcasts.Create(t.Context(), &segmentflow.CreateBroadcastParams{
		Name: "</a><script>", SegmentID: b.emu.ID("segment", "gold"),
		From: "shop@acme.example", Subject: "S", Text: "T"})
	require.NoError(t, err)
	page := b.page(b.segment("gold"))
	require.Contains(t, text(page), "Broadcast &lt;/a&gt;&lt;script&gt; ")
	require.Contains(t, page, `href="/dashboard/broadcasts/`+broadcast.ID+`"`)
	require.Contains(t, text(page), "Segment VIP Dynamic in its condition")
	require.Contains(t, text(page), "Journey j Draft in a condition")
	require.Contains(t, text(b.page(b.segment("vip"))), "No Journey, Broadcast, NewsletterIssue or Segment uses it.")
}

func TestALargeConditionIsCut(t *testing.T) {
	x, y := strings.Repeat("x", 70), strings.Repeat("y", 500)
	terms := strings.Repeat(`{"$state": "/profile/`+x+`", "eq": "`+y+`"}, `, 900)
	b := open(t, emulator.WithSeed(seedOf(t, `{"segments": [{"key": "large",
		"name": "`+strings.Repeat("</script>\u202e", 800)+`", "definition": {"$or": [`+terms+`false]}}]}`)))
	for _, path := range []string{b.segment("large"), "/dashboard/segments"} {
		page := b.page(path)
		require.Less(t, len(page), 300_000)
		require.NotContains(t, contentOf(page), "</script>")
	}
	require.Contains(t, text(b.page(b.segment("large"))), "more")
	require.Greater(t, len(b.page(b.segment("large")+"/definition")), 300_000)
}
