package web_test

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// mailTo sends an email with some data from a Template of the seed, and returns the id of its EmailSend.
func (b browser) mailTo(template, to string, data map[string]any) string {
	b.Helper()
	return b.mailWith(segmentflow.SendEmailParams{
		TemplateID: b.emu.ID("template", template),
		To:         &segmentflow.Recipient{Email: to},
		Data:       data,
	})
}

func (b browser) mailWith(params segmentflow.SendEmailParams) string {
	b.Helper()
	send, err := b.emu.Client().Emails.Send(b.Context(), &params)
	require.NoError(b, err)
	return send.ID
}

// inline is a seed with one Template, whose key is "inline".
func inline(definition map[string]any) emulator.Option {
	return emulator.WithSeed(emulator.Seed{
		Domains:        []emulator.SeedDomain{{Domain: "shop.example", Status: "verified"}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "shop", Email: "hello@shop.example", Default: true}},
		Templates: []emulator.SeedTemplate{
			{Key: "inline", Name: "Inline", Purpose: "Transactional", Definition: definition},
		},
	})
}

func mailPath(id string) string { return "/dashboard/mail/" + id }

func TestTheListOfMailTeachesTheCallThatFillsIt(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	page := b.page("/dashboard/mail")
	require.Contains(t, page, "client.Emails.Send(ctx")
	require.Contains(t, page, "curl "+origin+"/api/v1/emails")
	require.NotContains(t, page, "<table")
	b.sendExample(page)
	require.Contains(t, b.page("/dashboard/mail"), "<table")
}

// sendExample sends the email that the example in a page sends.
func (b browser) sendExample(page string) {
	b.Helper()
	_, err := b.emu.Client().Emails.Send(b.Context(), &segmentflow.SendEmailParams{
		TemplateID: regexpFind(b.T, `TemplateID: "([^"]+)"`, page),
		To:         &segmentflow.Recipient{Email: "alex@example.com"},
	})
	require.NoError(b, err)
}

func TestTheListOfMailShowsWhateverBecameOfIt(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	sent := b.mailTo("order-receipt", "alex@example.com", map[string]any{"orderId": "ord_1"})
	b.mailTo("order-receipt", "bounced@simulator.test", map[string]any{"orderId": "ord_2"})
	require.NoError(t, b.emu.Bounce(b.emu.Outbox().To("alex@example.com").Last(), emulator.BounceHard))
	skipped := b.mailTo("order-receipt", "alex@example.com", map[string]any{"orderId": "ord_3"})
	b.trial("kim@example.com")

	page := b.page("/dashboard/mail")
	require.Contains(t, page, `<a href="`+mailPath(sent)+`">Your order ord_1</a>`)
	require.Contains(t, page, `<a href="`+mailPath(skipped)+`">Your order ord_3</a>`)
	require.Contains(t, page, "the address bounces")
	require.Contains(t, page, "/dashboard/templates/"+b.emu.ID("template", "order-receipt"))
	run := b.emu.Runs("trial-onboarding").Last()
	require.Contains(t, page, `<a href="/dashboard/runs/`+run.RunID+`">Journey trial-onboarding</a>`)
	require.Less(t, strings.Index(page, "ord_3"), strings.Index(page, "ord_1"), "the newest comes first")
}

func TestMailIsSearched(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	first := b.mailTo("order-receipt", "alex@example.com", map[string]any{"orderId": "Größe_42"})
	second := b.mailTo("password-reset", "Kim@Example.com", map[string]any{"resetUrl": "https://acme.example/r"})
	b.trial("lee@example.com")
	third, run := b.emu.Sends().To("lee@example.com").Last().ID, b.emu.Runs("trial-onboarding").Last().RunID

	all := []string{first, second, third}
	for query, want := range map[string][]string{
		"":                        all,
		"to=alex@example.com":     {first},
		"to=+KIM@":                {second},
		"to=example":              all,
		"to=%25":                  nil,
		"subject=YOUR+ORDER":      {first},
		"subject=GRÖSSE":          nil, // ß has no capital that is one letter
		"subject=grÖß":            {first},
		"template=password-reset": {second},
		"template=" + b.emu.ID("template", "order-receipt"): {first},
		"carrier=email":                           {first, second},
		"carrier=journey":                         {third},
		"carrier=journey&carrierId=" + run:        {third},
		"carrierId=" + strings.ToUpper(run):       {third},
		"carrierId=" + first:                      {first},
		"status=Sent":                             all,
		"status=Failed":                           nil,
		"to=alex&template=password-reset":         nil,
		"to=alex&template=order-receipt&subject=": {first},
	} {
		status, page := b.get("/dashboard/mail?" + query)
		require.Equal(t, 200, status, query)
		for _, id := range all {
			shown := strings.Contains(page, `"`+mailPath(id)+`"`)
			require.Equal(t, slices.Contains(want, id), shown, "%s %s", query, id)
		}
		if want == nil {
			require.Contains(t, text(page), "No EmailSend matches the search", query)
			require.Contains(t, page, `<a href="/dashboard/mail">Clear the search</a>`)
		}
	}
}

func TestASearchThatFindsNoMailSaysWhatIsNear(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	b.mailTo("order-receipt", "alex@example.com", nil)
	for query, want := range map[string]string{
		"to=alx@example.com":                `<a href="/dashboard/mail?to=alex%40example.com">alex@example.com</a>`,
		"template=order-recept":             "order-receipt",
		"status=sent":                       "Sent",
		"carrier=jorney":                    "journey",
		"carrierId=nothing":                 "There is no carrier &#34;nothing&#34;",
		"to=%3Cscript%3E":                   "&lt;script&gt;",
		"to=" + strings.Repeat("x", 10_000): "No EmailSend matches",
	} {
		status, page := b.get("/dashboard/mail?" + query)
		require.Equal(t, 200, status, query)
		require.Contains(t, page, want, query)
		require.NotContains(t, page, "<script>")
		require.Less(t, len(page), 50_000, query)
	}
}

func TestMailIsShownPageByPage(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	var items []segmentflow.BatchSendItem
	for i := range 120 {
		items = append(items, segmentflow.BatchSendItem{
			To:   &segmentflow.Recipient{Email: fmt.Sprintf("p%03d@example.com", i)},
			Data: map[string]any{"orderId": fmt.Sprintf("ord_%03d", i)},
		})
	}
	for item, err := range b.emu.Client().Emails.SendAll(t.Context(), slices.Values(items), segmentflow.SendAllOptions{
		Concurrency: 1,
		Defaults:    &segmentflow.BatchDefaults{TemplateID: b.emu.ID("template", "order-receipt")},
	}) {
		require.NoError(t, err)
		require.Nil(t, item.Err)
	}

	seen, path := 0, "/dashboard/mail?status=Sent"
	for path != "" {
		page := b.page(path)
		for _, row := range regexp.MustCompile(`<td>p(\d+)@example.com</td>`).FindAllStringSubmatch(page, -1) {
			require.Equal(t, fmt.Sprintf("%03d", 119-seen), row[1], "each once, the newest first")
			seen++
		}
		path = ""
		if _, after, more := strings.Cut(page, `<a href="/dashboard/mail?before=`); more {
			cursor, _, _ := strings.Cut(after, `"`)
			path = "/dashboard/mail?before=" + strings.ReplaceAll(cursor, "&amp;", "&")
		}
	}
	require.Equal(t, 120, seen)
}

func TestAPlaceInTheListOfMailMustBeANumber(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	for _, before := range []string{"", "x", "-1", "0", "1.5", "99999999999999999999", "<b>"} {
		status, page := b.get("/dashboard/mail?before=" + url.QueryEscape(before))
		require.Equal(t, 400, status, before)
		require.Contains(t, text(page), "There is no such page of the list")
	}
	b.mailTo("order-receipt", "alex@example.com", nil)
	require.Contains(t, text(b.page("/dashboard/mail?before=1")), "There is no older mail")
}

func TestMailOfADeletedProfileStays(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	id := b.mailTo("order-receipt", "alex@example.com", map[string]any{"orderId": "ord_1"})
	b.emu.Advance(time.Minute)
	err := b.emu.Client().Profiles.Delete(t.Context(), b.emu.Sends().Last().ProfileID)
	require.NoError(t, err)
	require.Contains(t, text(b.page("/dashboard/mail")), "a deleted Profile")
	page := b.page(mailPath(id))
	require.NotContains(t, page, "alex@example.com")
	require.Contains(t, text(page), "a deleted Profile")
}
