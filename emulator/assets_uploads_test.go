package emulator_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestARefusedPutDoesNotUseTheURLUp(t *testing.T) {
	s := openFiles(t)
	content := picture(t, 2, 3)
	n := len(content)
	to, _ := s.uploadURL("image/png", n)
	reader := func(content string) io.Reader { return io.MultiReader(strings.NewReader(content)) } // of unknown length
	for want, refused := range map[string]func() answer{
		"422 validation_failed upload_content_type": func() answer { return s.put(to, "image/jpeg", content) },
		"422 validation_failed upload_size":         func() answer { return s.put(to, "image/png", content[1:]) },

		"413 payload_too_large":  func() answer { return s.put(to, "image/png", make([]byte, 20<<20+1)) },
		"401 unauthorized":       func() answer { return s.put(to[:len(to)-2]+"zz", "image/png", content) },
		"405 method_not_allowed": func() answer { return s.send("POST", to, "image/png", nil) },
	} {
		require.Equal(t, want, s.refusal(refused()))
	}
	require.Equal(t, "PUT", s.send("GET", to, "", nil).header.Get("Allow"))
	for _, size := range []int{0, n - 1, n + 1, 300_000} {
		require.Equal(t, "422 validation_failed upload_size", s.refusal(s.send("PUT", to, "image/png",
			reader(strings.Repeat("x", size)))), size)
	}
	require.Equal(t, "422 validation_failed upload_size", s.refusal(s.send("PUT", to, "image/png", nil)))
	require.Equal(t, "422 validation_failed upload_content_type", s.refusal(s.put(to, "", content)))
	for _, other := range []string{"<!DOCTYPE html><html>", "%PDF-1.7", "PK\x03\x04", "\xff\xd8\xff", "GIF89a"} {
		raw := append([]byte(other), make([]byte, n-len(other))...)
		require.Equal(t, "422 validation_failed upload_content_type", s.refusal(s.put(to, "image/png", raw)), other)
	}
	require.Equal(t, 200, s.send("PUT", to, "image/PNG", reader(string(content))).status)
	require.Equal(t, "409 invalid_state Uploaded", s.refusal(s.put(to, "image/png", content)))
}

func TestAnUploadURLExpires(t *testing.T) {
	s := openFiles(t)
	to, key := s.uploadURL("text/csv", 1)
	s.emu.Advance(15*time.Minute - time.Millisecond)
	other, _ := s.uploadURL("text/csv", 1)
	require.Equal(t, 200, s.put(to, "text/csv", []byte("a")).status, "still in time")
	s.emu.Advance(time.Minute)
	require.Equal(t, "409 invalid_state Uploaded", s.refusal(s.put(to, "text/csv", []byte("a"))))
	s.emu.Advance(15 * time.Minute)
	require.Equal(t, "422 validation_failed upload_expired", s.refusal(s.put(other, "text/csv", []byte("a"))))

	s.emu.Advance(24 * time.Hour)
	body := fmt.Sprintf(`{"filename":"a","s3Key":%q,"contentType":"text/csv","size":1}`, key)
	require.Equal(t, "422 validation_failed asset_not_uploaded", s.createRefused(body))
	require.Equal(t, "422 validation_failed upload_expired", s.refusal(s.put(to, "text/csv", []byte("a"))))
	_, due := s.emu.NextDue()
	require.False(t, due)
}

func TestAnAssetStaysWhenItsUploadWouldGo(t *testing.T) {
	s := openFiles(t)
	made := s.upload("a.csv", "text/csv", []byte("a"), "")
	_, due := s.emu.NextDue()
	require.False(t, due)
	s.emu.Advance(48 * time.Hour)
	require.Equal(t, "a", s.get("GET", made["url"].(string)).body)
}

func TestASignatureIsForOneUploadURL(t *testing.T) {
	s := openFiles(t)
	to, key := s.uploadURL("text/csv", 1)
	_, other := s.uploadURL("text/csv", 1)
	forged := func(change func(query url.Values)) string {
		at, err := url.Parse(to)
		require.NoError(t, err)
		query := at.Query()
		change(query)
		at.RawQuery = query.Encode()
		return at.String()
	}
	for _, wrong := range []string{
		strings.Replace(to, key, other, 1),
		strings.Replace(to, key, key+"x", 1),
		"https://emulator.test/uploads",
		"https://emulator.test/uploads/",
		"https://emulator.test/uploads/" + key,
		forged(func(query url.Values) { query.Set("size", "2") }),
		forged(func(query url.Values) { query.Set("size", "-1") }),
		forged(func(query url.Values) { query.Set("contentType", "text/html") }),
		forged(func(query url.Values) { query.Set("expires", "99999999999") }),
		forged(func(query url.Values) { query.Del("signature") }),
		forged(func(query url.Values) { query.Set("signature", "") }),
		forged(func(query url.Values) { query.Set("signature", strings.Repeat("0", 64)) }),
	} {
		require.Equal(t, "401 unauthorized", s.refusal(s.put(wrong, "text/csv", []byte("a"))), wrong)
	}
	outside := s.put("https://emulator.test/uploads/../api/v1/assets", "text/csv", nil)
	require.Equal(t, "404 not_found", s.refusal(outside))
	require.Equal(t, 200, s.put(to, "text/csv", []byte("a")).status)
	s.emu.Reset()
	require.Equal(t, 422, s.put(to, "text/csv", []byte("a")).status, "the new world does not know it")
}

func TestImagesMayNotBeTooLarge(t *testing.T) {
	s := openFiles(t)
	for _, c := range []struct {
		width, height uint32
		status        int
	}{
		{50_000, 50_000, 422}, {20_001, 1, 422}, {1, 20_001, 422}, {10_001, 10_000, 422},
		{1<<31 - 1, 1<<31 - 1, 422}, {1<<32 - 1, 1, 422},
		{10_000, 10_000, 200}, {20_000, 5_000, 200},
	} {
		bomb := claimed(t, c.width, c.height)
		to, _ := s.uploadURL("image/png", len(bomb))
		got := s.put(to, "image/png", bomb)
		require.Equal(t, c.status, got.status, got.body)
		if c.status == 422 {
			require.Equal(t, "422 validation_failed image_too_large", s.refusal(got))
		}
	}
}

func TestBytesThatAreNoKnownImageHaveNoSize(t *testing.T) {
	s := openFiles(t)
	for _, content := range []string{"made up", "\x89PNG\r\n\x1a\n", "\x00\x01\x02"} {
		made := s.upload("a.png", "image/png", []byte(content), "")
		require.Nil(t, made["width"])
		require.Nil(t, made["height"])
		require.Equal(t, content, s.get("GET", made["url"].(string)).body)
	}
	sheet := s.upload("a.xls", "application/vnd.ms-excel", []byte("PK\x03\x04"), "")
	require.Equal(t, "application/vnd.ms-excel", sheet["contentType"])
}

func TestTwoPutsAtOnceStoreOneFile(t *testing.T) {
	s := openFiles(t)
	to, key := s.uploadURL("text/csv", 100_000)
	var wg sync.WaitGroup
	statuses := make([]int, 4)
	for i := range statuses {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte('a' + i)}, 100_000)
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, to, bytes.NewReader(content))
			if err != nil {
				return
			}
			request.Header.Set("Content-Type", "text/csv")
			if response, err := s.emu.Transport().RoundTrip(request); err == nil {
				statuses[i] = response.StatusCode
				_ = response.Body.Close()
			}
		})
	}
	wg.Wait()
	winner := -1
	for i, status := range statuses {
		if status == 200 {
			require.Negative(t, winner)
			winner = i
			continue
		}
		require.Equal(t, 409, status)
	}
	made := s.api(200, "POST", "/assets",
		fmt.Sprintf(`{"filename":"a","s3Key":%q,"contentType":"text/csv","size":100000}`, key))
	got := s.get("GET", made["asset"].(map[string]any)["url"].(string))
	require.Equal(t, strings.Repeat(string(rune('a'+winner)), 100_000), got.body)
}

func TestAPutThatBreaksOffStoresNothing(t *testing.T) {
	s := openFiles(t)
	base := s.emu.URL()
	to, key := s.uploadURL("text/csv", 600_000)
	require.True(t, strings.HasPrefix(to, base+"/uploads/"), "it is on the emulator's own address")
	at, err := url.Parse(to)
	require.NoError(t, err)
	before := len(s.journal(t))
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host)
	require.NoError(t, err)
	_, err = fmt.Fprintf(conn,
		"PUT %s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/csv\r\nContent-Length: 600000\r\n\r\n%s",
		at.RequestURI(), at.Host, strings.Repeat("x", 300_000))
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.Eventually(t, func() bool { return len(s.journal(t)) > before }, 10*time.Second, time.Millisecond)

	body := fmt.Sprintf(`{"filename":"a","s3Key":%q,"contentType":"text/csv","size":600000}`, key)
	require.Equal(t, "422 validation_failed asset_not_uploaded", s.createRefused(body))
	request, err := http.NewRequestWithContext(t.Context(), "PUT", to, strings.NewReader(strings.Repeat("y", 600_000)))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "text/csv")
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 200, response.StatusCode)
	made := s.api(200, "POST", "/assets", body)["asset"].(map[string]any)
	require.True(t, strings.HasPrefix(made["url"].(string), base+"/files/"))
	served, err := http.Get(made["url"].(string))
	require.NoError(t, err)
	defer served.Body.Close()
	got, err := io.ReadAll(served.Body)
	require.NoError(t, err)
	require.Equal(t, strings.Repeat("y", 600_000), string(got))
}

func (s library) journal(t testing.TB) []any {
	t.Helper()
	return call(t, s.emu, "GET", "/_emulator/requests", "").json(t)["requests"].([]any)
}

func TestTheJournalHasUploadsWithoutTheirSecrets(t *testing.T) {
	s := openFiles(t, emulator.WithJournalBodies())
	to, key := s.uploadURL("text/csv", 6)
	require.Equal(t, 422, s.put(to, "text/csv", []byte("secret!")).status)
	require.Equal(t, 200, s.put(to, "text/csv", []byte("secret")).status)
	raw := call(t, s.emu, "GET", "/_emulator/requests", "").body
	newest := s.journal(t)[0].(map[string]any)
	require.Equal(t, "PUT", newest["method"])
	require.Equal(t, "/uploads/"+key, newest["path"])
	require.EqualValues(t, 200, newest["status"])
	require.Equal(t, "validation_failed", s.journal(t)[1].(map[string]any)["error"])
	at, err := url.Parse(to)
	require.NoError(t, err)
	require.NotContains(t, raw, "secret")
	require.NotContains(t, raw, at.Query().Get("signature"))
}

func TestAnUploadOverASocketNeedsAnAllowedHost(t *testing.T) {
	s := openFiles(t)
	s.emu.URL()
	to, _ := s.uploadURL("text/csv", 1)
	request, err := http.NewRequestWithContext(t.Context(), "PUT", to, strings.NewReader("a"))
	require.NoError(t, err)
	request.Host = "evil.example"
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 403, response.StatusCode)
	require.Equal(t, "foreign_host", s.journal(t)[0].(map[string]any)["error"])
}

func TestTheBytesAreAPartOfTheWorld(t *testing.T) {
	content := picture(t, 40, 30)
	s := openFiles(t)
	made := s.upload("logo.png", "image/png", content, "")
	from := made["url"].(string)
	image, err := s.emu.Snapshot()
	require.NoError(t, err)
	fork := s.emu.Fork(t)
	restored := emulator.Start(t, emulator.WithImage(image))
	for _, emu := range []*emulator.Emulator{fork, restored} {
		other := library{t, emu}
		require.Equal(t, string(content), other.get("GET", from).body)
		require.Equal(t, []any{made}, other.api(200, "GET", "/assets", "")["assets"])
	}
	s.emu.Reset()
	require.Equal(t, 404, s.get("GET", from).status)
	require.Equal(t, string(content), library{t, fork}.get("GET", from).body)
}

func TestTheBytesStayInADatabaseFile(t *testing.T) {
	path := t.TempDir() + "/world.db"
	content := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
	first, err := emulator.New(emulator.WithDatabase(path), emulator.WithStartTime(monday))
	require.NoError(t, err)
	from := library{t, first}.upload("a.csv", "text/csv", content, "")["url"].(string)
	to, _ := library{t, first}.uploadURL("text/csv", 1)
	require.NoError(t, first.Close())
	again, err := emulator.New(emulator.WithDatabase(path), emulator.WithStartTime(monday))
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, string(content), library{t, again}.get("GET", from).body)
	require.Equal(t, 200, library{t, again}.put(to, "text/csv", []byte("a")).status, "and upload URLs work")
}
