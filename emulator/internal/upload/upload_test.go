package upload_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
)

func TestReadTakesExactlyTheDeclaredBytes(t *testing.T) {
	broken := errors.New("the connection broke")
	const chunk = upload.ChunkSize
	for _, size := range []int{1, 2, chunk - 1, chunk, chunk + 1, 3 * chunk} {
		all := strings.Repeat("x", size)
		for name, from := range map[string]io.Reader{
			"at once":          strings.NewReader(all),
			"byte by byte":     iotest.OneByteReader(strings.NewReader(all)),
			"the end with it":  iotest.DataErrReader(strings.NewReader(all)),
			"half of each":     iotest.HalfReader(strings.NewReader(all)),
			"in several parts": io.MultiReader(strings.NewReader(all[:size/2]), strings.NewReader(all[size/2:])),
		} {
			got, err := upload.Read(from, size)
			require.NoError(t, err, name)
			require.Equal(t, all, string(bytes.Join(got.Chunks, nil)), name)
			require.Equal(t, upload.Of([]byte(all)), got, name)
		}
		_, err := upload.Read(strings.NewReader(all), size+1)
		require.ErrorIs(t, err, upload.ErrSize)
		_, err = upload.Read(strings.NewReader(all+"y"), size)
		require.ErrorIs(t, err, upload.ErrSize)
		_, err = upload.Read(io.MultiReader(strings.NewReader(all), iotest.ErrReader(broken)), size+1)
		require.ErrorIs(t, err, broken)
		_, err = upload.Read(io.MultiReader(strings.NewReader(all), iotest.ErrReader(broken)), size)
		require.ErrorIs(t, err, broken, "what comes after the last byte is read too")
	}
}

func encoded(t *testing.T, encode func(io.Writer, image.Image) error, width, height int) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, encode(&out, image.NewGray(image.Rect(0, 0, width, height))))
	return out.Bytes()
}

func asJPEG(to io.Writer, picture image.Image) error { return jpeg.Encode(to, picture, nil) }

// pngOf returns the header of a PNG of a size, and nothing else.
func pngOf(width, height uint32) []byte {
	header := []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR")
	header = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(header, width), height)
	header = append(header, 8, 0, 0, 0, 0)
	return binary.BigEndian.AppendUint32(header, crc32.ChecksumIEEE(header[12:]))
}

func TestLookFindsWhatBytesAre(t *testing.T) {
	small := image.Pt(7, 3)
	asPNG := encoded(t, png.Encode, 7, 3)
	picture := encoded(t, asJPEG, 7, 3)
	for name, c := range map[string]struct {
		contentType string
		content     []byte
		size        image.Point
		flaw        upload.Flaw
	}{
		"a PNG":                        {"image/png", asPNG, small, upload.None},
		"a JPEG":                       {"image/jpeg", picture, small, upload.None},
		"a JPEG with a long comment":   {"image/jpeg", commented(picture, 5), small, upload.None},
		"a PNG that is a JPEG":         {"image/png", picture, image.Point{}, upload.OtherType},
		"a JPEG that is a PNG":         {"image/jpeg", asPNG, image.Point{}, upload.OtherType},
		"a PDF that is a PNG":          {"application/pdf", asPNG, image.Point{}, upload.OtherType},
		"a PDF":                        {"application/pdf", []byte("%PDF-1.7"), image.Point{}, upload.None},
		"a PNG that is a page":         {"image/png", []byte("<html>"), image.Point{}, upload.OtherType},
		"a PDF that is an archive":     {"application/pdf", []byte("PK\x03\x04"), image.Point{}, upload.OtherType},
		"a list that is a PNG":         {"text/csv", asPNG, image.Point{}, upload.None},
		"a sheet that is a page":       {"application/vnd.ms-excel", []byte("<html>"), image.Point{}, upload.None},
		"a PNG that is text":           {"image/png", []byte("pixels"), image.Point{}, upload.None},
		"a PNG that is nothing known":  {"image/png", []byte{0, 1, 2}, image.Point{}, upload.None},
		"a PNG that is cut":            {"image/png", asPNG[:20], image.Point{}, upload.None},
		"a JPEG that is cut":           {"image/jpeg", picture[:20], image.Point{}, upload.None},
		"a PNG without pixels":         {"image/png", pngOf(0, 0), image.Point{}, upload.None},
		"a PNG of 100 megapixels":      {"image/png", pngOf(10_000, 10_000), image.Pt(10_000, 10_000), upload.None},
		"a PNG of more":                {"image/png", pngOf(10_000, 10_001), image.Point{}, upload.TooLarge},
		"a PNG that is wide":           {"image/png", pngOf(20_001, 1), image.Point{}, upload.TooLarge},
		"a PNG that is high":           {"image/png", pngOf(1, 20_001), image.Point{}, upload.TooLarge},
		"a PNG that would take 2.5 GB": {"image/png", pngOf(50_000, 50_000), image.Point{}, upload.TooLarge},
		"a PNG of too many to count":   {"image/png", pngOf(1<<31-1, 1<<31-1), image.Point{}, upload.TooLarge},
		"a PNG with a negative side":   {"image/png", pngOf(1, 1<<31), image.Point{}, upload.TooLarge},
		"nothing":                      {"image/png", nil, image.Point{}, upload.None},
	} {
		size, flaw := upload.Of(c.content).Look(c.contentType)
		require.Equal(t, c.size, size, name)
		require.Equal(t, c.flaw, flaw, name)
	}
	bomb := upload.Of(pngOf(50_000, 50_000))
	require.Less(t, testing.AllocsPerRun(10, func() { bomb.Look("image/png") }), 50.0)
}

// commented returns a JPEG with comments of 64 KiB before its header, so that it is in a later chunk.
func commented(picture []byte, comments int) []byte {
	comment := append([]byte{0xff, 0xfe, 0xff, 0xff}, make([]byte, 0xfffd)...)
	return bytes.Join([][]byte{picture[:2], bytes.Repeat(comment, comments), picture[2:]}, nil)
}

func TestATicketIsReadFromItsURL(t *testing.T) {
	ticket := upload.Ticket{
		Key: "organizations/a/b.png", ContentType: "image/png", Size: 7, Expires: time.Unix(1772442000, 0),
	}
	path := ticket.Path([]byte{0xab, 0xcd})
	require.Equal(t, "/uploads/organizations/a/b.png?"+
		"contentType=image%2Fpng&expires=1772442000&signature=abcd&size=7", path)
	at, err := url.Parse(path)
	require.NoError(t, err)
	got, signature := upload.ReadTicket(at)
	require.Equal(t, []byte{0xab, 0xcd}, signature)
	require.Equal(t, ticket, got)
	for _, other := range []upload.Ticket{
		{Key: "other", ContentType: got.ContentType, Size: got.Size, Expires: got.Expires},
		{Key: got.Key, ContentType: "text/csv", Size: got.Size, Expires: got.Expires},
		{Key: got.Key, ContentType: got.ContentType, Size: 8, Expires: got.Expires},
		{Key: got.Key, ContentType: got.ContentType, Size: got.Size, Expires: got.Expires.Add(time.Second)},
	} {
		require.NotEqual(t, string(got.Signed()), string(other.Signed()))
	}
	for _, wrong := range []string{"/uploads/a", "/files/a?" + at.RawQuery, "/uploads/a?size=x&expires=1&signature=ab",
		"/uploads/a?size=1&expires=x&signature=ab", "/uploads/a?size=1&expires=1&signature=x"} {
		at, err := url.Parse(wrong)
		require.NoError(t, err)
		_, signature := upload.ReadTicket(at)
		require.Nil(t, signature, wrong)
	}
}

func TestASafeNameMeansNothingInAPath(t *testing.T) {
	for name, want := range map[string]string{
		"logo.png":                        "logo.png",
		"Acme logo (1).PNG":               "Acme-logo-1-.PNG",
		"../../etc/passwd":                "etc-passwd",
		"..":                              "file",
		".":                               "file",
		"":                                "file",
		"/":                               "file",
		".htaccess":                       "file.htaccess",
		"naïve?.png#a":                    "na-ve-.png-a",
		"a\x00\r\nb.csv":                  "a-b.csv",
		strings.Repeat("a", 300) + ".png": strings.Repeat("a", 96) + ".png",
		"b." + strings.Repeat("a", 300):   "b." + strings.Repeat("a", 98),
		"日本語.pdf":                         "file.pdf",
	} {
		require.Equal(t, want, upload.SafeName(name), name)
	}
	require.Equal(t, "organizations/o/content-image/i/a.png", upload.KeyOf("o", "content-image", "i", "a.png"))
}

func TestDrainGivesUpEachChunk(t *testing.T) {
	file := bytes.Repeat([]byte("0123456789"), 600_000)
	content := upload.Of(file)
	var drained []byte
	for chunk := range content.Drain() {
		drained = append(drained, chunk...)
	}
	require.Equal(t, file, drained)
	for _, chunk := range content.Chunks {
		require.Nil(t, chunk)
	}
}
