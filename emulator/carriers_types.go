package emulator

// carrierTypes are all that an EmailSend can be sent for.
var carrierTypes = []string{CarrierEmail, CarrierJourney, CarrierBroadcast, CarrierNewsletterIssue, CarrierTest}
