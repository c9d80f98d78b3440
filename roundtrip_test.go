package segmentflow_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

// notData lists the exported structs that nobody stores as JSON.
var notData = []string{"CallEvent", "Client", "Ingest", "IngestBatchParams", "Nullable", "SendAllOptions"}

// unreached lists types that no method of a service takes or returns.
var unreached = []reflect.Type{
	reflect.TypeFor[segmentflow.Response](), reflect.TypeFor[segmentflow.PreflightDetails](),
	reflect.TypeFor[segmentflow.IngestIdentify](), reflect.TypeFor[segmentflow.IngestTrack](),
	reflect.TypeFor[segmentflow.IngestPage](), reflect.TypeFor[segmentflow.IngestConsent](),
	reflect.TypeFor[segmentflow.IngestBatchResult](),
	reflect.TypeFor[segmentflow.WebhookEvent](),
}

// publicStructs returns the structs of the package that methods of services take or return, by name.
func publicStructs(t *testing.T) map[string]reflect.Type {
	t.Helper()
	found := map[string]reflect.Type{}
	var add func(reflect.Type)
	add = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			add(of.Elem())
		case reflect.Map:
			add(of.Key())
			add(of.Elem())
		case reflect.Func:
			for in := range of.Ins() {
				add(in)
			}
			for out := range of.Outs() {
				add(out)
			}
		case reflect.Struct:
			if found[of.Name()] != nil || !strings.HasSuffix(of.PkgPath(), "segmentflow-go") {
				return
			}
			found[of.Name()] = of
			for field := range of.Fields() {
				add(field.Type)
			}
		}
	}
	client, _ := answering(t, ok)
	for service := range services(client) {
		for method := range service.Methods() {
			add(method.Type)
		}
		delete(found, service.Elem().Name())
	}
	for _, of := range unreached {
		add(of)
	}
	maps.DeleteFunc(found, func(name string, _ reflect.Type) bool { return !isData(name) })
	return found
}

// isData reports whether a struct with this name may be stored as JSON.
func isData(name string) bool {
	name, _, _ = strings.Cut(name, "[") // type arguments
	return ast.IsExported(name) && !slices.Contains(notData, name) && !strings.HasSuffix(name, "Service")
}

func TestTheRoundTripsCoverEachPublicStruct(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var declared []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			spec, ok := node.(*ast.TypeSpec)
			if !ok {
				return true
			}
			if _, isStruct := spec.Type.(*ast.StructType); isStruct && isData(spec.Name.Name) {
				declared = append(declared, spec.Name.Name)
			}
			return true
		})
	}
	slices.Sort(declared)
	assert.Equal(t, declared, slices.Sorted(maps.Keys(publicStructs(t))))
}

// filler sets fields to values that differ from each other and from zero.
type filler struct{ count int }

func (f *filler) fill(t *testing.T, v reflect.Value) {
	t.Helper()
	f.count++
	switch v.Interface().(type) {
	case time.Time:
		at := time.Date(2026, 3, 2, 9, 30, f.count%60, 123_456_789, time.FixedZone("", 5*3600+37*60))
		v.Set(reflect.ValueOf(at))
		return
	case json.RawMessage:
		v.SetBytes(fmt.Appendf(nil, `{"n":12345678901234567890.%d}`, f.count))
		return
	}
	if get, ok := v.Type().MethodByName("IsNull"); ok { // a Nullable
		require.NotNil(t, get)
		inner := reflect.New(v.MethodByName("Get").Type().Out(0))
		f.fill(t, inner.Elem())
		require.NoError(t, json.Unmarshal([]byte(asJSON(t, inner.Interface())), v.Addr().Interface()))
		require.Equal(t, inner.Elem().Interface(), v.MethodByName("Get").Call(nil)[0].Interface())
		return
	}

	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("text ", f.count))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(f.count))
	case reflect.Float64:
		v.SetFloat(float64(f.count) / 7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		f.fill(t, v.Index(0))
		f.fill(t, v.Index(1))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(t, key)
			f.fill(t, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Interface:
		v.Set(reflect.ValueOf(map[string]any{
			"text": fmt.Sprint("<", f.count, ">"), "digits": json.Number("12345678901234567890.5"), "nothing": nil,
			"list": []any{true, "a", map[string]any{"b": json.Number("9007199254740993")}},
		}))
	case reflect.Struct:
		for field, value := range v.Fields() {
			if field.IsExported() && kept(v.Type(), field) {
				f.fill(t, value)
			}
		}
	default:
		require.Fail(t, "fill cannot set a "+v.Type().String())
	}
}

// kept reports whether the JSON of a type keeps a field. The fields of a webhook that are left out are read from Data.
func kept(of reflect.Type, field reflect.StructField) bool {
	switch of {
	case reflect.TypeFor[segmentflow.Error]():
		return field.Name != "Body"
	case reflect.TypeFor[segmentflow.WebhookEvent]():
		return field.Name != "Email" && field.Name != "Run"
	}
	return true
}

// stored returns a new value that was read from the JSON of v.
func stored(t *testing.T, v reflect.Value) any {
	t.Helper()
	read := reflect.New(v.Type())
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, v.Interface())), read.Interface()))
	return read.Elem().Interface()
}

func TestEachPublicTypeIsReadFromItsJSONWithoutLoss(t *testing.T) {
	for name, of := range publicStructs(t) {
		if of == reflect.TypeFor[segmentflow.UploadAssetParams]() {
			continue // it has the bytes of a file, and is not sent as JSON
		}
		t.Run(name, func(t *testing.T) {
			var f filler
			all := reflect.New(of).Elem()
			f.fill(t, all)
			require.Equal(t, all.Interface(), stored(t, all))
			require.Equal(t, reflect.Zero(of).Interface(), stored(t, reflect.Zero(of)))

			for field := range of.Fields() {
				if field.IsExported() && kept(of, field) {
					one := reflect.New(of).Elem()
					f.fill(t, one.FieldByIndex(field.Index))
					require.Equal(t, one.Interface(), stored(t, one), "only %s", field.Name)
				}
			}
		})
	}
}

func TestStoredParamsAreTheBodyOfTheRequest(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		for name, params := range exampleParams[id] {
			read := reflect.New(reflect.TypeOf(params).Elem()).Interface()
			require.NoError(t, json.Unmarshal([]byte(asJSON(t, params)), read), id)
			client, w := answering(t, least(op), least(op))
			for _, params := range []any{params, read} {
				_, err := invoke(t, client, methods[id], params)
				require.NoError(t, err, "%s %s", id, name)
			}
			assert.JSONEq(t, w.requests[0].body, w.requests[1].body, "%s %s", id, name)
			if len(op.query) > 0 {
				continue
			}
			same := strings.ReplaceAll(asJSON(t, params), `"2026-03-05T10:00:00+01:00"`, `"2026-03-05T09:00:00Z"`)
			assert.JSONEq(t, w.requests[0].body, same, "%s %s", id, name)
		}
	}
}

func TestTheContractsTimesOfACarrierAreRead(t *testing.T) {
	for text, want := range map[string]segmentflow.ScheduleCarrierParams{
		"in 1 hour":                 {ScheduledIn: time.Hour},
		"in 90 minutes":             {ScheduledIn: 90 * time.Minute},
		"in 2 days":                 {ScheduledIn: 48 * time.Hour},
		"in 1 week":                 {ScheduledIn: 7 * 24 * time.Hour},
		"2026-03-05T09:00Z":         {ScheduledAt: thursday},
		"2026-03-05T10:00:00+01:00": {ScheduledAt: thursday.In(time.FixedZone("", 3600))},
	} {
		var schedule segmentflow.ScheduleCarrierParams
		require.NoError(t, json.Unmarshal([]byte(`{"scheduledAt":"`+text+`"}`), &schedule), text)
		assert.Equal(t, want.ScheduledIn, schedule.ScheduledIn, text)
		assert.WithinDuration(t, want.ScheduledAt, schedule.ScheduledAt, 0, text)

		var create segmentflow.CreateBroadcastParams
		require.NoError(t, json.Unmarshal([]byte(`{"name":"n","send":true,"scheduledAt":"`+text+`"}`), &create), text)
		assert.Equal(t, schedule.ScheduledAt, create.ScheduledAt)
		assert.Equal(t, schedule.ScheduledIn, create.ScheduledIn)
		assert.Equal(t, "n", create.Name)
	}
	for _, text := range []string{"", "tomorrow", "in 0 hours", "in 10000 hours", "in -1 hours", "in 1 s", "in  hour"} {
		var schedule segmentflow.ScheduleCarrierParams
		err := json.Unmarshal([]byte(`{"scheduledAt":"`+text+`"}`), &schedule)
		assert.ErrorContains(t, err, "scheduledAt is neither a time nor a span", text)
	}
}

func TestADraftThatWasStoredStaysADraft(t *testing.T) {
	for _, body := range []string{`{"name":"n"}`, `{"name":"n","send":true}`, `{"name":"n","scheduledAt":null}`} {
		var params segmentflow.CreateBroadcastParams
		require.NoError(t, json.Unmarshal([]byte(body), &params))
		assert.JSONEq(t, `{"name":"n"}`, asJSON(t, params))
	}
	params := segmentflow.CreateBroadcastParams{ScheduledIn: time.Hour}
	require.NoError(t, json.Unmarshal([]byte(`{"scheduledAt":"2026-03-02T09:30Z"}`), &params))
	assert.JSONEq(t, `{"send":true,"scheduledAt":"2026-03-02T09:30:00Z"}`, asJSON(t, params), "params are used again")
	require.NoError(t, json.Unmarshal([]byte(`{"scheduledAt":"in 5 minutes"}`), &params))
	assert.JSONEq(t, `{"send":true,"scheduledAt":"in 5 minutes"}`, asJSON(t, params), "params are used again")
	odd := segmentflow.CreateBroadcastParams{ScheduledIn: 90 * time.Second}
	assert.JSONEq(t, `{"scheduledIn":90000000000}`, asJSON(t, odd), "and no send")
}

func TestStoredNumbersAreFloatsUnlessThatLosesDigits(t *testing.T) {
	const data = `{"a":42.5,"b":1.50,"c":3,"d":1e3,"e":9007199254740993,"f":0.30000000000000004,"g":1e999,"h":1e-999,` +
		`"i":0,"j":-1.0,"k":12345678901234567890,"l":0.00,"m":0e5,"n":1234567890123.40,"o":0.1234567890123456780}`
	var params segmentflow.SendEmailParams
	require.NoError(t, json.Unmarshal([]byte(`{"data":`+data+`}`), &params))
	assert.Equal(t, map[string]any{
		"a": 42.5, "b": 1.5, "c": 3.0, "d": 1e3, "e": json.Number("9007199254740993"), "f": 0.30000000000000004,
		"g": json.Number("1e999"), "h": json.Number("1e-999"), "i": 0.0, "j": -1.0,
		"k": json.Number("12345678901234567890"), "l": 0.0, "m": 0.0, "n": 1234567890123.4,
		"o": json.Number("0.1234567890123456780"),
	}, params.Data)
}

func TestAStoredErrorIsStillComparedByItsCode(t *testing.T) {
	client, _ := answering(t, reply{status: 422, headers: []string{"X-Request-Id: req_1"}, body: `{"error":
		"validation_failed","message":"No.","details":{"reason":"template_invalid","limit":9007199254740993,
		"issues":[{"in":"body","path":"/subject","code":"required","message":"m"}]}}`})
	_, err := client.Emails.Retrieve(t.Context(), sendID)
	var read *segmentflow.Error
	require.NoError(t, json.Unmarshal([]byte(asJSON(t, refused(t, err))), &read))
	require.ErrorIs(t, read, segmentflow.ErrValidationFailed)
	assert.Equal(t, refused(t, err).Issues, read.Issues)
	assert.Equal(t, "segmentflow: 422 validation_failed (template_invalid): /subject required: No. "+
		"(request req_1, attempts 1)", read.Error())
}
