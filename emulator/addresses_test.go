package emulator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

var (
	longLocal = strings.Repeat("a", 65) + "@example.com"
	longEmail = "a@" + strings.Repeat("sub.", 100) + "example.com"
	longest   = strings.Repeat("a", 64) + "@" + strings.Repeat("sub.", 60) + "example.org"
)

func TestAnAddressThatIsTooLongIsRefusedWhereverItComesIn(t *testing.T) {
	p := openPress(t)
	receipt := p.emu.ID("template", "order-receipt")
	draft := p.draft(nil)
	issue := p.issue(object{"title": "T"})
	send := func(member string) string {
		return fmt.Sprintf(`{"templateId":%q,"to":{"email":"alex@example.com"},%s}`, receipt, member)
	}
	for _, c := range []struct{ method, path, body, at string }{
		{"POST", "/api/v1/emails", `{"templateId":"` + receipt + `","to":{"email":"%s"}}`, "/to/email"},
		{"POST", "/api/v1/emails", send(`"cc":"%s"`), "/cc"},
		{"POST", "/api/v1/emails", send(`"cc":["a@b.co","%s"]`), "/cc/1"},
		{"POST", "/api/v1/emails", send(`"bcc":["Archive <%s>"]`), "/bcc/0"},
		{"POST", "/api/v1/emails", send(`"from":"%s"`), "/from"},
		{"POST", "/api/v1/emails", send(`"from":"Acme <%s>"`), "/from"},
		{"POST", "/api/v1/emails", send(`"replyTo":"%s"`), "/replyTo"},
		{"POST", "/api/v1/events", `{"event":"e","profile":{"email":"%s"}}`, "/profile/email"},
		{"POST", "/api/v1/journeys/nothing/trigger", `{"profile":{"email":"%s"}}`, "/profile/email"},
		{"POST", "/api/v1/broadcasts", `{"templateId":"` + receipt + `","from":"%s"}`, "/from"},
		{"PATCH", draft, `{"from":"Acme <%s>"}`, "/from"},
		{"PATCH", draft, `{"replyTo":"%s"}`, "/replyTo"},
		{"PATCH", draft, `{"replyTo":["help@acme.example","%s"]}`, "/replyTo/1"},
		{"POST", draft + "/test", `{"email":"%s"}`, "/email"},
		{"POST", issue + "/test", `{"email":"%s"}`, "/email"},
	} {
		for _, email := range []string{longLocal, longEmail} {
			a := call(t, p.emu, c.method, c.path, fmt.Sprintf(c.body, email), "Idempotency-Key", "k")
			require.Equal(t, 400, a.status, "%s %s %s: %s", c.method, c.path, c.body, a.body)
			issues := a.issues(t)
			require.Len(t, issues, 1, a.body)
			require.Contains(t, []string{"body " + c.at + " format", "body " + c.at + " too_long"}, issues[0])
			require.NotContains(t, a.body, email)
		}
	}
	p.emu.Outbox().None(t)
}

func TestAnAddressOfABatchItemThatIsTooLongRejectsTheItem(t *testing.T) {
	s := openShop(t)
	good := receipt(s.receipt(), 1)
	item := segmentflow.BatchSendItem{TemplateID: s.receipt(), To: good.To, Data: good.Data}
	long := item
	long.To = &segmentflow.Recipient{Email: longLocal}
	copied := item
	copied.CC = []string{longEmail}
	batch, err := s.client.Emails.BatchSend(t.Context(),
		&segmentflow.BatchSendParams{Items: []segmentflow.BatchSendItem{long, item, copied}})
	require.NoError(t, err)
	require.Equal(t, 1, batch.Accepted)
	require.Equal(t, "/items/0/to/email", batch.Items[0].Err.Issues[0].Path)
	require.Equal(t, "/items/2/cc/0", batch.Items[2].Err.Issues[0].Path)
	require.Len(t, s.emu.Outbox().All(), 1)
}

func TestAnAddressOfADefinitionThatIsTooLongIsAFinding(t *testing.T) {
	s := openShop(t)
	for _, email := range []string{longLocal, "Acme <" + longEmail + ">"} {
		a := call(t, s.emu, "POST", "/api/v1/templates",
			fmt.Sprintf(`{"name":"T","definition":{"from":%q,"replyTo":%[1]q,"subject":{"$no":1}}}`, email))
		require.Equal(t, 422, a.status, a.body)
		require.ElementsMatch(t, []string{"body /definition/from malformed", "body /definition/replyTo malformed",
			"body /definition/subject/$no malformed"}, a.issues(t))
	}
}

func TestAnAddressOfASeedThatIsTooLongIsAProblem(t *testing.T) {
	s := openShop(t)
	from := templateNamed("long", "Long")
	from.Definition.(map[string]any)["from"] = longLocal
	err := s.emu.Seed(emulator.Seed{
		Users:          []emulator.SeedUser{{Key: "u", Email: longEmail}},
		SenderProfiles: []emulator.SeedSenderProfile{{Key: "s", Name: "S", Email: longLocal}},
		Templates:      []emulator.SeedTemplate{from},
		Profiles:       []emulator.SeedProfile{{Email: longLocal}, {Email: longEmail}},
	})
	for _, at := range []string{
		"/users/0/email", "/senderProfiles/0/email", "/templates/0/definition/from",
		"/profiles/0/email", "/profiles/1/email",
	} {
		require.ErrorContains(t, err, at+": must have an address of at most 320 characters")
	}
}

// allReadable fails the test if an email in the outbox cannot be read back or has a line that is too long.
func (s shop) allReadable(count int) {
	s.Helper()
	all := s.emu.Outbox().All()
	require.Len(s, all, count)
	for _, msg := range all {
		for line := range strings.SplitSeq(string(msg.Raw()), "\r\n") {
			require.LessOrEqual(s, len(line), 998)
		}
		path := "/_emulator/messages/" + msg.ID
		require.Equal(s, 200, call(s, s.emu, "GET", path, "", "Host", "localhost").status)
		require.Equal(s, 200, call(s, s.emu, "GET", path+"/raw", "", "Host", "localhost").status)
	}
}

func TestTheLongestOfEverythingIsReadable(t *testing.T) {
	s := openShop(t, emulator.WithPublicURL("https://mail.example/"+strings.Repeat("p", 479)))
	long := strings.Repeat("ß", 2000)
	require.NoError(t, s.emu.Seed(emulator.Seed{
		Domains: []emulator.SeedDomain{{Domain: strings.Repeat("sub.", 60) + "example.org"}},
		SenderProfiles: []emulator.SeedSenderProfile{{
			Key: "longest", Name: long, Email: longest,
		}},
		SubscriptionGroups: []emulator.SeedSubscriptionGroup{{Key: "all", Name: long, Policy: "OptOut"}},
	}))
	p := receipt(s.receipt(), 1)
	p.To.Email, p.SenderProfileID = longest, s.emu.ID("senderProfile", "longest")
	p.ReplyTo, p.Subject = longest, strings.Repeat("ü", 998)
	p.SubscriptionGroupID = s.emu.ID("subscriptionGroup", "all")
	for i := range 50 {
		p.CC = append(p.CC, fmt.Sprintf("%s <copy%d@example.com>", strings.Repeat("ü", 290), i))
		p.BCC = append(p.BCC, longest)
	}
	s.send(p)
	p.Subject = strings.Repeat("x", 998)
	s.send(p)
	s.allReadable(2)
}

func TestAPublicURLThatNoHeaderCanCarryIsRefused(t *testing.T) {
	for _, address := range []string{
		"https://mail.example/" + strings.Repeat("p", 480), "https://mail.example/a b", "https://mail.example/\u00fc",
		"mail.example", "ftp://mail.example", "https://mail.example/<", "https://",
	} {
		_, err := emulator.New(emulator.WithPublicURL(address))
		require.ErrorContains(t, err, "WithPublicURL: ", address)
	}
}
