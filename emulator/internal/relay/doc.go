// Package relay hands emails to an SMTP server. Server is the server and speaks SMTP with it. Open returns
// the queue of conversations with it. Handover is pure: how far the handover of one email has come, and when to try
// again.
//
// An email is handed over at most once: after its last line was sent, it is never sent again unless the server has
// answered that it did not take it.
package relay
