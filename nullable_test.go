package segmentflow_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

func TestANullableHasThreeStates(t *testing.T) {
	for _, c := range []struct {
		is                segmentflow.Nullable[string]
		value             string
		has, null, absent bool
		text, json        string
	}{
		{is: segmentflow.Nullable[string]{}, absent: true, text: "unset", json: "{}"},
		{is: segmentflow.Null[string](), null: true, text: "null", json: `{"phone":null}`},
		{is: segmentflow.Value(""), has: true, text: "", json: `{"phone":""}`},
		{is: segmentflow.Value("+1"), value: "+1", has: true, text: "+1", json: `{"phone":"+1"}`},
	} {
		value, has := c.is.Get()
		assert.Equal(t, c.value, value)
		assert.Equal(t, c.has, has)
		assert.Equal(t, c.null, c.is.IsNull())
		assert.Equal(t, c.absent, c.is.IsZero())
		assert.Equal(t, c.text, c.is.String())

		params := segmentflow.UpdateProfileParams{Phone: c.is}
		assert.JSONEq(t, c.json, asJSON(t, params))
		var read segmentflow.UpdateProfileParams
		require.NoError(t, json.Unmarshal([]byte(c.json), &read))
		assert.Equal(t, params, read)
	}
}

func TestANullableIsReadAlone(t *testing.T) {
	list := segmentflow.Value([]string{"a"})
	require.NoError(t, json.Unmarshal([]byte(`["b","c"]`), &list))
	got, has := list.Get()
	assert.True(t, has)
	assert.Equal(t, []string{"b", "c"}, got)

	require.NoError(t, json.Unmarshal([]byte(`null`), &list))
	assert.True(t, list.IsNull())
	require.Error(t, json.Unmarshal([]byte(`7`), &list))
	assert.True(t, list.IsNull(), "a wrong value changes nothing")
}

func TestParamsArePrintedWithTheStatesOfTheirFields(t *testing.T) {
	params := &segmentflow.UpdateNewsletterParams{
		TemplateID: segmentflow.Null[string](),
		Cadence:    segmentflow.Value("weekly"),
	}
	assert.Equal(t, "&{Name: SubscriptionGroupID: SenderProfileID: TemplateID:null Cadence:weekly}",
		fmt.Sprintf("%+v", params))
	profile := segmentflow.UpdateProfileParams{ExternalID: segmentflow.Value("+1")}
	assert.Equal(t, "{<nil> unset +1}", fmt.Sprint(profile))
}
