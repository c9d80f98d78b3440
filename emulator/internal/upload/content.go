// Package upload has what belongs to uploaded files: which are allowed, what their bytes are, and the tickets in upload
// URLs. It is pure.
package upload

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"iter"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
)

// MaxSize is how many bytes a file may have.
const MaxSize = 20 << 20

// ChunkSize is how many bytes each chunk of a file has, but for the last.
const ChunkSize = 256 << 10

// The types of files.
const (
	jpegType = "image/jpeg"
	pngType  = "image/png"
	pdfType  = "application/pdf"
)

// ContentTypes returns the types that files may have.
func ContentTypes() []string {
	return []string{jpegType, pngType, "text/csv", "application/vnd.ms-excel", pdfType}
}

// IsAllowed reports whether files may have a type.
func IsAllowed(contentType string) bool { return slices.Contains(ContentTypes(), contentType) }

// Content is the bytes of a file, in chunks. So a file is never in memory twice while it arrives.
type Content struct {
	Chunks [][]byte
	Size   int
	Digest string // SHA-256, in hexadecimal
}

// Of returns bytes as content. It does not copy them.
func Of(content []byte) *Content {
	sum := sha256.Sum256(content)
	return &Content{slices.Collect(slices.Chunk(content, ChunkSize)), len(content), hex.EncodeToString(sum[:])}
}

// ErrSize is the error of Read for fewer or more bytes than there should be.
var ErrSize = errors.New("another number of bytes")

// Read reads a file that has size bytes, and takes memory only for what has arrived.
func Read(from io.Reader, size int) (*Content, error) {
	content, hash := &Content{Size: size}, sha256.New()
	for rest := size; rest > 0; {
		chunk := make([]byte, min(rest, ChunkSize))
		if err := fill(chunk, from); err != nil {
			return nil, err
		}
		hash.Write(chunk)
		content.Chunks = append(content.Chunks, chunk)
		rest -= len(chunk)
	}
	switch err := fill(make([]byte, 1), from); {
	case err == nil:
		return nil, ErrSize
	case !errors.Is(err, ErrSize):
		return nil, err
	}
	content.Digest = hex.EncodeToString(hash.Sum(nil))
	return content, nil
}

// fill reads a chunk. Unlike io.ReadFull it tells an end that came too early from a connection that broke.
func fill(chunk []byte, from io.Reader) error {
	for n := 0; n < len(chunk); {
		read, err := from.Read(chunk[n:])
		n += read
		switch {
		case err == nil || n == len(chunk):
		case err == io.EOF:
			return ErrSize
		default:
			return err
		}
	}
	return nil
}

// Drain returns the chunks in order, and gives up each when the next is asked for. The memory of the first half of a
// large file is free again before the second half is copied, so that the file is never in memory twice.
func (content *Content) Drain() iter.Seq[[]byte] {
	const large = 4 << 20
	return func(yield func([]byte) bool) {
		half := len(content.Chunks) / 2
		for i, chunk := range content.Chunks {
			if i == half && content.Size > large {
				debug.FreeOSMemory()
			}
			content.Chunks[i] = nil
			if !yield(chunk) {
				return
			}
		}
	}
}

// Flaw is why bytes are refused.
type Flaw int

// The flaws that bytes can have.
const (
	None      Flaw = iota
	OtherType      // they are of another type
	TooLarge       // an image has too many pixels
)

// The largest image that is taken.
const (
	maxSide   = 20_000
	maxPixels = 100_000_000
)

// Look returns what is wrong with the bytes of a file of a type, and the size of an image. The size is zero if the
// bytes are not known to be an image. Only the header of an image is decoded.
func (content *Content) Look(contentType string) (size image.Point, flaw Flaw) {
	if len(content.Chunks) == 0 {
		return size, None
	}
	strict := slices.Contains([]string{jpegType, pngType, pdfType}, contentType)
	if found := detect(content.Chunks[0]); strict && found != "" && found != contentType {
		return size, OtherType
	}

	decode := map[string]func(io.Reader) (image.Config, error){
		jpegType: jpeg.DecodeConfig,
		pngType:  png.DecodeConfig,
	}[contentType]
	if decode == nil {
		return size, None
	}
	config, err := decode(content.reader())
	switch {
	case err != nil && contentType == pngType && claimsTooMuch(content.Chunks[0]):
		return size, TooLarge
	case err != nil:
		return size, None
	case config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels:
		return size, TooLarge
	}
	return image.Pt(config.Width, config.Height), None
}

// claimsTooMuch reports whether the header of a PNG has a side that is too long. Package png does not tell the size of
// an image with more pixels than it can count.
func claimsTooMuch(start []byte) bool {
	const signature, sides, end = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 16, 24
	if len(start) < end || !bytes.HasPrefix(start, []byte(signature)) {
		return false
	}
	width, height := binary.BigEndian.Uint32(start[sides:]), binary.BigEndian.Uint32(start[sides+4:])
	return max(width, height) > maxSide
}

func (content *Content) reader() io.Reader {
	readers := make([]io.Reader, len(content.Chunks))
	for i, chunk := range content.Chunks {
		readers[i] = bytes.NewReader(chunk)
	}
	return io.MultiReader(readers...)
}

// detect returns the type that bytes are known to have, "" if none is known.
func detect(start []byte) string {
	found, _, _ := strings.Cut(http.DetectContentType(start), ";")
	if found == "text/plain" || found == "application/octet-stream" {
		return ""
	}
	return found
}
