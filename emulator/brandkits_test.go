package emulator_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// brands are two Brand Kits: acme, whose website a seed knows, and plain, whose website nobody knows.
const brands = `
organization: {id: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10}
apiKeys: [{key: sk_test_reader, scopes: ["brand-kit:read"]}, {key: sk_test_writer, scopes: ["brand-kit:write"]}]
domains: [{domain: acme.example}]
senderProfiles: [{key: shop, name: Acme, email: shop@acme.example, default: true}]
brandKits:
  - key: plain
    websiteUrl: https://plain.example
  - key: acme
    name: Acme Outdoor
    default: true
    websiteUrl: https://acme.example
    logo: https://acme.example/old.png
    colors: {primary: "#000000", text: "#111111"}
    fonts: [Arial]
    senderProfile: shop
    extraction:
      logo: https://acme.example/logo.png
      colors: {primary: "#1b4332", accent: "#FFB703"}
      fonts: [Inter, Georgia]
templates:
  - {key: letter, purpose: General, brandKit: acme, definition: {subject: Hi}}
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    apiKeys: [{key: sk_test_elsewhere, scopes: ["*"]}]
    brandKits: [{key: acme, websiteUrl: "https://elsewhere.example"}]
`

func openBrands(t *testing.T, opts ...emulator.Option) shop {
	t.Helper()
	emu := emulator.Start(t, append(opts, emulator.WithSeed(parsed(t, brands)), emulator.WithStartTime(monday))...)
	return shop{T: t, emu: emu, client: emu.Client()}
}

func (s shop) kit(key string) string { return s.emu.ID("brandKit", key) }

func (s shop) brandKit(key string) map[string]any {
	s.Helper()
	return s.api(200, "GET", "/brand-kit/"+s.kit(key), "")
}

// progress returns how far the extraction of a Brand Kit has come.
func (s shop) progress(key string) map[string]any {
	s.Helper()
	return s.api(200, "GET", "/brand-kit/"+s.kit(key)+"/extraction-progress", "")
}

// defaults returns the names of the Brand Kits that are the default.
func (s shop) defaults() (names []string) {
	s.Helper()
	for kit, err := range s.client.BrandKits.All(s.Context(), nil) {
		require.NoError(s, err)
		if kit.IsDefault {
			names = append(names, kit.Name)
		}
	}
	return names
}

func TestBrandKitsAreCreatedAndListedInPages(t *testing.T) {
	s := openBrands(t)
	s.emu.Advance(time.Second)
	made := s.api(200, "POST", "/brand-kit", `{"name":"Third","websiteUrl":"http://third.example/a?b"}`)
	require.Equal(t, "http://third.example/a?b", made["websiteUrl"])
	require.Equal(t, false, made["isDefault"])
	require.Equal(t, made, s.api(200, "GET", "/brand-kit/"+strings.ToUpper(made["id"].(string)), ""))

	first := s.api(200, "GET", "/brand-kit?limit=1", "")
	require.Equal(t, []any{made}, first["brandKits"])
	require.Nil(t, first["previousCursor"])
	rest := s.api(200, "GET", "/brand-kit?cursor="+first["nextCursor"].(string), "")
	require.Len(t, rest["brandKits"], 2)
	require.Nil(t, rest["nextCursor"])
	require.Equal(t, first["brandKits"],
		s.api(200, "GET", "/brand-kit?limit=1&cursor="+rest["previousCursor"].(string), "")["brandKits"])
	refused := call(t, s.emu, "GET", "/api/v1/brand-kit?cursor=zz&limit=101", "")
	require.Equal(t, []string{"query /limit max"}, refused.issues(t))
	refused = call(t, s.emu, "GET", "/api/v1/brand-kit?cursor=zz", "")
	require.Equal(t, []string{"query /cursor format"}, refused.issues(t))
}

func TestAPatchChangesWhatItNames(t *testing.T) {
	s := openBrands(t)
	path := "/brand-kit/" + s.kit("acme")
	s.emu.Advance(time.Minute)
	changed := s.api(200, "PATCH", path,
		`{"name":"Acme","colors":{"primary":"#ABCDEF","text":null},"fonts":["Inter","Lora"]}`)
	require.Equal(t, "Acme", changed["name"])
	require.Equal(t, map[string]any{
		"primary": "#ABCDEF", "secondary": nil, "accent": nil, "background": nil, "text": nil,
	}, changed["colors"], "colors are replaced as a whole")
	require.Equal(t, []any{"Inter", "Lora"}, changed["fonts"])
	require.Equal(t, "https://acme.example/old.png", changed["logo"])
	require.Equal(t, "2026-03-02T09:01:00.000Z", changed["updatedAt"])

	s.emu.Advance(time.Minute)
	same := s.api(200, "PATCH", path, `{}`)
	require.Equal(t, changed, same, "a change of nothing is none")
	cleared := s.api(200, "PATCH", path,
		`{"websiteUrl":null,"logo":null,"colors":null,"fonts":[],"senderProfileId":null}`)
	for _, member := range []string{"websiteUrl", "logo", "colors", "senderProfileId"} {
		require.Nil(t, cleared[member], member)
	}
	require.Empty(t, cleared["fonts"])
	require.Nil(t, s.api(200, "PATCH", path, `{"colors":{"accent":null}}`)["colors"], "no color is no colors")
}

func TestBrandKitsAreCheckedAgainstTheSchema(t *testing.T) {
	s := openBrands(t)
	long := strings.Repeat("x", 201)
	for body, want := range map[string][]string{
		`{}`:         {"body /name required"},
		`{"name":1}`: {"body /name type"},
		`{"name":"` + long + `","logo":"https://a.example"}`: {"body /logo unknown_field", "body /name too_long"},
		`{"name":"","websiteUrl":"javascript:alert(1)"}`:     {"body /name too_short", "body /websiteUrl pattern"},
		`{"name":"a","websiteUrl":null}`:                     {"body /websiteUrl type"},
	} {
		require.Equal(t, want, call(t, s.emu, "POST", "/api/v1/brand-kit", body).issues(t), body)
	}
	path := "/api/v1/brand-kit/" + s.kit("acme")
	for body, want := range map[string][]string{
		`{"name":null}`:                       {"body /name type"},
		`{"isDefault":true}`:                  {"body /isDefault unknown_field"},
		`{"logo":"data:image/png;base64,AA"}`: {"body /logo pattern"},
		`{"logo":"https://a.example/` + strings.Repeat("x", 2048) + `"}`: {"body /logo too_long"},
		`{"logo":"https://a b"}`:                            {"body /logo pattern"},
		`{"logo":"https:///a"}`:                             {"body /logo pattern"},
		`{"colors":{"primary":"red"}}`:                      {"body /colors/primary pattern"},
		`{"colors":{"text":"#12345"}}`:                      {"body /colors/text pattern"},
		`{"colors":{"text":"#123456;"}}`:                    {"body /colors/text pattern"},
		`{"colors":{"border":"#123456"}}`:                   {"body /colors/border unknown_field"},
		`{"colors":"#123456"}`:                              {"body /colors type"},
		`{"fonts":[""]}`:                                    {"body /fonts/0 too_short"},
		`{"fonts":["` + long + `"]}`:                        {"body /fonts/0 too_long"},
		`{"fonts":null}`:                                    {"body /fonts type"},
		`{"fonts":["a"` + strings.Repeat(`,"a"`, 20) + `]}`: {"body /fonts too_many"},
		`{"senderProfileId":"shop"}`:                        {"body /senderProfileId format"},
	} {
		require.Equal(t, want, call(t, s.emu, "PATCH", path, body).issues(t), body)
	}
	require.Equal(t, []string{"path /id format"}, call(t, s.emu, "GET", "/api/v1/brand-kit/acme", "").issues(t))
	require.Equal(t, []string{"path /brandId format"},
		call(t, s.emu, "GET", "/api/v1/brand-kit/acme/extraction-progress", "").issues(t))
}

// brandKitCalls are the calls about one Brand Kit.
func brandKitCalls(id string) [][3]string {
	return [][3]string{
		{"GET", "/brand-kit/" + id, ""},
		{"PATCH", "/brand-kit/" + id, `{"name":"X"}`},
		{"DELETE", "/brand-kit/" + id, ""},
		{"POST", "/brand-kit/" + id + "/set-default", ""},
		{"POST", "/brand-kit/" + id + "/clear", ""},
		{"POST", "/brand-kit/" + id + "/extract", ""},
		{"GET", "/brand-kit/" + id + "/extraction-progress", ""},
	}
}

func TestBrandKitsOfAnotherOrganizationAreNotFound(t *testing.T) {
	s := openBrands(t)
	list := call(t, s.emu, "GET", "/api/v1/brand-kit", "", "x-api-key", "sk_test_elsewhere")
	there := list.json(t)["brandKits"].([]any)
	require.Len(t, there, 1)
	theirs := there[0].(map[string]any)
	require.Equal(t, true, theirs["isDefault"], "each Organization has a default of its own")
	for _, id := range []string{theirs["id"].(string), unknownID} {
		for _, c := range brandKitCalls(id) {
			refused := s.api(404, c[0], c[1], c[2])
			require.Equal(t, map[string]any{"resource": "BrandKit", "id": id}, refused["details"], c)
		}
		refused := s.api(404, "POST", "/templates", `{"name":"X","brandKitId":"`+id+`"}`)
		require.Equal(t, map[string]any{"resource": "BrandKit", "id": id}, refused["details"])
		s.api(404, "PUT", "/templates/"+s.emu.ID("template", "letter"), `{"brandKitId":"`+id+`"}`)
	}
	refused := s.api(404, "PATCH", "/brand-kit/"+s.kit("acme"), `{"senderProfileId":"`+unknownID+`"}`)
	require.Equal(t, "SenderProfile", refused["details"].(map[string]any)["resource"])
	require.Equal(t, theirs, call(t, s.emu, "GET", "/api/v1/brand-kit/"+theirs["id"].(string), "",
		"x-api-key", "sk_test_elsewhere").json(t))
}

func TestBrandKitsNeedTheirScopes(t *testing.T) {
	s := openBrands(t)
	calls := append(brandKitCalls(s.kit("plain")),
		[3]string{"GET", "/brand-kit", ""}, [3]string{"POST", "/brand-kit", `{"name":"X"}`})
	for _, c := range calls {
		key, scope := "sk_test_reader", "brand-kit:write"
		if c[0] == "GET" {
			key, scope = "sk_test_writer", "brand-kit:read"
		}
		refused := s.api(403, c[0], c[1], c[2], "x-api-key", key)
		require.Equal(t, "insufficient_scope", refused["error"], c)
		require.Equal(t, []any{scope}, refused["details"].(map[string]any)["required"], c)
	}
}

func TestThereIsExactlyOneDefault(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday))
	s := shop{T: t, emu: emu, client: emu.Client()}
	require.Empty(t, s.defaults())
	ids := map[string]string{}
	for _, name := range []string{"first", "second", "third"} {
		emu.Advance(time.Second)
		ids[name] = s.api(200, "POST", "/brand-kit", `{"name":"`+name+`"}`)["id"].(string)
		require.Equal(t, []string{"first"}, s.defaults(), "the first one becomes it")
	}
	emu.Advance(time.Second)
	moved := s.api(200, "POST", "/brand-kit/"+ids["third"]+"/set-default", "")
	require.Equal(t, true, moved["isDefault"])
	require.Equal(t, []string{"third"}, s.defaults())
	require.Equal(t, moved["updatedAt"], s.api(200, "GET", "/brand-kit/"+ids["first"], "")["updatedAt"])
	emu.Advance(time.Second)
	require.Equal(t, moved, s.api(200, "POST", "/brand-kit/"+ids["third"]+"/set-default", ""), "nothing changes")

	s.api(204, "DELETE", "/brand-kit/"+ids["third"], "")
	require.Equal(t, []string{"first"}, s.defaults(), "the oldest other one follows")
	s.api(204, "DELETE", "/brand-kit/"+ids["second"], "")
	require.Equal(t, []string{"first"}, s.defaults())
	s.api(204, "DELETE", "/brand-kit/"+ids["first"], "")
	require.Empty(t, s.defaults())
	s.api(404, "DELETE", "/brand-kit/"+ids["first"], "")
}

func TestABrandKitThatATemplateUsesIsNotDeleted(t *testing.T) {
	s := openBrands(t)
	letter := "/templates/" + s.emu.ID("template", "letter")
	require.Equal(t, s.kit("acme"), s.api(200, "GET", letter, "")["brandKitId"])
	refused := s.api(409, "DELETE", "/brand-kit/"+s.kit("acme"), "")
	require.Equal(t, "invalid_state", refused["error"])
	require.Equal(t, map[string]any{"status": "in_use"}, refused["details"])
	s.api(200, "PUT", letter, `{"brandKitId":"`+strings.ToUpper(s.kit("plain"))+`"}`)
	s.api(204, "DELETE", "/brand-kit/"+s.kit("acme"), "")
	require.Equal(t, []string{"plain"}, s.defaults())
	s.api(409, "DELETE", "/brand-kit/"+s.kit("plain"), "")
	s.api(200, "PUT", letter, `{"brandKitId":null}`)
	s.api(204, "DELETE", "/brand-kit/"+s.kit("plain"), "")
}

func TestARepeatedKeyOfABrandKitRepeatsTheReply(t *testing.T) {
	s := openBrands(t)
	path := "/api/v1/brand-kit/" + s.kit("acme")
	for i, c := range [][2]string{
		{"/api/v1/brand-kit", `{"name":"New"}`},
		{path + "/set-default", ""}, {path + "/extract", ""}, {path + "/clear", ""},
	} {
		first := call(t, s.emu, "POST", c[0], c[1], "Idempotency-Key", "k")
		require.Less(t, first.status, 300, first.body)
		s.emu.Advance(time.Second)
		again := call(t, s.emu, "POST", c[0], c[1], "Idempotency-Key", "k")
		require.Equal(t, first.body, again.body, i)
		require.Equal(t, first.status, again.status, i)
		require.Equal(t, "true", again.header.Get("idempotent-replayed"))
	}
	require.Len(t, every(t, s.client.BrandKits.All(t.Context(), nil)), 3, "one was made")
	other := call(t, s.emu, "POST", "/api/v1/brand-kit", `{"name":"Other"}`, "Idempotency-Key", "k")
	require.Equal(t, "idempotency_key_reuse", other.json(t)["error"])
}
