package emulator_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// files is an Organization with a Website, and another one with an Asset.
const files = `
organization: {id: 0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10}
apiKeys: [{key: sk_test_reader, scopes: ["assets:read"]}, {key: sk_test_writer, scopes: ["assets:write"]}]
websites: [{key: shop, name: Acme shop, url: https://acme.example, writeKey: wk_shop}]
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    apiKeys: [{key: sk_test_elsewhere, scopes: ["*"]}]
    websites: [{key: shop, writeKey: wk_elsewhere}]
    assets: [{key: list, contentType: text/csv, base64: YSxi}]
`

func openFiles(t testing.TB, opts ...emulator.Option) library {
	t.Helper()
	seed, err := emulator.ParseSeed([]byte(files))
	require.NoError(t, err)
	own := []emulator.Option{emulator.WithSeed(seed), emulator.WithStartTime(monday)}
	emu := emulator.Start(t, append(own, opts...)...)
	return library{t, emu}
}

type library struct {
	testing.TB
	emu *emulator.Emulator
}

// picture returns a PNG of this size.
func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, png.Encode(&out, image.NewGray(image.Rect(0, 0, width, height))))
	return out.Bytes()
}

// claimed returns a PNG whose header claims a size.
func claimed(t testing.TB, width, height uint32) []byte {
	t.Helper()
	raw := picture(t, 1, 1)
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return raw
}

func (s library) api(status int, method, path, body string, headers ...string) map[string]any {
	s.Helper()
	reply := call(s, s.emu, method, "/api/v1"+path, body, headers...)
	require.Equal(s, status, reply.status, reply.body)
	if status == 204 {
		require.Empty(s, reply.body)
		return nil
	}
	return reply.json(s)
}

// uploadURL asks for an upload URL for these bytes.
func (s library) uploadURL(contentType string, size int) (to, key string) {
	s.Helper()
	reply := s.api(200, "POST", "/assets/upload-url",
		fmt.Sprintf(`{"filename":"logo.png","contentType":%q,"size":%d}`, contentType, size))
	return reply["uploadUrl"].(string), reply["key"].(string)
}

// put sends bytes to an upload URL within the process.
func (s library) put(to, contentType string, content []byte) answer {
	s.Helper()
	return s.send(http.MethodPut, to, contentType, bytes.NewReader(content))
}

func (s library) send(method, to, contentType string, content io.Reader) answer {
	s.Helper()
	request, err := http.NewRequestWithContext(s.Context(), method, to, content)
	require.NoError(s, err)
	request.Header.Set("Content-Type", contentType)
	response, err := s.emu.Transport().RoundTrip(request)
	require.NoError(s, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	return answer{response.StatusCode, response.Header, string(body)}
}

// refusal returns the code and the reason or status of an answer.
func (s library) refusal(a answer) string {
	s.Helper()
	var problem struct {
		Error   string
		Details struct{ Reason, Status string }
	}
	require.NoError(s, json.Unmarshal([]byte(a.body), &problem), a.body)
	require.NotEmpty(s, a.header.Get("X-Request-Id"))
	why := problem.Details.Reason + problem.Details.Status
	return strings.TrimSpace(fmt.Sprint(a.status, " ", problem.Error, " ", why))
}

// createRefused asks for an Asset, and returns the refusal.
func (s library) createRefused(body string) string {
	s.Helper()
	return s.refusal(call(s, s.emu, "POST", "/api/v1/assets", body))
}

// upload uploads bytes and makes an Asset of them.
func (s library) upload(filename, contentType string, content []byte, more string) map[string]any {
	s.Helper()
	to, key := s.uploadURL(contentType, len(content))
	put := s.put(to, contentType, content)
	require.Equal(s, 200, put.status, put.body)
	require.Empty(s, put.body)
	reply := s.api(200, "POST", "/assets", fmt.Sprintf(`{"filename":%q,"s3Key":%q,"contentType":%q,"size":%d%s}`,
		filename, key, contentType, len(content), more))
	require.Equal(s, true, reply["success"])
	return reply["asset"].(map[string]any)
}

func (s library) get(method, from string, headers ...string) answer {
	s.Helper()
	at, err := url.Parse(from)
	require.NoError(s, err)
	return call(s, s.emu, method, at.RequestURI(), "", append([]string{"x-api-key", ""}, headers...)...)
}

func TestAFileBecomesAnAssetInThreeSteps(t *testing.T) {
	s := openFiles(t)
	content := picture(t, 32, 12)
	site := s.emu.ID("website", "shop")
	asked := s.api(200, "POST", "/assets/upload-url", fmt.Sprintf(`{"filename":"../Acme logo.png",
		"contentType":"image/png","size":%d,"assetType":"lead-magnet","websiteId":%q}`,
		len(content), strings.ToUpper(site)))
	require.Equal(t, true, asked["success"])
	require.EqualValues(t, 900, asked["expiresIn"])
	key := asked["key"].(string)
	require.Regexp(t, `^organizations/0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10/lead-magnet/[0-9a-f-]{36}/Acme-logo.png$`,
		key)
	require.True(t, strings.HasPrefix(asked["uploadUrl"].(string), "https://emulator.test/uploads/"+key+"?"))

	create := fmt.Sprintf(`{"filename":"../Acme logo.png","s3Key":%q,"contentType":"image/png","size":%d,
		"imageType":"logo"}`, key, len(content))
	early := call(t, s.emu, "POST", "/api/v1/assets", create)
	require.Equal(t, "422 validation_failed asset_not_uploaded", s.refusal(early))
	require.Equal(t, 200, s.put(asked["uploadUrl"].(string), "image/png", content).status)

	s.emu.Advance(time.Second)
	reply := s.api(200, "POST", "/assets", create, "Idempotency-Key", "logo")
	id := reply["asset"].(map[string]any)["id"].(string)
	require.Equal(t, map[string]any{"success": true, "asset": map[string]any{
		"id":             id,
		"organizationId": "0b6c1c2e-5a0f-4d53-9d52-7c8f7f3f2a10",
		"assetType":      "lead-magnet",
		"imageType":      "logo",
		"filename":       "../Acme logo.png",
		"s3Key":          key,
		"contentType":    "image/png",
		"size":           float64(len(content)),
		"url":            "https://emulator.test/files/" + id + "/Acme-logo.png",
		"createdAt":      "2026-03-02T09:00:01.000Z",
		"updatedAt":      "2026-03-02T09:00:01.000Z",
		"description":    nil, "altText": nil, "tags": []any{},
		"width": 32.0, "height": 12.0,
		"websiteId": site, "website": map[string]any{"id": site, "name": "Acme shop"},
	}}, reply)
	again := call(t, s.emu, "POST", "/api/v1/assets", create, "Idempotency-Key", "logo")
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	require.Equal(t, reply, again.json(t))
	require.Equal(t, "409 invalid_state Created", s.refusal(call(t, s.emu, "POST", "/api/v1/assets", create)))
	require.Equal(t, "409 invalid_state Uploaded", s.refusal(s.put(asked["uploadUrl"].(string), "image/png", content)))
}

func TestAnAssetIsMadeOnlyOfWhatWasUploaded(t *testing.T) {
	s := openFiles(t)
	to, key := s.uploadURL("text/csv", 3)
	require.Equal(t, 200, s.put(to, "text/csv; charset=utf-8", []byte("a,b")).status)
	for _, body := range []string{
		`{"filename":"a","s3Key":"` + key + `","contentType":"text/csv","size":4}`,
		`{"filename":"a","s3Key":"` + key + `","contentType":"image/png","size":3}`,
		`{"filename":"a","s3Key":"other","contentType":"text/csv","size":3}`,
	} {
		require.Equal(t, "422 validation_failed asset_not_uploaded", s.createRefused(body))
	}
	body := `{"filename":"a","s3Key":"` + key + `","contentType":"text/csv","size":3}`
	foreign := call(t, s.emu, "POST", "/api/v1/assets", body, "x-api-key", "sk_test_elsewhere")
	require.Equal(t, "422 validation_failed asset_not_uploaded", s.refusal(foreign))

	made := s.api(200, "POST", "/assets", body)["asset"].(map[string]any)
	require.Equal(t, "content-image", made["assetType"], "as for the upload URL")
	require.Nil(t, made["width"])
	require.Nil(t, made["imageType"])
}

func TestAssetsAreCheckedAgainstTheSchema(t *testing.T) {
	s := openFiles(t)
	none := "/assets/00000000-0000-4000-8000-000000000000"
	for _, c := range []struct{ method, path, body, issues string }{
		{"POST", "/assets/upload-url", `{}`,
			"body /filename required, body /contentType required, body /size required"},
		{"POST", "/assets/upload-url",
			`{"filename":"","contentType":"text/html","size":0,"assetType":"x","websiteId":"x","a":1}`,
			"body /filename too_short, body /contentType enum, body /size min, body /assetType enum, " +
				"body /websiteId format, body /a unknown_field"},
		{"POST", "/assets/upload-url", `{"filename":"a","contentType":"text/csv","size":20971521}`, "body /size max"},
		{"POST", "/assets/upload-url", `{"filename":"a","contentType":"text/csv","size":1.5}`, "body /size type"},
		{"POST", "/assets", `{"filename":"","s3Key":"","contentType":"","size":-1,"imageType":"x"}`,
			"body /filename too_short, body /s3Key too_short, body /contentType too_short, body /size min, " +
				"body /imageType enum"},
		{"PATCH", none, `{"description":"` + strings.Repeat("d", 501) + `","altText":"` + strings.Repeat("a", 201) +
			`","tags":["", "` + strings.Repeat("t", 51) + `"],"imageType":"photo"}`,
			"body /description too_long, body /altText too_long, body /tags/0 too_short, body /tags/1 too_long, " +
				"body /imageType enum"},
		{"PATCH", none, `{"tags":[` + strings.Repeat(`"t",`, 20) + `"t"]}`, "body /tags too_many"},
		{"PATCH", none, `{"tags":null}`, "body /tags type"},
		{"POST", "/public" + none + "/finalize", `{"altText":null,"tags":[]}`,
			"body /altText type, body /tags unknown_field"},
		{"GET", "/assets?limit=0&assetType=x&imageType=y", "",
			"query /limit min, query /assetType enum, query /imageType enum"},
		{"GET", "/assets?cursor=zz", "", "query /cursor format"},
		{"DELETE", "/assets/x", "", "path /id format"},
	} {
		refused := call(t, s.emu, c.method, "/api/v1"+c.path, c.body)
		require.Equal(t, 400, refused.status, refused.body)
		require.ElementsMatch(t, strings.Split(c.issues, ", "), refused.issues(t), c.body)
	}
}

func TestWhatAnAssetRefersToMustExist(t *testing.T) {
	s := openFiles(t)
	foreign := uuid.MustParse("00000000-0000-4000-8000-0000000000f0")
	site := uuid.NewSHA1(foreign, []byte("website:shop")).String()
	asset := uuid.NewSHA1(foreign, []byte("asset:list")).String()
	list := s.api(200, "GET", "/assets", "", "x-api-key", "sk_test_elsewhere")["assets"].([]any)
	require.Equal(t, asset, list[0].(map[string]any)["id"])
	for _, c := range []struct{ method, path, body, resource string }{
		{"POST", "/assets/upload-url", `{"filename":"a","contentType":"text/csv","size":1,"websiteId":"` + site + `"}`,
			"Website"},
		{"POST", "/assets", `{"filename":"a","s3Key":"a","contentType":"b","size":1,"websiteId":"` + site + `"}`,
			"Website"},
		{"PATCH", "/assets/" + asset, `{}`, "Asset"},
		{"DELETE", "/assets/" + asset, "", "Asset"},
		{"POST", "/public/assets/" + asset + "/finalize", `{}`, "Asset"},
	} {
		refused := s.api(404, c.method, c.path, c.body)
		require.Equal(t, c.resource, refused["details"].(map[string]any)["resource"], c.path)
	}
	require.Empty(t, s.api(200, "GET", "/assets", "")["assets"])
}

func TestAKeyNeedsTheScopeOfTheOperation(t *testing.T) {
	s := openFiles(t)
	asset := s.upload("a.csv", "text/csv", []byte("a"), "")["id"].(string)
	for route, scope := range map[string]string{
		"POST /assets/upload-url":                    "assets:write",
		"POST /assets":                               "assets:write",
		"PATCH /assets/" + asset:                     "assets:write",
		"DELETE /assets/" + asset:                    "assets:write",
		"POST /public/assets/" + asset + "/finalize": "assets:write",
		"GET /assets":                                "assets:read",
	} {
		method, path, _ := strings.Cut(route, " ")
		body := map[string]string{"POST": "{}", "PATCH": "{}"}[method]
		wrong := map[string]string{"assets:write": "sk_test_reader", "assets:read": "sk_test_writer"}[scope]
		refused := s.api(403, method, path, body, "x-api-key", wrong)
		require.Equal(t, map[string]any{"required": []any{scope}}, refused["details"], route)
	}
}

func TestAPatchOfAnAssetChangesWhatItNames(t *testing.T) {
	s := openFiles(t)
	made := s.upload("logo.png", "image/png", picture(t, 2, 3), `,"imageType":"icon"`)
	path := "/assets/" + strings.ToUpper(made["id"].(string))
	s.emu.Advance(time.Minute)
	reply := s.api(200, "PATCH", path, `{"description":"Green","altText":"Acme","tags":["a","b"]}`)
	changed := reply["asset"].(map[string]any)
	for member, want := range map[string]any{
		"description": "Green", "altText": "Acme", "tags": []any{"a", "b"}, "imageType": "icon",
		"updatedAt": "2026-03-02T09:01:00.000Z", "createdAt": "2026-03-02T09:00:00.000Z",
	} {
		require.Equal(t, want, changed[member], member)
	}
	s.emu.Advance(time.Minute)
	require.Equal(t, changed, s.api(200, "PATCH", path, `{}`)["asset"], "a change of nothing is none")
	cleared := s.api(200, "PATCH", path, `{"description":null,"altText":null,"imageType":null,"tags":[]}`)
	for _, member := range []string{"description", "altText", "imageType"} {
		require.Nil(t, cleared["asset"].(map[string]any)[member], member)
	}
	require.Equal(t, []any{}, cleared["asset"].(map[string]any)["tags"])
}

func TestTheOlderRouteFinalizesAnAsset(t *testing.T) {
	s := openFiles(t)
	made := s.upload("logo.png", "image/png", picture(t, 2, 3), "")
	path := "/public/assets/" + made["id"].(string) + "/finalize"
	const body = `{"description":"Green","altText":"Acme","imageType":"logo"}`
	reply := s.api(200, "POST", path, body, "Idempotency-Key", "f")
	want := map[string]any{}
	for _, member := range []string{
		"id", "organizationId", "filename", "contentType", "size", "url", "width", "height", "createdAt",
	} {
		want[member] = made[member]
	}
	require.Equal(t, map[string]any{"asset": want}, reply)
	again := call(t, s.emu, "POST", "/api/v1"+path, body, "Idempotency-Key", "f")
	require.Equal(t, "true", again.header.Get("Idempotent-Replayed"))
	listed := s.api(200, "GET", "/assets?imageType=logo", "")["assets"].([]any)[0].(map[string]any)
	require.Equal(t, "Green", listed["description"])
	require.Equal(t, "Acme", listed["altText"])
	s.api(200, "POST", path, `{}`)
}

func TestAssetsAreListedInPages(t *testing.T) {
	s := openFiles(t)
	require.Equal(t, map[string]any{"assets": []any{}, "nextCursor": nil, "previousCursor": nil},
		s.api(200, "GET", "/assets", ""))
	var made []any
	for i, more := range []string{`,"imageType":"logo"`, `,"assetType":"content-document"`, `,"imageType":"logo"`} {
		made = append([]any{s.upload(fmt.Sprint(i), "text/csv", []byte("a"), more)}, made...)
		s.emu.Advance(time.Second)
	}
	require.Equal(t, made, s.api(200, "GET", "/assets", "")["assets"])
	require.Equal(t, []any{made[0], made[2]}, s.api(200, "GET", "/assets?imageType=logo", "")["assets"])
	require.Equal(t, []any{made[1]}, s.api(200, "GET", "/assets?assetType=content-document", "")["assets"])
	first := s.api(200, "GET", "/assets?limit=2&assetType=content-image", "")
	require.Equal(t, []any{made[0], made[2]}, first["assets"])
	require.Nil(t, first["nextCursor"])
	first = s.api(200, "GET", "/assets?limit=2", "")
	rest := s.api(200, "GET", "/assets?limit=2&cursor="+first["nextCursor"].(string), "")
	require.Equal(t, made[2:], rest["assets"])
	back := s.api(200, "GET", "/assets?limit=2&cursor="+rest["previousCursor"].(string), "")
	require.Equal(t, first["assets"], back["assets"])
}

func TestEveryoneGetsTheBytesOfAnAsset(t *testing.T) {
	s := openFiles(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 40_000) // more than two chunks
	made := s.upload("a.csv", "text/csv", content, "")
	from := made["url"].(string)
	got := s.get("GET", from)
	require.Equal(t, 200, got.status)
	require.Equal(t, string(content), got.body)
	for name, want := range map[string]string{
		"Content-Type":            "text/csv",
		"Content-Length":          "640000",
		"X-Content-Type-Options":  "nosniff",
		"Content-Security-Policy": "default-src 'none'; sandbox",
		"Accept-Ranges":           "bytes",
		"Last-Modified":           "Mon, 02 Mar 2026 09:00:00 GMT",
	} {
		require.Equal(t, want, got.header.Get(name), name)
	}
	head := s.get("HEAD", from)
	require.Equal(t, 200, head.status)
	require.Empty(t, head.body)
	require.Equal(t, "640000", head.header.Get("Content-Length"))

	part := s.get("GET", from, "Range", "bytes=262140-262150")
	require.Equal(t, 206, part.status)
	require.Equal(t, string(content[262140:262151]), part.body)
	require.Equal(t, "bytes 262140-262150/640000", part.header.Get("Content-Range"))
	require.Equal(t, 416, s.get("GET", from, "Range", "bytes=640000-").status)
	require.Equal(t, 304, s.get("GET", from, "If-None-Match", got.header.Get("Etag")).status)

	require.Equal(t, 405, s.get("POST", from).status)
	require.Equal(t, "GET", s.get("POST", from).header.Get("Allow"))
	for _, missing := range []string{from + "x", strings.Replace(from, "/files/", "/files/0", 1),
		"/files/" + made["id"].(string), "/files/" + strings.ToUpper(made["id"].(string)) + "/a.csv"} {
		require.Equal(t, "404 not_found", s.refusal(s.get("GET", missing)), missing)
	}
	s.api(204, "DELETE", "/assets/"+made["id"].(string), "")
	require.Equal(t, "404 not_found", s.refusal(s.get("GET", from)))
	s.api(404, "DELETE", "/assets/"+made["id"].(string), "")
	s.api(422, "POST", "/assets",
		fmt.Sprintf(`{"filename":"a","s3Key":%q,"contentType":"text/csv","size":640000}`, made["s3Key"]))
}
