package assets

import (
	"errors"
	"io"
	"log/slog"
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Mount adds the route of files.
func Mount(mux *http.ServeMux, backend *world.World, log *slog.Logger) {
	mux.HandleFunc(upload.FilePath+"{id}/{filename}", gateway.Only(door{backend, log}.file, http.MethodGet))
}

// file serves the bytes of an Asset. What it serves may come from anyone, so no browser may run it.
func (d door) file(w http.ResponseWriter, r *http.Request) {
	var asset *world.Asset
	err := d.world.Look(r.Context(), func(tx *world.Tx) (err error) {
		asset, err = tx.AssetOfAny(r.PathValue("id"))
		return err
	})
	switch {
	case err != nil:
		d.fail(w, r, err)
		return
	case asset == nil || world.AssetPath(asset) != r.URL.Path:
		gateway.WriteProblem(w, &gateway.Problem{Code: world.CodeNotFound, Message: "There is no such file."})
		return
	}
	header := w.Header()
	header.Set("Content-Type", asset.ContentType)
	header.Set("Etag", `"`+asset.Digest+`"`)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // emails show it wherever they are read
	http.ServeContent(w, r, "", asset.UpdatedAt, &reader{door: d, r: r, asset: asset, number: -1})
}

// reader reads the chunks of a file, each when it is needed.
type reader struct {
	door
	r      *http.Request
	asset  *world.Asset
	at     int64
	number int // of chunk; -1 before the first
	chunk  []byte
}

// Seek sets where the next Read begins.
func (f *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.at
	case io.SeekEnd:
		offset += int64(f.asset.Size)
	}
	f.at = offset
	return offset, nil
}

// Read reads at most to the end of the chunk.
func (f *reader) Read(into []byte) (int, error) {
	if f.at >= int64(f.asset.Size) {
		return 0, io.EOF
	}
	if number := int(f.at / upload.ChunkSize); number != f.number {
		err := f.world.Look(f.r.Context(), func(tx *world.Tx) (err error) {
			f.chunk, err = tx.FileChunk(f.asset.FileID, number)
			return err
		})
		if err == nil && f.chunk == nil {
			err = errors.New("the file was deleted while it was served")
		}
		if err != nil {
			return 0, err
		}
		f.number = number
	}
	n := copy(into, f.chunk[f.at%upload.ChunkSize:])
	f.at += int64(n)
	return n, nil
}
