package segmentflow

import "strings"

// operation is one operation of the API: the operationId of openapi.yaml, the method and the route template.
type operation string

const (
	sendEmail       operation = "sendEmail POST /api/v1/emails"
	batchSendEmails operation = "batchSendEmails POST /api/v1/emails/batch"
	retrieveEmail   operation = "retrieveEmail GET /api/v1/emails/{id}"

	trackEvent operation = "trackEvent POST /api/v1/events"

	ingestBatch    operation = "ingestBatch POST /api/v1/ingest/batch"
	ingestIdentify operation = "ingestIdentify POST /api/v1/ingest/identify"
	ingestTrack    operation = "ingestTrack POST /api/v1/ingest/track"

	triggerJourney     operation = "triggerJourney POST /api/v1/journeys/{journeyKey}/trigger"
	retrieveJourneyRun operation = "retrieveJourneyRun GET /api/v1/public/journeys/runs/{runId}"

	listBroadcasts              operation = "listBroadcasts GET /api/v1/broadcasts"
	createBroadcast             operation = "createBroadcast POST /api/v1/broadcasts"
	retrieveBroadcast           operation = "retrieveBroadcast GET /api/v1/public/broadcasts/{id}"
	updateBroadcast             operation = "updateBroadcast PATCH /api/v1/broadcasts/{id}"
	duplicateBroadcast          operation = "duplicateBroadcast POST /api/v1/broadcasts/{id}/duplicate"
	previewBroadcast            operation = "previewBroadcast POST /api/v1/broadcasts/{id}/preview"
	preflightBroadcast          operation = "preflightBroadcast POST /api/v1/broadcasts/{id}/preflight"
	testBroadcast               operation = "testBroadcast POST /api/v1/broadcasts/{id}/test"
	scheduleBroadcast           operation = "scheduleBroadcast POST /api/v1/broadcasts/{id}/schedule"
	cancelBroadcast             operation = "cancelBroadcast POST /api/v1/broadcasts/{id}/cancel"
	retrieveBroadcastResults    operation = "retrieveBroadcastResults GET /api/v1/broadcasts/{id}/results"
	createBroadcastConfirmation operation = "createBroadcastConfirmation POST /api/v1/broadcasts/{id}/confirmation"
	archiveBroadcast            operation = "archiveBroadcast POST /api/v1/broadcasts/{id}/archive"

	listNewsletters       operation = "listNewsletters GET /api/v1/newsletters"
	createNewsletter      operation = "createNewsletter POST /api/v1/newsletters"
	retrieveNewsletter    operation = "retrieveNewsletter GET /api/v1/newsletters/{id}"
	updateNewsletter      operation = "updateNewsletter PATCH /api/v1/newsletters/{id}"
	listNewsletterIssues  operation = "listNewsletterIssues GET /api/v1/newsletters/{id}/issues"
	createNewsletterIssue operation = "createNewsletterIssue POST /api/v1/newsletters/{id}/issues"

	retrieveNewsletterIssue  operation = "retrieveNewsletterIssue GET /api/v1/newsletter-issues/{id}"
	updateNewsletterIssue    operation = "updateNewsletterIssue PATCH /api/v1/newsletter-issues/{id}"
	duplicateNewsletterIssue operation = "duplicateNewsletterIssue " +
		"POST /api/v1/newsletter-issues/{id}/duplicate"
	previewNewsletterIssue   operation = "previewNewsletterIssue POST /api/v1/newsletter-issues/{id}/preview"
	preflightNewsletterIssue operation = "preflightNewsletterIssue " +
		"POST /api/v1/newsletter-issues/{id}/preflight"
	testNewsletterIssue            operation = "testNewsletterIssue POST /api/v1/newsletter-issues/{id}/test"
	scheduleNewsletterIssue        operation = "scheduleNewsletterIssue POST /api/v1/newsletter-issues/{id}/schedule"
	cancelNewsletterIssue          operation = "cancelNewsletterIssue POST /api/v1/newsletter-issues/{id}/cancel"
	retrieveNewsletterIssueResults operation = "retrieveNewsletterIssueResults " +
		"GET /api/v1/newsletter-issues/{id}/results"
	createNewsletterIssueConfirmation operation = "createNewsletterIssueConfirmation " +
		"POST /api/v1/newsletter-issues/{id}/confirmation"
	archiveNewsletterIssue operation = "archiveNewsletterIssue POST /api/v1/newsletter-issues/{id}/archive"

	listProfiles             operation = "listProfiles POST /api/v1/profiles"
	bulkDeleteProfiles       operation = "bulkDeleteProfiles POST /api/v1/profiles/bulk-delete"
	retrieveProfile          operation = "retrieveProfile GET /api/v1/profiles/{profileId}"
	updateProfile            operation = "updateProfile PATCH /api/v1/profiles/{profileId}"
	deleteProfile            operation = "deleteProfile DELETE /api/v1/profiles/{profileId}"
	listProfileSubscriptions operation = "listProfileSubscriptions GET /api/v1/profiles/{profileId}/subscriptions"
	setProfileSubscription   operation = "setProfileSubscription " +
		"PUT /api/v1/profiles/{profileId}/subscriptions/{subscriptionGroupId}"

	listTemplates     operation = "listTemplates GET /api/v1/templates"
	createTemplate    operation = "createTemplate POST /api/v1/templates"
	retrieveTemplate  operation = "retrieveTemplate GET /api/v1/templates/{id}"
	updateTemplate    operation = "updateTemplate PUT /api/v1/templates/{id}"
	deleteTemplate    operation = "deleteTemplate DELETE /api/v1/templates/{id}"
	duplicateTemplate operation = "duplicateTemplate POST /api/v1/templates/{id}/duplicate"
	archiveTemplate   operation = "archiveTemplate POST /api/v1/templates/{id}/archive"
	unarchiveTemplate operation = "unarchiveTemplate POST /api/v1/templates/{id}/unarchive"

	listBrandKits                      operation = "listBrandKits GET /api/v1/brand-kit"
	createBrandKit                     operation = "createBrandKit POST /api/v1/brand-kit"
	retrieveBrandKit                   operation = "retrieveBrandKit GET /api/v1/brand-kit/{id}"
	updateBrandKit                     operation = "updateBrandKit PATCH /api/v1/brand-kit/{id}"
	deleteBrandKit                     operation = "deleteBrandKit DELETE /api/v1/brand-kit/{id}"
	setDefaultBrandKit                 operation = "setDefaultBrandKit POST /api/v1/brand-kit/{id}/set-default"
	clearBrandKit                      operation = "clearBrandKit POST /api/v1/brand-kit/{id}/clear"
	extractBrandKit                    operation = "extractBrandKit POST /api/v1/brand-kit/{id}/extract"
	retrieveBrandKitExtractionProgress operation = "retrieveBrandKitExtractionProgress " +
		"GET /api/v1/brand-kit/{brandId}/extraction-progress"

	createAssetUploadURL operation = "createAssetUploadURL POST /api/v1/assets/upload-url"
	createAsset          operation = "createAsset POST /api/v1/assets"
	updateAsset          operation = "updateAsset PATCH /api/v1/assets/{id}"
	listAssets           operation = "listAssets GET /api/v1/assets"
	deleteAsset          operation = "deleteAsset DELETE /api/v1/assets/{id}"

	listSegments    operation = "listSegments GET /api/v1/segments"
	retrieveSegment operation = "retrieveSegment GET /api/v1/segments/{id}"
	previewSegment  operation = "previewSegment POST /api/v1/segments/{id}/preview"
)

// custom returns the operation of a call of Client.Do, whose route may contain values that must not be logged.
func custom(method string) operation { return operation("(custom) " + method + " (custom)") }

func (op operation) id() string {
	id, _, _ := strings.Cut(string(op), " ")
	return id
}

// label returns the method and the route.
func (op operation) label() string {
	_, label, _ := strings.Cut(string(op), " ")
	return label
}

func (op operation) method() string {
	method, _, _ := strings.Cut(op.label(), " ")
	return method
}

func (op operation) route() string {
	_, route, _ := strings.Cut(op.label(), " ")
	return route
}
