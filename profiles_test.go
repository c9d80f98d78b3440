package segmentflow_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestABulkDeleteOfAllProfilesIsNotSent(t *testing.T) {
	client, w := answering(t, reply{status: 200, body: `{"deleted":1}`})
	ids := []string{profileID}
	for name, params := range map[string]*segmentflow.BulkDeleteProfilesParams{
		"nil":             nil,
		"nothing":         {},
		"no ids":          {ProfileIDs: []string{}},
		"an empty filter": {Filter: &segmentflow.ProfileFilter{}},
		"a filter of empty": {
			Filter: &segmentflow.ProfileFilter{SegmentFilter: []string{}, ProfileIDs: []string{}},
		},
		"ids and a filter":       {ProfileIDs: ids, Filter: &segmentflow.ProfileFilter{Search: "a"}},
		"no ids and a filter":    {ProfileIDs: []string{}, Filter: &segmentflow.ProfileFilter{Search: "a"}},
		"ids and an open filter": {ProfileIDs: ids, Filter: &segmentflow.ProfileFilter{}},
	} {
		_, err := client.Profiles.BulkDelete(t.Context(), params)
		require.ErrorIs(t, err, segmentflow.ErrInvalidRequest, name)
		assert.Equal(t, "required", refused(t, err).Issues[0].Code, name)
	}
	assert.Zero(t, w.count())

	for name, filter := range map[string]segmentflow.ProfileFilter{
		"search":                {Search: "a"},
		"segmentFilter":         {SegmentFilter: ids},
		"profileIds":            {ProfileIDs: ids},
		"profilePropertyFilter": {ProfilePropertyFilter: []segmentflow.ProfilePropertyFilter{{ID: "tier"}}},
		"sourceFilter":          {SourceFilter: []segmentflow.ProfileSource{segmentflow.ProfileSourceAPI}},
		"deliverySuppressionReasonFilter": {
			DeliverySuppressionReasonFilter: []segmentflow.SuppressionReason{segmentflow.SuppressionReasonBounce},
		},
	} {
		deleted, err := client.Profiles.BulkDelete(t.Context(), &segmentflow.BulkDeleteProfilesParams{Filter: &filter})
		require.NoError(t, err)
		assert.Equal(t, 1, deleted.Deleted)
		assert.Contains(t, w.requests[w.count()-1].body, `{"filter":{"`+name+`":`)
	}
}

func TestAnEmptyListInAFilterIsSent(t *testing.T) {
	client, w := answering(t, idOf)
	filter := segmentflow.ProfileFilter{
		SourceFilter: []segmentflow.ProfileSource{segmentflow.ProfileSourceImport},
		ProfileIDs:   []string{},
	}
	_, err := client.Profiles.List(t.Context(), &segmentflow.ListProfilesParams{ProfileFilter: filter})
	require.NoError(t, err)
	assert.JSONEq(t, `{"sourceFilter":["import"],"profileIds":[]}`, w.requests[0].body)
}

func TestNullClearsWhatAProfileAndATemplateHave(t *testing.T) {
	client, w := answering(t, idOf)
	_, err := client.Profiles.Update(t.Context(), "p", &segmentflow.UpdateProfileParams{
		Phone:      segmentflow.Null[string](),
		ExternalID: segmentflow.Null[string](),
	})
	require.NoError(t, err)
	_, err = client.Profiles.Update(t.Context(), "p", &segmentflow.UpdateProfileParams{
		Phone:      segmentflow.Value("+43 1 234"),
		Properties: json.RawMessage(`{"points":9007199254740993,"tier":null}`),
	})
	require.NoError(t, err)
	null := segmentflow.Null[string]()
	_, err = client.Templates.Update(t.Context(), "t", &segmentflow.UpdateTemplateParams{
		SenderProfileID:  null,
		BrandKitID:       null,
		DefaultSegmentID: null,
		SubType:          "Email",
		Language:         "de",
		Definition:       map[string]any{},
	})
	require.NoError(t, err)
	assert.JSONEq(t, `{"phone":null,"externalId":null}`, w.requests[0].body)
	assert.JSONEq(t, `{"properties":{"points":9007199254740993,"tier":null},"phone":"+43 1 234"}`, w.requests[1].body)
	assert.Contains(t, w.requests[1].body, "9007199254740993", "numbers keep their digits")
	assert.JSONEq(t,
		`{"definition":{},"senderProfileId":null,"brandKitId":null,"subType":"Email","defaultSegmentId":null,`+
			`"language":"de"}`,
		w.requests[2].body,
	)
}

func TestFreeJSONMustBeAnObject(t *testing.T) {
	client, w := answering(t, idOf)
	calls := map[string]func(any) error{
		"/properties": func(v any) error {
			_, err := client.Profiles.Update(t.Context(), "p", &segmentflow.UpdateProfileParams{Properties: v})
			return err
		},
		"/definition": func(v any) error {
			_, err := client.Templates.Create(t.Context(), &segmentflow.CreateTemplateParams{Name: "n", Definition: v})
			return err
		},
		"/definition ": func(v any) error {
			_, err := client.Templates.Update(t.Context(), "t", &segmentflow.UpdateTemplateParams{Definition: v})
			return err
		},
	}
	for path, call := range calls {
		require.ErrorIs(t, call([]int{1}), segmentflow.ErrInvalidRequest, path)
		require.ErrorIs(t, call("{}"), segmentflow.ErrInvalidRequest, path)
		assert.Contains(t, path, refused(t, call(1)).Issues[0].Path)
	}
	assert.Zero(t, w.count())

	for _, call := range calls {
		require.NoError(t, call(map[string]any{"a": 1}))
	}
}

func TestFreeJSONKeepsItsDigits(t *testing.T) {
	client, _ := answering(t,
		reply{
			status: 200,
			body: `{"id":"p","properties":{"points":{"value":9007199254740993,"source":"satellite"},` +
				`"tags":{"value":["a"],"source":"api"}},"later":1}`,
		},
		reply{status: 200, body: `{"id":"t","definition":{"subject":9007199254740993},
			"website":{"n":9007199254740993}}`},
		reply{status: 200, body: `{"id":"s","type":"Dynamic","definition":{"$state":"/profile/points",` +
			`"gt":9007199254740993}}`},
		reply{status: 200, body: `{"id":"s","type":"Manual","definition":null}`},
		reply{status: 200, body: `[{"website":null}]`},
	)
	profile, err := client.Profiles.Retrieve(t.Context(), "p")
	require.NoError(t, err)
	assert.Equal(t, "9007199254740993", string(profile.Properties["points"].Value))
	assert.Equal(t, segmentflow.ProfileSource("satellite"), profile.Properties["points"].Source, "unknown values pass")

	template, err := client.Templates.Retrieve(t.Context(), "t")
	require.NoError(t, err)
	assert.Contains(t, string(template.Definition), "9007199254740993")
	assert.Contains(t, string(*template.Website), "9007199254740993")

	segment, err := client.Segments.Retrieve(t.Context(), "s")
	require.NoError(t, err)
	assert.Contains(t, string(*segment.Definition), "9007199254740993")

	segment, err = client.Segments.Retrieve(t.Context(), "s")
	require.NoError(t, err)
	assert.Nil(t, segment.Definition)

	list, err := client.Templates.List(t.Context(), nil)
	require.NoError(t, err)
	assert.Nil(t, list[0].Definition)
	assert.Nil(t, list[0].Website)
}

func TestAListThatFailsIsNilAndOneWithAWrongItemIsNot(t *testing.T) {
	client, _ := answering(t,
		reply{status: 200, body: `[{"id":"a"},{"id":1},{"id":"c"}]`},
		reply{status: 200, body: `{"subscriptions":[{"name":"a"},7]}`},
		problem(404, "not_found"),
	)
	templates, err := client.Templates.List(t.Context(), nil)
	require.ErrorContains(t, err, "the reply's field /1/id is not a string; the rest was decoded")
	assert.Equal(t, []segmentflow.Template{{ID: "a"}, {}, {ID: "c"}}, templates)
	subscriptions, err := client.Profiles.Subscriptions(t.Context(), "p")
	require.ErrorContains(t, err, "the reply's field /subscriptions/1 is not an object")
	assert.Equal(t, []segmentflow.Subscription{{Name: "a"}, {}}, subscriptions)

	templates, err = client.Templates.List(t.Context(), nil)
	require.Error(t, err)
	assert.Nil(t, templates)
	subscriptions, err = client.Profiles.Subscriptions(t.Context(), "p")
	require.Error(t, err)
	assert.Nil(t, subscriptions)
}
