// Package mail defines the form of emails: the address grammar of the API, RFC 5322 messages, the links in an email,
// and the relay to a real SMTP server.
//
// Except for [Relay] it is pure: equal [Message] values make equal bytes.
package mail
