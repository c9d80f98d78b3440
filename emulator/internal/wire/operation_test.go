package wire_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/wire"
)

// routes has a line for each operation of the contract: its id, method and path, the scope, the availability, whether
// it takes an idempotency key (key! requires one), a larger body or the flag allowSends, and the status of a success.
const routes = `
sendEmail POST /api/v1/emails emails:write documented key! 200
batchSendEmails POST /api/v1/emails/batch emails:write documented 8MiB 200
retrieveEmail GET /api/v1/emails/{id} emails:read documented 200
trackEvent POST /api/v1/events events:write documented key! 200
ingestBatch POST /api/v1/ingest/batch  documented 8MiB 200
ingestIdentify POST /api/v1/ingest/identify  documented 200
ingestTrack POST /api/v1/ingest/track  documented 200
triggerJourney POST /api/v1/journeys/{journeyKey}/trigger journeys:trigger documented key! 202
triggerPublicJourney POST /api/v1/public/journeys/{id}/trigger journeys:trigger documented key 202
retrieveJourneyRun GET /api/v1/public/journeys/runs/{runId} journeys:read documented 200
listBroadcasts GET /api/v1/broadcasts broadcasts:read proposed 200
createBroadcast POST /api/v1/broadcasts broadcasts:create documented key 200
retrieveBroadcast GET /api/v1/public/broadcasts/{id} broadcasts:read documented 200
updateBroadcast PATCH /api/v1/broadcasts/{id} broadcasts:create announced 200
duplicateBroadcast POST /api/v1/broadcasts/{id}/duplicate broadcasts:create announced key 200
previewBroadcast POST /api/v1/broadcasts/{id}/preview broadcasts:prepare announced 200
preflightBroadcast POST /api/v1/broadcasts/{id}/preflight broadcasts:prepare announced 200
testBroadcast POST /api/v1/broadcasts/{id}/test broadcasts:prepare announced key 200
scheduleBroadcast POST /api/v1/broadcasts/{id}/schedule broadcasts:send announced key sends 202
cancelBroadcast POST /api/v1/broadcasts/{id}/cancel broadcasts:cancel announced key 200
retrieveBroadcastResults GET /api/v1/broadcasts/{id}/results broadcasts:read announced 200
createBroadcastConfirmation POST /api/v1/broadcasts/{id}/confirmation broadcasts:prepare announced key sends 200
archiveBroadcast POST /api/v1/broadcasts/{id}/archive broadcasts:create proposed key 200
preparePublicBroadcast POST /api/v1/public/broadcasts/prepare broadcasts:prepare documented key 200
sendPreparedBroadcast POST /api/v1/public/broadcasts/send-prepared broadcasts:send documented 200
sendPublicBroadcast POST /api/v1/public/broadcasts broadcasts:send documented 200
listNewsletters GET /api/v1/newsletters newsletters:read announced 200
createNewsletter POST /api/v1/newsletters newsletters:write announced key 200
retrieveNewsletter GET /api/v1/newsletters/{id} newsletters:read announced 200
updateNewsletter PATCH /api/v1/newsletters/{id} newsletters:write announced 200
listNewsletterIssues GET /api/v1/newsletters/{id}/issues newsletters:read announced 200
createNewsletterIssue POST /api/v1/newsletters/{id}/issues newsletters:write announced key 200
retrieveNewsletterIssue GET /api/v1/newsletter-issues/{id} newsletters:read announced 200
updateNewsletterIssue PATCH /api/v1/newsletter-issues/{id} newsletters:write announced 200
duplicateNewsletterIssue POST /api/v1/newsletter-issues/{id}/duplicate newsletters:write announced key 200
previewNewsletterIssue POST /api/v1/newsletter-issues/{id}/preview newsletters:prepare announced 200
preflightNewsletterIssue POST /api/v1/newsletter-issues/{id}/preflight newsletters:prepare announced 200
testNewsletterIssue POST /api/v1/newsletter-issues/{id}/test newsletters:prepare announced key 200
scheduleNewsletterIssue POST /api/v1/newsletter-issues/{id}/schedule newsletters:send announced key sends 202
cancelNewsletterIssue POST /api/v1/newsletter-issues/{id}/cancel newsletters:cancel announced key 200
retrieveNewsletterIssueResults GET /api/v1/newsletter-issues/{id}/results newsletters:read announced 200
createNewsletterIssueConfirmation POST /api/v1/newsletter-issues/{id}/confirmation newsletters:prepare ` +
	`announced key sends 200
archiveNewsletterIssue POST /api/v1/newsletter-issues/{id}/archive newsletters:write announced key 200
listProfiles POST /api/v1/profiles profiles:read documented 200
bulkDeleteProfiles POST /api/v1/profiles/bulk-delete profiles:write announced key 200
retrieveProfile GET /api/v1/profiles/{profileId} profiles:read documented 200
updateProfile PATCH /api/v1/profiles/{profileId} profiles:write proposed 200
deleteProfile DELETE /api/v1/profiles/{profileId} profiles:write announced 204
listProfileSubscriptions GET /api/v1/profiles/{profileId}/subscriptions profiles:read announced 200
setProfileSubscription PUT /api/v1/profiles/{profileId}/subscriptions/{subscriptionGroupId} profiles:write proposed 200
listTemplates GET /api/v1/templates templates:read documented 200
createTemplate POST /api/v1/templates templates:write announced key 200
retrieveTemplate GET /api/v1/templates/{id} templates:read announced 200
updateTemplate PUT /api/v1/templates/{id} templates:write documented 200
deleteTemplate DELETE /api/v1/templates/{id} templates:write announced 204
duplicateTemplate POST /api/v1/templates/{id}/duplicate templates:write announced key 200
archiveTemplate POST /api/v1/templates/{id}/archive templates:write announced key 200
unarchiveTemplate POST /api/v1/templates/{id}/unarchive templates:write announced key 200
listPublicTemplates GET /api/v1/public/templates templates:read documented 200
listBrandKits GET /api/v1/brand-kit brand-kit:read announced 200
createBrandKit POST /api/v1/brand-kit brand-kit:write announced key 200
retrieveBrandKit GET /api/v1/brand-kit/{id} brand-kit:read announced 200
updateBrandKit PATCH /api/v1/brand-kit/{id} brand-kit:write announced 200
deleteBrandKit DELETE /api/v1/brand-kit/{id} brand-kit:write announced 204
setDefaultBrandKit POST /api/v1/brand-kit/{id}/set-default brand-kit:write announced key 200
clearBrandKit POST /api/v1/brand-kit/{id}/clear brand-kit:write announced key 200
extractBrandKit POST /api/v1/brand-kit/{id}/extract brand-kit:write announced key 202
retrieveBrandKitExtractionProgress GET /api/v1/brand-kit/{brandId}/extraction-progress brand-kit:read documented 200
createAssetUploadURL POST /api/v1/assets/upload-url assets:write documented key 200
listAssets GET /api/v1/assets assets:read announced 200
createAsset POST /api/v1/assets assets:write documented key 200
updateAsset PATCH /api/v1/assets/{id} assets:write documented 200
deleteAsset DELETE /api/v1/assets/{id} assets:write announced 204
finalizeAsset POST /api/v1/public/assets/{id}/finalize assets:write documented key 200
listSegments GET /api/v1/segments segments:read announced 200
retrieveSegment GET /api/v1/segments/{id} segments:read announced 200
previewSegment POST /api/v1/segments/{id}/preview segments:read announced 200
`

func TestTheOperationsAreThoseOfTheContract(t *testing.T) {
	var got []string
	for _, op := range wire.Operations() {
		words := []string{op.ID, op.Method, op.Path, strings.Join(op.Scopes, "+"), op.Availability}
		if op.RequiresKey {
			words = append(words, "key!")
		} else if op.AcceptsKey {
			words = append(words, "key")
		}
		if op.MaxBody == 8<<20 {
			words = append(words, "8MiB")
		} else {
			require.EqualValues(t, wire.DefaultMaxBody, op.MaxBody, op.ID)
		}
		if op.AllowSends {
			words = append(words, "sends")
		}
		words = append(words, strconv.Itoa(op.Success))
		got = append(got, strings.Join(words, " "))
	}
	require.ElementsMatch(t, strings.Split(strings.TrimSpace(routes), "\n"), got)
}

func TestOnlyTheseBodiesAreOptional(t *testing.T) {
	optional := []string{"previewBroadcast", "previewNewsletterIssue", "previewSegment", "listProfiles"}
	for _, op := range wire.Operations() {
		if op.Method == http.MethodGet || op.Method == http.MethodDelete {
			require.False(t, op.HasBody, op.ID)
		}
		require.Equal(t, slices.Contains(optional, op.ID), op.HasBody && !op.BodyRequired, op.ID)
	}
}

func TestACreatedBroadcastMayBeScheduled(t *testing.T) {
	require.Subset(t, operation(t, "createBroadcast").Statuses, []int{
		200, 202,
		400, 401, 403, 404, 409, 413, 415, 422, 429,
		500, 501, 503,
	})
}

func TestPathsRouteToTheirOperation(t *testing.T) {
	mux := http.NewServeMux()
	for _, op := range wire.Operations() {
		mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {})
	}
	for _, op := range wire.Operations() {
		path := strings.NewReplacer("{", "", "}", "").Replace(op.Path)
		_, pattern := mux.Handler(httptest.NewRequest(op.Method, path, nil))
		require.Equal(t, op.Method+" "+op.Path, pattern)
	}
}
