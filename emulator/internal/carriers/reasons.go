package carriers

// Reason is why a preflight blocks or warns.
type Reason struct{ Code, Text string }

// The blockers. Those that are exported also refuse a request, or fail the email of an email node.
var (
	SubscriptionGroupMissing = Reason{
		"subscription_group_missing", "There is no SubscriptionGroup whose consent decides.",
	}
	TemplateMissing  = Reason{"template_missing", "There is no Template to send."}
	TemplateArchived = Reason{"template_archived", "The Template is archived."}
	SenderMissing    = Reason{"sender_missing", "No SenderProfile has the address that the mail would come from."}

	segmentMissing          = Reason{"segment_missing", "There is no Segment that says who gets the mail."}
	allRecipientsSuppressed = Reason{"all_recipients_suppressed", "Every address of the audience is suppressed."}
	noRecipients            = Reason{"no_recipients", "Nobody of the audience may get the mail."}
	purposeTransactional    = Reason{"purpose_transactional", "A Transactional Template does not go to an audience."}
	subjectEmpty            = Reason{"subject_empty", "The mail has no subject."}
	bodyEmpty               = Reason{"body_empty", "The mail has no body."}
	domainUnverified        = Reason{"domain_unverified", "The sender's domain is not verified."}

	unsubscribeLinkMissing = Reason{
		"unsubscribe_link_missing", "The mail has no link to /system/unsubscribeUrl or /system/preferencesUrl.",
	}
	renderFailed = Reason{
		"render_failed", "The mail cannot be rendered for any of its recipients, or has no subject then.",
	}
)

// The warnings.
var (
	largeSuppressedShare = Reason{"large_suppressed_share", "Many addresses of the audience are suppressed."}
	dmarcMissing         = Reason{"dmarc_missing", "The sender's domain has no DMARC policy."}
	bindingsMissing      = Reason{"bindings_missing", "Some bindings find nothing."}
	subjectLong          = Reason{"subject_long", "The subject is long."}
	htmlSize             = Reason{"html_size", "The HTML is so large that mail programs cut it off."}
	postalAddressMissing = Reason{"postal_address_missing", "The mail does not show the Organization's postal address."}
	testNotSent          = Reason{"test_not_sent", "This content has not been sent as a test."}
	identicalRecentSend  = Reason{
		"identical_recent_send", "The same content went to the same audience within 24 hours.",
	}
)
