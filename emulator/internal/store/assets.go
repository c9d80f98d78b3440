package store

import (
	"iter"
	"time"
)

// Upload is a URL for bytes that are to come, and what is known of them once they are there.
type Upload struct {
	ID, Org, S3Key, State, ContentType string
	AssetType, WebsiteID               string
	Size, Width, Height                int
	Digest                             string
	CreatedAt, ExpiresAt               time.Time
}

// Asset is a file of the Organization. Width and Height are 0 unless it is known to be an image.
type Asset struct {
	ID, Org, Key, Filename, S3Key, ContentType string
	AssetType, ImageType, Description, AltText string
	Size, Width, Height                        int
	Tags                                       []string
	WebsiteID, FileID, Digest                  string
	CreatedAt, UpdatedAt                       time.Time
}

// fileChunk is a part of a file.
type fileChunk struct {
	FileID string
	N      int
	Bytes  []byte
}

var (
	uploads    = define("uploads", (*Upload).columns)
	assets     = define("assets", (*Asset).columns)
	fileChunks = define("file_chunks", (*fileChunk).columns)
)

func (upload *Upload) columns(r *row) {
	r.column("id", &upload.ID)
	r.column("org", &upload.Org)
	r.column("s3_key", &upload.S3Key)
	r.column("content_type", &upload.ContentType)
	r.column("size", &upload.Size)
	r.column("asset_type", &upload.AssetType)
	r.nullable("website_id", &upload.WebsiteID)
	r.column("created_at", &upload.CreatedAt)
	r.column("expires_at", &upload.ExpiresAt)
	r.mutable()
	r.column("state", &upload.State)
	r.nullable("digest", &upload.Digest)
	r.nullable("width", &upload.Width)
	r.nullable("height", &upload.Height)
}

func (asset *Asset) columns(r *row) {
	r.column("id", &asset.ID)
	r.column("org", &asset.Org)
	r.column("created_at", &asset.CreatedAt)
	r.mutable()
	r.column("key", &asset.Key)
	r.column("filename", &asset.Filename)
	r.column("s3_key", &asset.S3Key)
	r.column("content_type", &asset.ContentType)
	r.column("size", &asset.Size)
	r.column("asset_type", &asset.AssetType)
	r.nullable("image_type", &asset.ImageType)
	r.nullable("description", &asset.Description)
	r.nullable("alt_text", &asset.AltText)
	r.nullable("tags", &asset.Tags)
	r.nullable("width", &asset.Width)
	r.nullable("height", &asset.Height)
	r.nullable("website_id", &asset.WebsiteID)
	r.column("file_id", &asset.FileID)
	r.column("digest", &asset.Digest)
	r.column("updated_at", &asset.UpdatedAt)
}

func (chunk *fileChunk) columns(r *row) {
	r.column("file_id", &chunk.FileID)
	r.column("n", &chunk.N)
	r.column("bytes", &chunk.Bytes)
}

// PutUpload inserts or updates an upload.
func (tx *Tx) PutUpload(upload Upload) error { return uploads.upsert(tx, &upload) }

// Upload returns the upload of any Organization with this key, or nil if there is none.
func (tx *Tx) Upload(s3Key string) (*Upload, error) {
	return uploads.one(tx, "WHERE s3_key = ?", s3Key)
}

// UploadOf returns the Organization's upload with this id, or nil if there is none.
func (tx *Tx) UploadOf(id string) (*Upload, error) {
	return uploads.one(tx, "WHERE id = ? AND org = ?", id, tx.Org)
}

// DeleteUpload deletes an upload, but not its bytes.
func (tx *Tx) DeleteUpload(id string) error {
	return tx.exec("DELETE FROM uploads WHERE id = ? AND org = ?", id, tx.Org)
}

// Asset returns the Asset with this key or id, or nil if there is none.
func (tx *Tx) Asset(ref string) (*Asset, error) { return assets.named(tx, ref) }

// AssetOfAny returns the Asset of any Organization with this id, or nil if there is none.
func (tx *Tx) AssetOfAny(id string) (*Asset, error) { return assets.one(tx, "WHERE id = ?", id) }

// ListAssets returns a page of the Organization's Assets. The types narrow the list if they are not "".
func (tx *Tx) ListAssets(page Page, assetType, imageType string) (Listed[Asset], error) {
	return listed(tx, page, assets.view(),
		func(asset *Asset) Place { return Place{asset.CreatedAt, asset.ID} },
		Filter{"WHERE org = ?", []any{tx.Org}}.narrow(
			clause{"asset_type = ?", assetType}, clause{"image_type = ?", imageType}))
}

// PutAsset inserts or updates an Asset. It does not touch an equal one.
func (tx *Tx) PutAsset(asset Asset) error {
	asset.Org, asset.CreatedAt, asset.UpdatedAt = tx.Org, tx.Now, tx.Now
	return assets.upsertChanged(tx, &asset)
}

// DeleteAsset deletes an Asset, but not its bytes.
func (tx *Tx) DeleteAsset(id string) error {
	return tx.exec("DELETE FROM assets WHERE id = ? AND org = ?", id, tx.Org)
}

// PutFile stores the bytes of a file, each chunk as a row. SQLite reads the chunks where they are.
func (tx *Tx) PutFile(id string, chunks iter.Seq[[]byte]) error {
	n := 0
	for bytes := range chunks {
		if err := fileChunks.insert(tx, &fileChunk{id, n, bytes}); err != nil {
			return err
		}
		n++
	}
	return nil
}

// FileChunk returns a chunk of a file, nil if there is none.
func (tx *Tx) FileChunk(id string, n int) ([]byte, error) {
	chunk, err := fileChunks.one(tx, "WHERE file_id = ? AND n = ?", id, n)
	if chunk == nil {
		return nil, err
	}
	return chunk.Bytes, err
}

// DeleteFile deletes the bytes of a file.
func (tx *Tx) DeleteFile(id string) error {
	return tx.exec("DELETE FROM file_chunks WHERE file_id = ?", id)
}
