package world

import (
	"cmp"
	"crypto/hmac"
	"slices"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
)

// Assets. Documented: the three steps, the members of an Asset, and its update. Decided here: how an upload URL looks
// and what it refuses, the list, and that deleting an Asset deletes its bytes.

// The lives of uploads.
const (
	UploadLife  = 15 * time.Minute // of an upload URL
	uploadsKept = 24 * time.Hour   // what was uploaded and became no Asset
)

// The states of an upload.
const (
	uploadWaiting  = "Waiting"
	uploadUploaded = "Uploaded"
	uploadCreated  = "Created" // an Asset was made of it
)

// AssetTypeImage is what a file is for, unless somebody says something else.
const AssetTypeImage = "content-image"

// AssetTypes and ImageTypes are what a file can be for, and what an image can show.
var (
	AssetTypes = []string{AssetTypeImage, "content-document", "lead-magnet"}
	ImageTypes = []string{"logo", "hero", "header", "product", "background", "icon", "other"}
)

// UploadSpec describes a file that is to be uploaded.
type UploadSpec struct {
	Filename, ContentType, AssetType, WebsiteID string
	Size                                        int
}

// CreateUpload returns a URL that takes the bytes of a file, and the key of the file.
func (tx *Tx) CreateUpload(spec UploadSpec) (url, key string, err error) {
	spec.WebsiteID, err = tx.websiteOf(spec.WebsiteID)
	if err != nil {
		return "", "", err
	}
	id, assetType := tx.NewID(), cmp.Or(spec.AssetType, AssetTypeImage)
	made := store.Upload{
		ID:          id,
		Org:         tx.Org,
		S3Key:       upload.KeyOf(tx.Org, assetType, id, spec.Filename),
		State:       uploadWaiting,
		ContentType: spec.ContentType,
		AssetType:   assetType,
		WebsiteID:   spec.WebsiteID,
		Size:        spec.Size,
		CreatedAt:   tx.Now,
		ExpiresAt:   tx.Now.Add(UploadLife),
	}
	if err := tx.PutUpload(made); err != nil {
		return "", "", err
	}
	if _, err := tx.AddTask(tx.Now.Add(uploadsKept), TaskDropUpload, id, ""); err != nil {
		return "", "", err
	}
	ticket := upload.Ticket{Key: made.S3Key, ContentType: made.ContentType, Size: made.Size, Expires: made.ExpiresAt}
	return tx.w.config.BaseURL() + ticket.Path(tx.Fingerprint(ticket.Signed())), made.S3Key, nil
}

// websiteOf returns the id of a Website as it is stored, "" for none.
func (tx *Tx) websiteOf(id string) (string, error) {
	if id == "" {
		return "", nil
	}
	site, err := tx.Website(strings.ToLower(id))
	if err == nil && (site == nil || site.ID != strings.ToLower(id)) {
		return "", NotFound("Website", id)
	}
	if err != nil {
		return "", err
	}
	return site.ID, nil
}

// dropUpload deletes an upload that became no Asset.
func (tx *Tx) dropUpload(task store.Task) error {
	found, err := tx.UploadOf(task.Ref)
	if err != nil || found == nil || found.State == uploadCreated {
		return err
	}
	if err := tx.DeleteUpload(found.ID); err != nil {
		return err
	}
	return tx.DeleteFile(found.ID)
}

// CheckTicket refuses an upload URL that this world has not made, that has taken its bytes, or that is too old.
func (tx *Tx) CheckTicket(ticket upload.Ticket, signature []byte) error {
	if !hmac.Equal(tx.Fingerprint(ticket.Signed()), signature) {
		return &Problem{Code: CodeUnauthorized, Message: "The signature of the upload URL is missing or wrong."}
	}
	found, err := tx.Upload(ticket.Key)
	if err != nil {
		return err
	}
	if err := checkWaiting(found); err != nil {
		return err
	}
	if !tx.Now.Before(found.ExpiresAt) {
		return errUploadExpired
	}
	return nil
}

var errUploadExpired = unacceptable(reasonUploadExpired, "The upload URL has expired; ask for a new one.")

// checkWaiting refuses an upload that is gone, or whose bytes are there.
func checkWaiting(found *store.Upload) error {
	switch {
	case found == nil:
		return errUploadExpired
	case found.State != uploadWaiting:
		return refused(CodeInvalidState, "The upload URL has taken its file.", map[string]any{"status": uploadUploaded})
	}
	return nil
}

// CheckContent refuses bytes that are not of the type, or that are too large an image. Otherwise it returns the size of
// the image, or 0 if they are none.
func CheckContent(contentType string, content *upload.Content) (width, height int, err error) {
	size, flaw := content.Look(contentType)
	switch flaw {
	case upload.OtherType:
		return 0, 0, RefuseContentType()
	case upload.TooLarge:
		return 0, 0, unacceptable(reasonImageTooLarge,
			"An image may have at most 20000 pixels on a side and 100 megapixels in all.")
	}
	return size.X, size.Y, nil
}

// RefuseContentType returns the refusal of a file of another type than declared.
func RefuseContentType() error {
	return unacceptable(reasonUploadContentType, "The file is of another content type than declared.")
}

// RefuseSize returns the refusal of a file of another size than declared.
func RefuseSize() error {
	return unacceptable(reasonUploadSize, "The file has another number of bytes than declared.")
}

// ReceiveUpload stores the bytes of an upload whose ticket was checked. If they began to come in time, that is enough.
func (tx *Tx) ReceiveUpload(ticket upload.Ticket, content *upload.Content, width, height int) error {
	found, err := tx.Upload(ticket.Key)
	if err != nil {
		return err
	}
	if err := checkWaiting(found); err != nil {
		return err
	}
	found.State, found.Digest, found.Width, found.Height = uploadUploaded, content.Digest, width, height
	if err := tx.PutUpload(*found); err != nil {
		return err
	}
	return tx.PutFile(found.ID, content.Drain())
}

// AssetSpec describes a new Asset.
type AssetSpec struct {
	Filename, S3Key, ContentType, AssetType, ImageType, WebsiteID string
	Size                                                          int
}

// CreateAsset makes an Asset of an upload.
func (tx *Tx) CreateAsset(spec AssetSpec) (*store.Asset, error) {
	site, err := tx.websiteOf(spec.WebsiteID)
	if err != nil {
		return nil, err
	}
	found, err := tx.Upload(spec.S3Key)
	switch {
	case err != nil:
		return nil, err
	case found != nil && found.Org == tx.Org && found.State == uploadCreated:
		return nil, refused(CodeInvalidState, "An Asset was made of the upload.", map[string]any{"status": found.State})
	case found == nil || found.Org != tx.Org || found.State == uploadWaiting,
		found.Size != spec.Size, found.ContentType != spec.ContentType:
		return nil, unacceptable(reasonAssetNotUploaded, "No such file was uploaded under the s3Key.")
	}

	id := tx.NewID()
	made := store.Asset{
		ID:          id,
		Key:         id,
		Filename:    spec.Filename,
		S3Key:       found.S3Key,
		ContentType: found.ContentType,
		AssetType:   cmp.Or(spec.AssetType, found.AssetType),
		ImageType:   spec.ImageType,
		Size:        found.Size,
		Width:       found.Width,
		Height:      found.Height,
		WebsiteID:   cmp.Or(site, found.WebsiteID),
		FileID:      found.ID,
		Digest:      found.Digest,
	}
	found.State = uploadCreated
	if err := tx.PutUpload(*found); err != nil {
		return nil, err
	}
	if err := tx.DropTasks(TaskDropUpload, found.ID); err != nil {
		return nil, err
	}
	if err := tx.PutAsset(made); err != nil {
		return nil, err
	}
	return tx.AssetWith(id)
}

// AssetWith finds an Asset by its id.
func (tx *Tx) AssetWith(id string) (*store.Asset, error) {
	asset, err := tx.Asset(strings.ToLower(id))
	if err == nil && (asset == nil || asset.ID != strings.ToLower(id)) {
		return nil, NotFound("Asset", id)
	}
	return asset, err
}

// AssetURL returns the URL from which everyone gets the bytes of an Asset.
func (tx *Tx) AssetURL(asset *store.Asset) string { return tx.w.config.BaseURL() + AssetPath(asset) }

// AssetPath returns the path of that URL.
func AssetPath(asset *store.Asset) string {
	return upload.FilePath + asset.ID + "/" + upload.SafeName(asset.Filename)
}

// AssetEdit is a change of an Asset. nil leaves a member as it is, and the zero value clears it.
type AssetEdit struct {
	Description, AltText, ImageType *string
	Tags                            *[]string
}

// UpdateAsset changes what is known about a file.
func (tx *Tx) UpdateAsset(id string, edit AssetEdit) (*store.Asset, error) {
	asset, err := tx.AssetWith(id)
	if err != nil {
		return nil, err
	}
	assign(&asset.Description, edit.Description)
	assign(&asset.AltText, edit.AltText)
	assign(&asset.ImageType, edit.ImageType)
	if edit.Tags != nil {
		asset.Tags = *edit.Tags
	}
	if err := tx.PutAsset(*asset); err != nil {
		return nil, err
	}
	return tx.AssetWith(asset.ID)
}

// RemoveAsset deletes an Asset and its bytes.
func (tx *Tx) RemoveAsset(id string) error {
	asset, err := tx.AssetWith(id)
	if err != nil {
		return err
	}
	if err := tx.DeleteAsset(asset.ID); err != nil {
		return err
	}
	if err := tx.DeleteUpload(asset.FileID); err != nil {
		return err
	}
	return tx.DeleteFile(asset.FileID)
}

// SaveAsset inserts or replaces an Asset of a seed. It writes the bytes only if they are others.
func (tx *Tx) SaveAsset(asset store.Asset, content *upload.Content) error {
	saved, err := tx.Asset(asset.ID)
	if err != nil {
		return err
	}
	asset.FileID, asset.Digest, asset.Size = ComputedID(asset.ID, "file", content.Digest), content.Digest, content.Size
	asset.S3Key = upload.KeyOf(tx.Org, asset.AssetType, asset.ID, asset.Filename)
	if saved != nil && saved.FileID != asset.FileID {
		if err := tx.DeleteFile(saved.FileID); err != nil {
			return err
		}
	}
	if saved == nil || saved.FileID != asset.FileID {
		if err := tx.PutFile(asset.FileID, slices.Values(content.Chunks)); err != nil {
			return err
		}
	}
	return tx.PutAsset(asset)
}
