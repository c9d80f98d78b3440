package emulator_test

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func editsTemplates(s shop) {
	ctx := s.Context()
	definition := json.RawMessage(
		`{"from": "Acme Outdoor <shop@acme.example>", "subject": "Hi ${/profile/firstName}", "preheader": "p",
		"renderVariables": {"big": 9007199254740993},
		"body": {"root": "b", "elements": {"b": {"type": "Body", "props": {}, "children": []}}}}`)
	var resp segmentflow.Response
	params := &segmentflow.CreateTemplateParams{
		Name:             "Hello",
		Purpose:          segmentflow.TemplatePurposeTransactional,
		Definition:       definition,
		SenderProfileID:  s.emu.ID("senderProfile", "shop"),
		DefaultSegmentID: s.emu.ID("segment", "gold"),
		SubType:          "Drip",
		Language:         "de-AT",
	}
	made := must(s.client.Templates.Create(ctx, params, segmentflow.WithIdempotencyKey("hello")))(s)
	require.Equal(s, made,
		must(s.client.Templates.Create(ctx, params,
			segmentflow.WithIdempotencyKey("hello"),
			segmentflow.WithResponse(&resp)))(s))
	require.True(s, resp.Replayed)
	require.JSONEq(s, string(definition), string(made.Definition))
	require.Contains(s, string(made.Definition), "9007199254740993")
	require.Equal(s,
		[]any{"Drip", "de-AT", true, "api"},
		[]any{made.Type, *made.Language, made.IsComplete, made.Source})
	require.Equal(s, s.emu.ID("segment", "gold"), *made.DefaultSegmentID)
	require.Nil(s, made.LastGeneratedAt)
	require.Nil(s, made.Website)
	require.Equal(s, made, must(s.client.Templates.Retrieve(ctx, made.ID))(s))

	s.emu.Advance(time.Minute)
	changed := must(s.client.Templates.Update(ctx, made.ID, &segmentflow.UpdateTemplateParams{
		Definition:       made.Definition,
		Name:             "Hello again",
		DefaultSegmentID: segmentflow.Null[string](),
		SenderProfileID:  segmentflow.Null[string](),
	}))(s)
	require.Equal(s, "Hello again", changed.Name)
	require.Nil(s, changed.DefaultSegmentID)
	require.Nil(s, changed.SenderProfileID)
	require.JSONEq(s, string(definition), string(changed.Definition))
	require.Equal(s, monday.Add(time.Minute), changed.UpdatedAt)
	invalid := refuses(s.client.Templates.Update(ctx, made.ID, &segmentflow.UpdateTemplateParams{
		Definition: map[string]any{"subject": "${/a~2}"},
	}))(s, segmentflow.ErrValidationFailed)
	require.Equal(s, "template_invalid", reason(&invalid))
	require.NotEmpty(s, invalid.Issues)

	archivesTemplates(s, made)
}

func archivesTemplates(s shop, made *segmentflow.Template) {
	ctx := s.Context()
	var resp segmentflow.Response
	twin := must(s.client.Templates.Duplicate(ctx, made.ID))(s)
	require.Equal(s, "Hello again (copy)", twin.Name)
	require.NotEqual(s, made.ID, twin.ID)
	require.Equal(s, segmentflow.TemplateStatusArchived, must(s.client.Templates.Archive(ctx, twin.ID))(s).Status)
	archived := must(s.client.Templates.List(ctx, &segmentflow.ListTemplatesParams{
		Status: []segmentflow.TemplateStatus{segmentflow.TemplateStatusArchived},
	}))(s)
	require.Len(s, archived, 1)
	require.Nil(s, archived[0].Definition)
	require.Equal(s, segmentflow.TemplateStatusActive, must(s.client.Templates.Unarchive(ctx, twin.ID))(s).Status)
	letters := must(s.client.Templates.List(ctx, &segmentflow.ListTemplatesParams{
		Purpose: segmentflow.TemplatePurposeNewsletter,
	}))(s)
	require.Equal(s, s.emu.ID("template", "trail-notes-issue"), letters[0].ID)
	require.Len(s, must(s.client.Templates.List(ctx, nil))(s), 9)

	require.NoError(s, s.client.Templates.Delete(ctx, twin.ID, segmentflow.WithResponse(&resp)))
	require.Equal(s, http.StatusNoContent, resp.Status)
	refuses(s.client.Templates.Retrieve(ctx, twin.ID))(s, segmentflow.ErrNotFound)
	err := s.client.Templates.Delete(ctx, s.emu.SeedID("template", "trail-welcome"))
	require.ErrorIs(s, err, segmentflow.ErrNotFound)
	err = s.client.Templates.Delete(ctx, s.emu.ID("template", "trial-welcome"))
	require.ErrorIs(s, err, segmentflow.ErrInvalidState)
	require.Equal(s, "Active", refusal(s, err).Details["status"])
}

func readsSegments(s shop) {
	ctx := s.Context()
	require.NoError(s, s.emu.Seed(segmentsNamed("a", "b")))
	whole := must(s.client.Segments.List(ctx, nil))(s)
	require.Len(s, whole.Segments, 5)
	first := must(s.client.Segments.List(ctx, &segmentflow.ListSegmentsParams{Limit: 3}))(s)
	second := must(s.client.Segments.List(ctx, &segmentflow.ListSegmentsParams{Limit: 3, Cursor: *first.NextCursor}))(s)
	require.Nil(s, first.PreviousCursor)
	require.Nil(s, second.NextCursor)
	require.Equal(s, whole.Segments, append(append([]segmentflow.Segment{}, first.Segments...), second.Segments...))
	require.Equal(s, first,
		must(s.client.Segments.List(ctx, &segmentflow.ListSegmentsParams{Limit: 3, Cursor: *second.PreviousCursor}))(s))
	require.Equal(s, whole.Segments, every(s, s.client.Segments.All(ctx, &segmentflow.ListSegmentsParams{Limit: 2})))

	gold := must(s.client.Segments.Retrieve(ctx, s.emu.ID("segment", "gold")))(s)
	require.Equal(s, segmentflow.SegmentTypeDynamic, gold.Type)
	require.JSONEq(s, `{"$state": "/profile/tier", "eq": "gold"}`, string(*gold.Definition))
	shown := must(s.client.Segments.Preview(ctx, gold.ID, &segmentflow.PreviewSegmentParams{Limit: 1}))(s)
	require.Equal(s,
		&segmentflow.SegmentPreview{
			AsOf:  monday,
			Count: 1,
			Profiles: []segmentflow.AudienceMember{{
				ProfileID: s.person("alex@example.com"),
				Email:     "alex@example.com",
			}},
		},
		shown)
	require.Equal(s, shown, must(s.client.Segments.Preview(ctx, gold.ID, nil))(s))
	refuses(s.client.Segments.Preview(ctx, s.person("alex@example.com"), nil))(s, segmentflow.ErrNotFound)
	refuses(s.client.Segments.Retrieve(ctx, "gold"))(s, segmentflow.ErrInvalidRequest)
}
