package segmentflow_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
)

type (
	emails      = *segmentflow.EmailsService
	events      = *segmentflow.EventsService
	journeys    = *segmentflow.JourneysService
	profiles    = *segmentflow.ProfilesService
	templates   = *segmentflow.TemplatesService
	brandKits   = *segmentflow.BrandKitsService
	assets      = *segmentflow.AssetsService
	segments    = *segmentflow.SegmentsService
	broadcasts  = *segmentflow.BroadcastsService
	newsletters = *segmentflow.NewslettersService
	issues      = *segmentflow.NewsletterIssuesService
)

// methods maps each operation to its method.
var methods = map[string]any{
	"sendEmail":          emails.Send,
	"batchSendEmails":    emails.BatchSend,
	"retrieveEmail":      emails.Retrieve,
	"trackEvent":         events.Track,
	"triggerJourney":     journeys.Trigger,
	"retrieveJourneyRun": journeys.RetrieveRun,

	"listProfiles":             profiles.List,
	"retrieveProfile":          profiles.Retrieve,
	"updateProfile":            profiles.Update,
	"deleteProfile":            profiles.Delete,
	"bulkDeleteProfiles":       profiles.BulkDelete,
	"listProfileSubscriptions": profiles.Subscriptions,
	"setProfileSubscription":   profiles.SetSubscription,

	"listTemplates":     templates.List,
	"createTemplate":    templates.Create,
	"retrieveTemplate":  templates.Retrieve,
	"updateTemplate":    templates.Update,
	"deleteTemplate":    templates.Delete,
	"duplicateTemplate": templates.Duplicate,
	"archiveTemplate":   templates.Archive,
	"unarchiveTemplate": templates.Unarchive,

	"listBrandKits":                      brandKits.List,
	"createBrandKit":                     brandKits.Create,
	"retrieveBrandKit":                   brandKits.Retrieve,
	"updateBrandKit":                     brandKits.Update,
	"deleteBrandKit":                     brandKits.Delete,
	"setDefaultBrandKit":                 brandKits.SetDefault,
	"clearBrandKit":                      brandKits.Clear,
	"extractBrandKit":                    brandKits.Extract,
	"retrieveBrandKitExtractionProgress": brandKits.ExtractionProgress,

	"createAssetUploadURL": assets.CreateUploadURL,
	"createAsset":          assets.Create,
	"updateAsset":          assets.Update,
	"listAssets":           assets.List,
	"deleteAsset":          assets.Delete,

	"listSegments":    segments.List,
	"retrieveSegment": segments.Retrieve,
	"previewSegment":  segments.Preview,

	"createBroadcast":             broadcasts.Create,
	"listBroadcasts":              broadcasts.List,
	"retrieveBroadcast":           broadcasts.Retrieve,
	"updateBroadcast":             broadcasts.Update,
	"duplicateBroadcast":          broadcasts.Duplicate,
	"previewBroadcast":            broadcasts.Preview,
	"preflightBroadcast":          broadcasts.Preflight,
	"testBroadcast":               broadcasts.SendTest,
	"scheduleBroadcast":           broadcasts.Schedule,
	"cancelBroadcast":             broadcasts.Cancel,
	"retrieveBroadcastResults":    broadcasts.Results,
	"createBroadcastConfirmation": broadcasts.CreateConfirmation,
	"archiveBroadcast":            broadcasts.Archive,

	"createNewsletter":   newsletters.Create,
	"listNewsletters":    newsletters.List,
	"retrieveNewsletter": newsletters.Retrieve,
	"updateNewsletter":   newsletters.Update,

	"createNewsletterIssue":             issues.Create,
	"listNewsletterIssues":              issues.List,
	"retrieveNewsletterIssue":           issues.Retrieve,
	"updateNewsletterIssue":             issues.Update,
	"duplicateNewsletterIssue":          issues.Duplicate,
	"previewNewsletterIssue":            issues.Preview,
	"preflightNewsletterIssue":          issues.Preflight,
	"testNewsletterIssue":               issues.SendTest,
	"scheduleNewsletterIssue":           issues.Schedule,
	"cancelNewsletterIssue":             issues.Cancel,
	"retrieveNewsletterIssueResults":    issues.Results,
	"createNewsletterIssueConfirmation": issues.CreateConfirmation,
	"archiveNewsletterIssue":            issues.Archive,
}

// compound lists the methods that are not an operation of their own but repeat one.
var compound = []string{"All", "SendAll", "Wait", "WaitRun", "WaitExtraction", "Upload"}

// services returns the services of a client, by type.
func services(client *segmentflow.Client) map[reflect.Type]reflect.Value {
	found := map[reflect.Type]reflect.Value{}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[segmentflow.Client]()) {
		if field.IsExported() {
			found[field.Type] = reflect.ValueOf(client).Elem().FieldByIndex(field.Index)
		}
	}
	return found
}

// numbered returns ids that differ and need escaping.
func numbered(n int) string { return "a/" + strconv.Itoa(n) }

// invoke calls a method with params, or with empty ones if params is nil, and with numbered ids.
func invoke(t testing.TB, client *segmentflow.Client, method, params any) (any, error) {
	t.Helper()
	return invokeOn(t, client, method, params, numbered)
}

// invokeOn calls a method with params and with the ids 1, 2, …
func invokeOn(t testing.TB, client *segmentflow.Client, method, params any, id func(n int) string) (any, error) {
	t.Helper()
	return invokeIn(t.Context(), t, client, method, params, id)
}

// invokeIn is invokeOn with a context, which may be nil, and with call options.
func invokeIn(
	ctx context.Context, t testing.TB, client *segmentflow.Client, method, params any, id func(n int) string,
	opts ...segmentflow.CallOption,
) (any, error) {
	t.Helper()
	f := reflect.ValueOf(method)
	service, ok := services(client)[f.Type().In(0)]
	require.True(t, ok && !service.IsNil(), "%s is in the client", f.Type().In(0))
	args := []reflect.Value{service, reflect.ValueOf(&ctx).Elem()}
	for i := 2; i < f.Type().NumIn()-1; i++ {
		switch in := f.Type().In(i); {
		case in.Kind() == reflect.String:
			args = append(args, reflect.ValueOf(id(i-1)))
		case params != nil:
			args = append(args, reflect.ValueOf(params))
		default:
			args = append(args, reflect.New(in.Elem()))
		}
	}
	results := f.CallSlice(append(args, reflect.ValueOf(opts)))
	err, _ := reflect.TypeAssert[error](results[len(results)-1])
	return results[0].Interface(), err
}

// minimalParams returns params of an operation that pass the checks before sending: those of an example, or none.
func minimalParams(op operation) any {
	for _, name := range slices.Sorted(maps.Keys(op.requests)) {
		return exampleParams[op.id][name]
	}
	return nil
}

func TestEachOperationIsOneMethodAndEachMethodIsOneOperation(t *testing.T) {
	ids := slices.Sorted(maps.Keys(readContract(t).operations(t)))
	assert.Equal(t, ids, slices.Sorted(maps.Keys(methods)))

	var named []string
	for _, method := range methods {
		named = append(named, methodName(method))
	}
	var there []string
	client, _ := answering(t, ok)
	for service := range services(client) {
		for method := range service.Methods() {
			if !slices.Contains(compound, method.Name) {
				there = append(there, fmt.Sprintf("(*%s).%s", service.Elem().Name(), method.Name))
			}
		}
	}
	slices.Sort(named)
	slices.Sort(there)
	assert.Equal(t, there, named)
}

func TestEachMethodCallsItsOperation(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		t.Run(id, func(t *testing.T) {
			client, w := answering(t, problem(418, "x"))
			_, err := invoke(t, client, methods[id], minimalParams(op))
			assert.Equal(t, 418, refused(t, err).Status)
			require.Equal(t, 1, w.count())

			sent := w.requests[0]
			assert.Equal(t, op.method, sent.Method)

			path := op.route
			for n := 1; strings.Contains(path, "{"); n++ {
				open, end := strings.Index(path, "{"), strings.Index(path, "}")
				path = path[:open] + url.PathEscape(numbered(n)) + path[end+1:]
			}
			assert.Equal(t, path, sent.URL.EscapedPath())
			assert.Empty(t, sent.URL.RawQuery)
			assert.Equal(t, op.writes(), sent.Header.Get("Idempotency-Key") != "",
				"every write has a key, no read has one")
			assert.Equal(t, op.fields != nil, sent.body != "", "there is a body where the contract has one")
			assert.Equal(t, op.fields != nil, sent.Header.Get("Content-Type") != "")
			assert.Equal(t,
				fmt.Sprintf("segmentflow: %s %s: 418 x: It did not work. (attempts 1)", op.method, op.route),
				err.Error(),
			)
		})
	}
}

func TestOnlyReadsAndWritesWithADocumentedKeyAreRetried(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		certain := !op.writes() || op.key == "required" || id == "batchSendEmails"
		for status, again := range map[int]bool{503: certain, 429: true} {
			synctest.Test(t, func(t *testing.T) {
				client, w := answering(t, problem(status, "x"))
				_, err := invoke(t, client, methods[id], minimalParams(op))
				require.Error(t, err)
				want := 1
				if again {
					want = 3
				}
				assert.Equal(t, want, w.count(), "%s after %d", id, status)
			})
		}
	}
}

func TestEachReplyOfTheContractIsDecodedCompletely(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		if id == "batchSendEmails" {
			continue // see TestABatchReturnsTheOutcomeOfEachItem: its items have another form in Go
		}
		require.NotEmpty(t, op.replies, id)
		for status, examples := range op.replies {
			code, err := strconv.Atoi(status)
			require.NoError(t, err)
			if code == 204 {
				client, _ := answering(t, reply{status: code})
				_, err := invoke(t, client, methods[id], minimalParams(op))
				require.NoError(t, err, id)
				continue
			}
			require.NotEmpty(t, examples, "%s %s", id, status)

			for name, example := range examples {
				t.Run(id+" "+name, func(t *testing.T) {
					client, _ := answering(t, reply{status: code, body: asJSON(t, example)})
					got, err := invoke(t, client, methods[id], minimalParams(op))
					require.NoError(t, err)
					if id == "listProfileSubscriptions" {
						example = example.(map[string]any)["subscriptions"]
					}
					// The member success says no more than the status.
					if members, _ := example.(map[string]any); members["success"] != nil {
						delete(members, "success")
						example = cmp.Or(members["asset"], example)
					}
					want := strings.ReplaceAll(asJSON(t, example), `.000Z"`, `Z"`) // as Go writes whole seconds
					assert.JSONEq(t, want, asJSON(t, got))
				})
			}
		}
	}
}

func TestEmptyIDsAndMissingParamsAreNotSent(t *testing.T) {
	for id, op := range readContract(t).operations(t) {
		t.Run(id, func(t *testing.T) {
			client, w := answering(t, least(op))
			var want []string
			for rest := op.route; strings.Contains(rest, "{"); {
				_, rest, _ = strings.Cut(rest, "{")
				name, _, _ := strings.Cut(rest, "}")
				want = append(want, "path /"+name+" required")
			}
			var params any
			if of := paramsType(methods[id]); of != nil {
				params = reflect.Zero(reflect.PointerTo(of)).Interface()
			}
			if op.needsBody {
				want = append(want, "body  required")
			}
			_, err := invokeOn(t, client, methods[id], params, func(int) string { return "" })
			if want == nil {
				require.NoError(t, err, "optional params may be nil")
				return
			}
			var got []string
			for _, issue := range refused(t, err).Issues {
				got = append(got, issue.In+" "+issue.Path+" "+issue.Code)
			}
			assert.Equal(t, want, got)
			assert.Zero(t, w.count())
		})
	}
}
