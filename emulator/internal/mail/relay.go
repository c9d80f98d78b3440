package mail

import (
	"bytes"
	"context"
	"fmt"
	"net"

	"github.com/emersion/go-smtp"
)

// Relay hands raw to the SMTP server at addr (host:port, without TLS or login) for all the recipients, or for none when
// the server refuses one of them. It gives up when ctx ends.
func Relay(ctx context.Context, addr string, from string, rcpts []string, raw []byte) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("mail: relay: %w", err)
	}
	client := smtp.NewClient(conn)
	defer client.Close()
	// The client sets deadlines of its own before each command, so that only closing the connection ends it in time.
	defer context.AfterFunc(ctx, func() { conn.Close() })()

	if err := client.SendMail(from, rcpts, bytes.NewReader(raw)); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return fmt.Errorf("mail: relay: %w", err)
	}
	// The server has taken the mail: how it takes leave changes nothing.
	_ = client.Quit()
	return nil
}
