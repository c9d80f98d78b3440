package upload

import (
	"encoding/hex"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
)

// The paths of files: what is uploaded goes to the one, and everyone gets it from the other.
const (
	UploadPath = "/uploads/"
	FilePath   = "/files/"
)

// Ticket is what an upload URL allows: to PUT Size bytes of a type under a key until a time.
type Ticket struct {
	Key, ContentType string
	Size             int
	Expires          time.Time
}

// Signed returns the text that is signed.
func (ticket Ticket) Signed() []byte {
	return []byte("PUT\n" + ticket.Key + "\n" + ticket.query().Encode())
}

func (ticket Ticket) query() url.Values {
	return url.Values{
		"contentType": {ticket.ContentType},
		"size":        {strconv.Itoa(ticket.Size)},
		"expires":     {strconv.FormatInt(ticket.Expires.Unix(), 10)},
	}
}

const signatureName = "signature"

// Path returns the path and the query of the URL.
func (ticket Ticket) Path(signature []byte) string {
	query := ticket.query()
	query.Set(signatureName, hex.EncodeToString(signature))
	return UploadPath + ticket.Key + "?" + query.Encode()
}

// ReadTicket reads the ticket in the path and the query of a URL. It does not check the signature, which is nil if the
// URL is no upload URL.
func ReadTicket(from *url.URL) (ticket Ticket, signature []byte) {
	key, ok := strings.CutPrefix(from.Path, UploadPath)
	query := from.Query()
	size, wrongSize := strconv.Atoi(query.Get("size"))
	expires, wrongTime := strconv.ParseInt(query.Get("expires"), 10, 64)
	signature, wrong := hex.DecodeString(query.Get(signatureName))
	if !ok || wrongSize != nil || wrongTime != nil || wrong != nil {
		return Ticket{}, nil
	}
	return Ticket{key, query.Get("contentType"), size, time.Unix(expires, 0)}, signature
}

// KeyOf returns the key of a file with an id.
func KeyOf(org, assetType, id, filename string) string {
	return path.Join("organizations", org, assetType, id, SafeName(filename))
}

// longestName is how many bytes a safe name has at most.
const longestName = 100

// SafeName returns a file name that means nothing special in a path or a URL. It keeps the extension if it is short.
func SafeName(filename string) string {
	safe := strings.Map(func(char rune) rune {
		switch {
		case 'a' <= char && char <= 'z', 'A' <= char && char <= 'Z', '0' <= char && char <= '9':
			return char
		case strings.ContainsRune("._-", char):
			return char
		}
		return '-'
	}, filename[max(0, len(filename)-10*longestName):])
	for strings.Contains(safe, "--") {
		safe = strings.ReplaceAll(safe, "--", "-")
	}
	extension := path.Ext(safe)
	safe = strings.TrimLeft(safe, ".-")
	switch safe {
	case "":
		return "file"
	case strings.TrimPrefix(extension, "."):
		safe = "file" + extension
	}
	if len(safe) <= longestName {
		return safe
	}
	if len(extension) > longestName/10 {
		extension = ""
	}
	return safe[:longestName-len(extension)] + extension
}
