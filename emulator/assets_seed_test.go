package emulator_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// seedBeside writes a seed and the files beside it, and returns its path.
func seedBeside(t *testing.T, seed string, beside map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range beside {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600))
	}
	path := filepath.Join(folder, "seed.yaml")
	require.NoError(t, os.WriteFile(path, []byte(seed), 0o600))
	return path
}

func TestASeedFileHasAssetsFromFilesBesideIt(t *testing.T) {
	logo := string(picture(t, 32, 12))
	path := seedBeside(t, `
websites: [{key: shop, name: Acme shop, writeKey: wk}]
assets:
  - key: logo
    filename: Acme.png
    contentType: image/png
    file: images/logo.png
    assetType: lead-magnet
    imageType: logo
    description: Green
    altText: Acme
    tags: [a, b]
    website: shop
  - {key: list.csv, contentType: text/csv, base64: YSxi}
organizations:
  - organization: {id: 00000000-0000-4000-8000-0000000000f0}
    apiKeys: [{key: sk_test_elsewhere, scopes: ["*"]}]
    assets: [{key: logo, contentType: image/png, file: images/logo.png}]
`, map[string]string{"images/logo.png": logo})
	s := library{t, emulator.Start(t, emulator.WithSeedFile(path), emulator.WithStartTime(monday))}
	list := s.api(200, "GET", "/assets", "")["assets"].([]any)
	require.Len(t, list, 2)
	byName := map[string]map[string]any{}
	for _, asset := range list {
		byName[asset.(map[string]any)["filename"].(string)] = asset.(map[string]any)
	}
	made := byName["Acme.png"]
	require.Equal(t, s.emu.SeedID("asset", "logo"), made["id"])
	for member, want := range map[string]any{
		"assetType": "lead-magnet", "imageType": "logo", "contentType": "image/png", "size": float64(len(logo)),
		"description": "Green", "altText": "Acme", "tags": []any{"a", "b"}, "width": 32.0, "height": 12.0,
		"websiteId": s.emu.ID("website", "shop"),
	} {
		require.Equal(t, want, made[member], member)
	}
	require.Equal(t, logo, s.get("GET", made["url"].(string)).body)
	require.Equal(t, "a,b", s.get("GET", byName["list.csv"]["url"].(string)).body)
	other := s.api(200, "GET", "/assets", "", "x-api-key", "sk_test_elsewhere")["assets"].([]any)
	require.Equal(t, logo, s.get("GET", other[0].(map[string]any)["url"].(string)).body)
}

func TestOtherBytesInASeedReplaceThoseOfBefore(t *testing.T) {
	path := seedBeside(t, `assets: [{key: list, contentType: text/csv, file: list.csv}]`,
		map[string]string{"list.csv": "a"})
	s := library{t, emulator.Start(t, emulator.WithSeedFile(path), emulator.WithStartTime(monday))}
	asset := func() map[string]any {
		return s.api(200, "GET", "/assets", "")["assets"].([]any)[0].(map[string]any)
	}
	first := asset()
	s.emu.Advance(time.Minute)
	require.NoError(t, s.emu.RereadSeeds())
	require.Equal(t, first, asset())

	list := filepath.Join(filepath.Dir(path), "list.csv")
	require.NoError(t, os.WriteFile(list, []byte("a,b"), 0o600))
	before := s.get("GET", first["url"].(string))
	require.NoError(t, s.emu.RereadSeeds())
	second := asset()
	require.Equal(t, first["id"], second["id"])
	require.EqualValues(t, 3, second["size"])
	require.NotEqual(t, first["updatedAt"], second["updatedAt"])
	got := s.get("GET", second["url"].(string), "If-None-Match", before.header.Get("Etag"))
	require.Equal(t, "200 a,b", strings.TrimSpace(got.header.Get("Status")+"200 "+got.body))

	other := library{t, emulator.Start(t, emulator.WithSeedFile(path))}
	require.Equal(t, "a,b", other.get("GET", second["url"].(string)).body, "another start reads the file too")
}

const wrongAssets = `assets:
  - {key: a, contentType: text/csv, file: ../outside.csv}
  - {key: b, contentType: text/csv, file: /etc/passwd}
  - {key: c, contentType: text/csv, file: missing.csv}
  - {key: d, contentType: text/csv, file: folder}
  - {key: e, contentType: text/csv, file: empty.csv}
  - {key: f, contentType: text/csv, file: large.csv}
  - {key: g, contentType: text/csv}
  - {key: h, contentType: text/csv, base64: "%"}
  - {key: i, contentType: text/html, base64: YQ==}
  - {key: j, contentType: image/png, file: page.html}
  - {key: k, contentType: text/csv, file: folder/list.csv, base64: YQ==}
  - {key: l, contentType: text/csv, base64: YQ==, assetType: x, imageType: y, website: none, tags: [""]}
  - {key: m, contentType: image/png, file: bomb.png}
  - {key: n, contentType: text/csv, file: link.csv}
`

func TestMistakesInSeededAssetsHaveTheirLines(t *testing.T) {
	large := strings.Repeat("x", 20<<20+1)
	path := seedBeside(t, wrongAssets, map[string]string{
		"folder/list.csv": "a", "empty.csv": "", "large.csv": large, "page.html": "<!DOCTYPE html><html>",
		"bomb.png": string(claimed(t, 50_000, 50_000)),
	})
	folder := filepath.Dir(path)
	outside := filepath.Join(t.TempDir(), "outside.csv")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(outside, filepath.Join(folder, "link.csv")))
	}
	_, err := emulator.New(emulator.WithSeedFile(path))
	var lines []string
	for problem := range strings.SplitSeq(err.Error(), "\n") {
		if _, rest, found := strings.Cut(problem, "seed.yaml:"); found {
			lines = append(lines, rest)
		}
	}
	text := strings.Join(lines, "\n")
	for _, want := range []string{
		"2: /assets/0/file: must be a path below the folder of the seed file",
		"3: /assets/1/file: must be a path below the folder of the seed file",
		"4: /assets/2/file: cannot be read: ",
		"5: /assets/3/file: must be a file",
		"6: /assets/4/file: has no bytes",
		"7: /assets/5: may have at most 20971520 bytes",
		"8: /assets/6: needs bytes: file, beside the seed file, or base64",
		"9: /assets/7/base64: must be text in base64",
		"10: /assets/8/contentType: must be one of image/jpeg",
		"11: /assets/9: The file is of another content type than declared.",
		"12: /assets/10/file: cannot be set beside base64",
		"13: /assets/11/assetType: must be one of content-image",
		"13: /assets/11/imageType: must be one of logo",
		"13: /assets/11/website: there is no website",
		"13: /assets/11/tags/0: must have 1 to 50 characters",
		"14: /assets/12: An image may have at most",
		"15: /assets/13/file: cannot be read: ",
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, "secret")
	require.Len(t, lines, 17, text)
}

func TestOnlyASeedFileHasFilesBesideIt(t *testing.T) {
	emu := emulator.Start(t)
	refused := call(t, emu, "POST", "/_emulator/seed",
		"assets:\n  - key: a\n    contentType: text/csv\n    file: a.csv\n", "Content-Type", "application/yaml")
	require.Equal(t, 400, refused.status)
	require.Contains(t, refused.body, "is beside a seed file, and this seed is none; use base64")
	require.Contains(t, refused.body, "4")
	require.ErrorContains(t, emu.Seed(emulator.Seed{Assets: []emulator.SeedAsset{{
		Key: "a", ContentType: "text/csv", File: "a.csv",
	}}}), "is beside a seed file")
	encoded := base64.StdEncoding.EncodeToString([]byte("a,b"))
	s := library{t, emu}
	reply := call(t, emu, "POST", "/_emulator/seed",
		`{"assets":[{"key":"a","contentType":"text/csv","base64":"`+encoded+`"}]}`)
	require.Equal(t, 200, reply.status, reply.body)
	require.Contains(t, reply.body, `"asset:a":"`+emu.ID("asset", "a")+`"`)
	asset := s.api(200, "GET", "/assets", "")["assets"].([]any)[0].(map[string]any)
	require.Equal(t, "a,b", s.get("GET", asset["url"].(string)).body)
}
