package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

const worldPage = "/dashboard/world"

// upload sends a form with a file and returns the page that it leads to.
func (b browser) upload(path string, fields map[string]string, file []byte) (status int, page string) {
	b.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		require.NoError(b, form.WriteField(name, value))
	}
	part, err := form.CreateFormFile("file", "name")
	require.NoError(b, err)
	_, err = part.Write(file)
	require.NoError(b, err)
	require.NoError(b, form.Close())
	answer := b.send("POST", path, body.String(), "Content-Type", form.FormDataContentType())
	if answer.status != 303 {
		return answer.status, answer.page
	}
	return b.get(answer.header.Get("Location"))
}

func (b browser) token() map[string]string {
	b.Helper()
	return map[string]string{"csrf": b.csrf()}
}

func TestTheWorldPageShowsTheSettings(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	require.NoError(t, b.emu.Seed(emulator.Seed{
		APIKeys: []emulator.SeedAPIKey{
			{Key: "sk_live_0123456789abcdef", Label: "shop <b>", Scopes: []string{"events:write"}},
		},
		Organizations: []emulator.Seed{{Organization: emulator.SeedOrganization{
			ID: "00000000-0000-4000-8000-00000000000a", Name: "Other & Sons",
		}}},
	}))
	page := b.page(worldPage)
	for _, words := range []string{
		"Acme Outdoor", "2026-03-02 12:00:00 UTC, manual", "in memory", "acme.example", "verified",
		"Acme Outdoor &lt;shop@acme.example&gt;",
		"OptIn: only those who subscribed", "OptOut: all who did not unsubscribe", "shop &lt;b&gt;", "sk_live_…cdef",
		"events:write", "not allowed", "Other &amp; Sons",
	} {
		require.Contains(t, page, words)
	}
	for _, secret := range []string{"sk_live_0123456789abcdef", emulator.DefaultAPIKey} {
		require.NotContains(t, page, secret)
	}
	file := filepath.Join(t.TempDir(), "w.db")
	require.Contains(t, open(t, emulator.WithDatabase(file)).page(worldPage), file)
}

func TestASeedIsAppliedFromAFileOrAText(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	form := b.token()
	form["text"] = `{"profiles": [{"email": "from@text.example"}]}`
	status, page := b.upload(worldPage+"/seed", form, nil)
	require.Equal(t, 200, status)
	require.Contains(t, page, "The seed was applied. It has 1 thing with an id.")
	_, page = b.upload(worldPage+"/seed", form, []byte("profiles:\n- email: from@file.example\n"))
	require.Contains(t, page, "The seed was applied.")
	require.NotEmpty(t, b.emu.ID("profile", "from@text.example")+b.emu.ID("profile", "from@file.example"))
	status, page = b.post(worldPage+"/seed", url.Values{"text": {"profiles: []"}})
	require.Equal(t, 200, status)
	require.Contains(t, page, "The seed was applied.", "without a multipart form")

	form["text"] = " \n"
	_, page = b.upload(worldPage+"/seed", form, nil)
	require.Contains(t, page, "The seed is empty")
	large := "profiles:\n" + strings.Repeat("# a comment\n", 40_000) + "- email: large@file.example\n"
	_, page = b.upload(worldPage+"/seed", form, []byte(large))
	require.Contains(t, page, "The seed was applied.", "a file may be larger than other forms")
}

func TestMistakesOfASeedAreShownWithTheirLines(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	form := b.token()
	form["text"] = "profiles:\n- email: new@acme.example\n- email: </textarea><script>alert(1)</script>\nprofils: []\n"
	status, page := b.upload(worldPage+"/seed", form, nil)
	require.Equal(t, 422, status)
	require.Contains(t, page, "Line 4: <code>/profils</code>")
	require.Contains(t, page, "<br><code>profils: []</code>")
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, "- email: new@acme.example\n", "the input is kept")

	form["text"] = "profiles:\n- email: new@acme.example\n- email: nobody\n"
	status, page = b.upload(worldPage+"/seed", form, nil)
	require.Equal(t, 422, status)
	require.Contains(t, page, "Line 3: <code>/profiles/1/email</code>")
	require.Contains(t, page, "<br><code>- email: nobody</code>")
	require.Zero(t, b.emu.Profiles().Email("new@acme.example").Count(), "nothing is half applied")

	wrong := ""
	for i := range 9000 {
		wrong += fmt.Sprintf("wrong%d: 1\n", i)
	}
	status, page = b.upload(worldPage+"/seed", form, []byte(wrong))
	require.Equal(t, 422, status)
	require.Less(t, len(page), 300_000)
	require.Contains(t, page, "The seed is too long to be shown here")
	for _, text := range []string{"{", "\x00", "[1]", "a: &a [*a]", "{{{"} {
		status, page = b.upload(worldPage+"/seed", form, []byte(text))
		require.Equal(t, 422, status, "%q %s", text, page)
	}
}

func TestAResetAsksFirst(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	require.NoError(t, b.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "new@acme.example"}}}))
	_, page := b.post(worldPage+"/reset", nil)
	require.Contains(t, page, "Tick the box first")
	require.Equal(t, 1, b.emu.Profiles().Email("new@acme.example").Count())
	status, page := b.post(worldPage+"/reset", url.Values{"sure": {"on"}})
	require.Equal(t, 200, status, "the session stays")
	require.Contains(t, page, "The world was reset.")
	require.Zero(t, b.emu.Profiles().Email("new@acme.example").Count())
}

func TestASnapshotIsDownloadedAndRestored(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	answer := b.ask("GET", worldPage+"/snapshot", nil)
	require.Equal(t, 200, answer.status)
	require.Equal(t, `attachment; filename="segmentflow-2026-03-02T120000Z.db"`,
		answer.header.Get("Content-Disposition"))
	require.Equal(t, "application/vnd.sqlite3", answer.header.Get("Content-Type"))
	image := []byte(answer.page)
	require.Greater(t, len(image), 70_000, "more than other forms may have")
	b.emu.Advance(time.Hour)
	require.NoError(t, b.emu.Seed(emulator.Seed{Profiles: []emulator.SeedProfile{{Email: "new@acme.example"}}}))
	for range 2 {
		status, page := b.upload(worldPage+"/snapshot", b.token(), image)
		require.Equal(t, 200, status, "the session stays")
		require.Contains(t, page, "The world of the snapshot was restored.")
		require.Contains(t, page, "2026-03-02 12:00:00 UTC")
	}
	require.Zero(t, b.emu.Profiles().Email("new@acme.example").Count())
	status, _ := b.upload(worldPage+"/snapshot", map[string]string{"csrf": "x"}, image)
	require.Equal(t, 403, status)
	require.Equal(t, 401, b.another().ask("GET", worldPage+"/snapshot", nil).status)
}

func TestAForeignSnapshotIsRefusedInWords(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	own := []byte(b.ask("GET", worldPage+"/snapshot", nil).page)
	mark := regexp.MustCompile(`schema[0-9a-f]{12}`) // the version of the schema, in a row
	version := mark.ReplaceAll(own, []byte("schema0123456789ab"))
	foreign := mark.ReplaceAll(own, []byte("scheme0123456789ab"))
	require.NotEqual(t, own, version)
	for name, image := range map[string][]byte{
		"text": []byte("profiles: []"), "cut": own[:len(own)/2], "zeros": make([]byte, 8192), "version": version,
		"foreign": foreign,
	} {
		status, page := b.upload(worldPage+"/snapshot", b.token(), image)
		require.Equal(t, 200, status, name)
		require.Contains(t, page, "The world is as it was. This file cannot be restored: ", name)
		require.Contains(t, page, "Acme Outdoor")
		require.Equal(t, name == "version", strings.Contains(page, "another version of the emulator made the image"))
	}
	_, page := b.upload(worldPage+"/snapshot", b.token(), nil)
	require.Contains(t, page, "Choose a file that is not empty")
	_, page = b.post(worldPage+"/snapshot", url.Values{"file": {"x"}})
	require.Contains(t, page, "Choose a file that is not empty")
}

func TestTheWorldShowsEachDomainWithItsSenders(t *testing.T) {
	b := open(t, emulator.WithSeedFile(acme))
	page := b.page("/dashboard/world")
	require.Contains(t, text(page), "acme.example verified set up shop@acme.example , support@acme.example")
	require.Contains(t, text(page), "new.acme.example pending set up hello@new.acme.example")
	require.Contains(t, page, `href="#`+b.emu.ID("senderProfile", "shop")+`"`)
	answer, _ := b.do("GET", "/dashboard/find?q=acme.example", nil)
	require.Equal(t, "/dashboard/world", answer.Request.URL.Path)
	require.Equal(t, b.emu.ID("domain", "acme.example"), answer.Request.URL.Fragment)

	require.NoError(t, b.emu.Seed(emulator.Seed{Domains: []emulator.SeedDomain{
		{Domain: "plain.example", Status: "failed", DMARC: new(bool)}}}))
	require.Contains(t, text(b.page("/dashboard/world")), "plain.example failed not set up –")
}
