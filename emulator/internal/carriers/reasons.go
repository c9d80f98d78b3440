package carriers

// Reason is the cause of a blocker or a warning. Fix says what to do about it.
type Reason struct{ Code, Text, Fix string }

// The blockers. Those that are exported also refuse a request, or fail the email of an email node.
var (
	SubscriptionGroupMissing = Reason{
		"subscription_group_missing", "No SubscriptionGroup is set. Consent to it decides who gets the email.",
		"Set subscriptionGroupId.",
	}
	TemplateMissing = Reason{
		"template_missing", "There is no Template to send.", "Set templateId, or send html or text.",
	}
	TemplateArchived = Reason{
		"template_archived", "The Template is archived.", "Make the Template Active, or set another templateId.",
	}
	SenderMissing = Reason{
		"sender_missing", "No SenderProfile has the address that the email would come from.",
		"Set from to the address of a SenderProfile, or add a SenderProfile with this address.",
	}

	segmentMissing = Reason{
		"segment_missing", "No Segment is set, or it does not exist any more.",
		"Set segmentId to a Segment that exists.",
	}
	allRecipientsSuppressed = Reason{
		"all_recipients_suppressed", "Every address of the audience is suppressed.",
		"Choose another Segment, or lift suppressions on the pages of the Profiles.",
	}
	noRecipients = Reason{
		"no_recipients", "No member of the audience can get the email.",
		"Choose another Segment or another SubscriptionGroup, or add Profiles that consent.",
	}
	purposeTransactional = Reason{
		"purpose_transactional", "A Transactional Template cannot be sent to an audience.",
		"Set templateId to a Template with another purpose.",
	}
	subjectEmpty     = Reason{"subject_empty", "The email has no subject.", "Set subject here or in the Template."}
	bodyEmpty        = Reason{"body_empty", "The email has no body.", "Give the Template a body, or send html or text."}
	domainUnverified = Reason{
		"domain_unverified", "The sender's domain is not verified.",
		"Verify the domain (in the seed: status: verified), or send from an address on a verified domain.",
	}

	unsubscribeLinkMissing = Reason{
		"unsubscribe_link_missing", "The email has no link to /system/unsubscribeUrl or /system/preferencesUrl.",
		"Add a link to ${/system/unsubscribeUrl} where readers see it.",
	}
	renderFailed = Reason{
		"render_failed", "For every recipient, the email cannot be rendered or its subject is empty.",
		"Correct the bindings of the subject and the body, or give the Profiles the properties that they read.",
	}
)

// The warnings.
var (
	largeSuppressedShare = Reason{
		"large_suppressed_share", "Many addresses of the audience are suppressed.",
		"Clean the list: addresses that bounce or complain get nothing anyway.",
	}
	dmarcMissing = Reason{
		"dmarc_missing", "The sender's domain has no DMARC policy.", "Publish a DMARC record for the domain.",
	}
	linkDead = Reason{
		"link_dead", "Some links or images of the html do not work in email.", "Use absolute https URLs.",
	}
	bindingsMissing = Reason{
		"bindings_missing", "Some bindings have no value for some recipients.",
		"Set the property on these Profiles, or show the element only if the property exists.",
	}
	subjectLong = Reason{
		"subject_long", "The subject is so long that mail programs may cut it off.", "Shorten the subject.",
	}
	htmlSize = Reason{
		"html_size", "The HTML is so large that mail programs cut it off.", "Shorten the content, or split the email.",
	}
	postalAddressMissing = Reason{
		"postal_address_missing", "The email does not show the Organization's postal address.",
		"Write the postal address of the Organization into the footer.",
	}
	testNotSent = Reason{
		"test_not_sent", "This content has not been sent as a test.", "Send a test and read it.",
	}
	identicalRecentSend = Reason{
		"identical_recent_send", "The same content was sent to the same audience within the last 24 hours.",
		"Make sure that these people shall get it again.",
	}
)
