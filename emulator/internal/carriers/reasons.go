package carriers

// Reason is the cause of a blocker or a warning.
type Reason struct{ Code, Text string }

// The blockers. Those that are exported also refuse a request, or fail the email of an email node.
var (
	SubscriptionGroupMissing = Reason{
		"subscription_group_missing", "No SubscriptionGroup is set. Consent to it decides who gets the email.",
	}
	TemplateMissing  = Reason{"template_missing", "There is no Template to send."}
	TemplateArchived = Reason{"template_archived", "The Template is archived."}
	SenderMissing    = Reason{"sender_missing", "No SenderProfile has the address that the email would come from."}

	segmentMissing          = Reason{"segment_missing", "No Segment is set, or it does not exist any more."}
	allRecipientsSuppressed = Reason{"all_recipients_suppressed", "Every address of the audience is suppressed."}
	noRecipients            = Reason{"no_recipients", "No member of the audience can get the email."}
	purposeTransactional    = Reason{"purpose_transactional", "A Transactional Template cannot be sent to an audience."}
	subjectEmpty            = Reason{"subject_empty", "The email has no subject."}
	bodyEmpty               = Reason{"body_empty", "The email has no body."}
	domainUnverified        = Reason{"domain_unverified", "The sender's domain is not verified."}

	unsubscribeLinkMissing = Reason{
		"unsubscribe_link_missing", "The email has no link to /system/unsubscribeUrl or /system/preferencesUrl.",
	}
	renderFailed = Reason{
		"render_failed", "For every recipient, the email cannot be rendered or its subject is empty.",
	}
)

// The warnings.
var (
	largeSuppressedShare = Reason{"large_suppressed_share", "Many addresses of the audience are suppressed."}
	dmarcMissing         = Reason{"dmarc_missing", "The sender's domain has no DMARC policy."}
	linkDead             = Reason{"link_dead", "Some links or images of the html do not work in email."}
	bindingsMissing      = Reason{"bindings_missing", "Some bindings have no value for some recipients."}
	subjectLong          = Reason{"subject_long", "The subject is so long that mail programs may cut it off."}
	htmlSize             = Reason{"html_size", "The HTML is so large that mail programs cut it off."}
	postalAddressMissing = Reason{
		"postal_address_missing", "The email does not show the Organization's postal address.",
	}
	testNotSent         = Reason{"test_not_sent", "This content has not been sent as a test."}
	identicalRecentSend = Reason{
		"identical_recent_send", "The same content was sent to the same audience within the last 24 hours.",
	}
)
