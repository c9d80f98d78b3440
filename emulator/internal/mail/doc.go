// Package mail defines the form of emails: the address grammar of the API, RFC 5322 messages, and the URLs and links in
// an email. It also prepares the HTML of an email for a page that shows it.
//
// It is pure: equal [Message] values make equal bytes.
package mail
