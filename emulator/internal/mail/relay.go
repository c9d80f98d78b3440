package mail

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"github.com/emersion/go-smtp"
)

// Relay sends raw to the SMTP server at addr (host:port, without TLS or login) for all recipients. If the server
// refuses one of them, no recipient gets the email. Relay stops when ctx ends.
func Relay(ctx context.Context, addr string, from string, rcpts []string, raw []byte) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("mail: relay: %w", err)
	}
	client := smtp.NewClient(conn)
	defer client.Close()
	// The client sets its own deadlines before each command, so only closing the connection stops it in time.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	if err := client.SendMail(from, rcpts, bytes.NewReader(raw)); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("mail: relay: %w", err)
	}
	// The server has accepted the email, so an error of Quit does not matter.
	_ = client.Quit()
	return nil
}
