package web_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// campaign is a browser at the dashboard of a shop that prepares a sale.
type campaign struct {
	browser
	client *segmentflow.Client
}

// openCampaign opens the dashboard of acme with a Segment of everybody and more Profiles.
func openCampaign(t *testing.T, profiles []emulator.SeedProfile, opts ...emulator.Option) campaign {
	t.Helper()
	b := open(t, append([]emulator.Option{emulator.WithSeedFile(acme)}, opts...)...)
	require.NoError(t, b.emu.Seed(emulator.Seed{
		Segments: []emulator.SeedSegment{{Key: "everybody", Name: "Everybody", Definition: true}},
		Profiles: profiles,
	}))
	return campaign{b, b.emu.Client()}
}

// sale makes a draft of a Broadcast to everybody. change may alter it first.
func (c campaign) sale(change func(*segmentflow.CreateBroadcastParams)) string {
	c.Helper()
	params := &segmentflow.CreateBroadcastParams{
		Name:                "Autumn sale",
		SegmentID:           c.emu.ID("segment", "everybody"),
		SubscriptionGroupID: c.emu.ID("subscriptionGroup", "offers"),
		TemplateID:          c.emu.ID("template", "autumn-sale"),
	}
	if change != nil {
		change(params)
	}
	made, err := c.client.Broadcasts.Create(c.Context(), params)
	require.NoError(c, err)
	return made.ID
}

// ask makes a confirmation of a Broadcast, and returns the path of its page.
func (c campaign) ask(broadcast string) string {
	c.Helper()
	made, err := c.client.Broadcasts.CreateConfirmation(c.Context(), broadcast)
	require.NoError(c, err)
	return strings.TrimPrefix(made.ConfirmationURL, origin)
}

func (c campaign) status(broadcast string) string {
	c.Helper()
	found, err := c.client.Broadcasts.Retrieve(c.Context(), broadcast)
	require.NoError(c, err)
	return string(found.Status)
}

var boxes = regexp.MustCompile(`<input type="checkbox" name="ack" value="([^"]+)" form="approve" required>`)

// acks returns a form in which all warnings of a page are acknowledged.
func acks(page string) url.Values {
	form := url.Values{}
	for _, box := range boxes.FindAllStringSubmatch(page, -1) {
		form.Add("ack", box[1])
	}
	return form
}

// mailsBehind follows the link with a text to the list of mail, and returns how many EmailSends are there.
func (c campaign) mailsBehind(link, page string) int {
	c.Helper()
	path := regexpFind(c.T, `href="(/dashboard/mail\?[^"]+)">`+link+`</a>`, page)
	return strings.Count(c.page(path), `<td><a href="/dashboard/mail/`)
}

// has requires that the text of a page contains all parts.
func (c campaign) has(page string, parts ...string) {
	c.Helper()
	for _, part := range parts {
		require.Contains(c, html.UnescapeString(text(page)), part)
	}
}

// regexpFind returns the first group of a pattern in a text, as HTML means it.
func regexpFind(t *testing.T, pattern, in string) string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(in)
	require.NotNil(t, found, pattern)
	return html.UnescapeString(found[1])
}
