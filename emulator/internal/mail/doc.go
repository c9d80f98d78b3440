// Package mail knows what a piece of mail looks like: the address grammar of the API, messages as RFC 5322 has them,
// the links a reader could follow, and the relay to a real SMTP server.
//
// Apart from [Relay] it is pure: the same [Message] always gives the same bytes.
package mail
