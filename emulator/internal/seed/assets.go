package seed

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/upload"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// assets applies Assets.
func (s *seeding) assets(seed *Seed) error {
	for i, given := range seed.Assets {
		at := s.at("assets", i)
		if s.skips("asset", at, given.Key) {
			continue
		}
		id, err := s.itemID("asset", at, given.Key, given.ID)
		if err != nil {
			return err
		}

		asset := world.Asset{
			ID:          id,
			Key:         cmp.Or(given.Key, at),
			Filename:    cmp.Or(given.Filename, given.Key, "file"),
			ContentType: s.oneOf(at+"/contentType", given.ContentType, Words("assets", "contentType")...),
			AssetType:   world.AssetTypeImage,
			Description: given.Description,
			AltText:     given.AltText,
			Tags:        given.Tags,
		}
		if given.AssetType != "" {
			asset.AssetType = s.oneOf(at+"/assetType", given.AssetType, Words("assets", "assetType")...)
		}
		if given.ImageType != "" {
			asset.ImageType = s.oneOf(at+"/imageType", given.ImageType, Words("assets", "imageType")...)
		}
		if given.Website != "" {
			if asset.WebsiteID, err = s.ref("website", at+"/website", given.Website); err != nil {
				return err
			}
		}
		s.checkTexts(at, &given)
		content := s.content(at, &given, &asset)
		if err := s.tx.SaveAsset(asset, content); err != nil {
			return err
		}
	}
	return nil
}

// content checks the bytes of an Asset, and sets the size of an image.
func (s *seeding) content(at string, given *Asset, asset *world.Asset) *upload.Content {
	content := upload.Of(given.Content)
	switch {
	case given.File != "" && len(given.Content) > 0:
		s.report(at+"/file", "cannot be set beside base64")
	case given.File != "":
		s.report(at+"/file", "is beside a seed file, and this seed is none; use base64")
	case len(given.Content) == 0:
		s.report(at, "needs bytes: file, beside the seed file, or base64")
	case len(given.Content) > upload.MaxSize:
		s.report(at, "may have at most %d bytes", upload.MaxSize)
	default:
		var err error
		asset.Width, asset.Height, err = world.CheckContent(asset.ContentType, content)
		if refusal, ok := errors.AsType[*world.Problem](err); ok {
			s.report(at, "%s", refusal.Message)
		}
	}
	return content
}

// checkTexts checks the lengths that the contract allows.
func (s *seeding) checkTexts(at string, given *Asset) {
	for _, limit := range []struct {
		member, text string
		most         int
	}{{"/description", given.Description, 500}, {"/altText", given.AltText, 200}} {
		if utf8.RuneCountInString(limit.text) > limit.most {
			s.report(at+limit.member, "must have at most %d characters", limit.most)
		}
	}
	const mostTags, longest = 20, 50
	if len(given.Tags) > mostTags {
		s.report(at+"/tags", "must have at most %d items", mostTags)
	}
	for i, tag := range given.Tags {
		if length := utf8.RuneCountInString(tag); length == 0 || length > longest {
			s.report(cond.Nth(at+"/tags", i), "must have 1 to %d characters", longest)
		}
	}
}

// fillBytes decodes base64.
func (src *Source) fillBytes(n *node, at string, into reflect.Value) {
	text, ok := n.scalar.(string)
	content, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil {
		src.report(n.line, at, "must be text in base64")
		content = []byte("?") // so that it is not reported as missing
	}
	into.SetBytes(content)
}

// withFiles returns the seed of a file with the bytes of the files that it names, which are beside it or below. What
// cannot be read is reported as a mistake in the text.
func (seed Seed) withFiles() Seed {
	if !seed.namesFiles() {
		return seed
	}
	source := *seed.Source
	source.problems = slices.Clone(source.problems)
	seed.Source = &source
	seed.readFiles(&source, "")
	return seed
}

func (seed *Seed) namesFiles() bool {
	return slices.ContainsFunc(seed.Assets, func(asset Asset) bool { return asset.File != "" }) ||
		slices.ContainsFunc(seed.Organizations, func(other Seed) bool { return other.namesFiles() })
}

// readFiles replaces the names of files by their bytes, in copies of the lists.
func (seed *Seed) readFiles(source *Source, base string) {
	seed.Assets, seed.Organizations = slices.Clone(seed.Assets), slices.Clone(seed.Organizations)
	for i := range seed.Assets {
		asset, at := &seed.Assets[i], cond.Nth(base+"/assets", i)+"/file"
		if asset.File == "" || len(asset.Content) > 0 {
			continue
		}
		content, err := readBeside(source.file, asset.File)
		if err != nil {
			source.report(source.line(at), at, "%s", err)
			content = []byte("?") // so that it is not reported as missing
		}
		asset.File, asset.Content = "", content
	}
	for i := range seed.Organizations {
		seed.Organizations[i].readFiles(source, cond.Nth(base+"/organizations", i))
	}
}

// readBeside reads a file in the folder of a seed file, or below it.
func readBeside(seedFile, name string) ([]byte, error) {
	if !filepath.IsLocal(name) {
		return nil, errors.New("must be a path below the folder of the seed file")
	}
	folder, err := os.OpenRoot(filepath.Dir(seedFile))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer folder.Close()
	about, err := folder.Stat(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("cannot be read: %w", err)
	case !about.Mode().IsRegular():
		return nil, errors.New("must be a file")
	}
	file, err := folder.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, upload.MaxSize+1))
	if err == nil && len(content) == 0 {
		err = errors.New("has no bytes")
	}
	return content, err
}
