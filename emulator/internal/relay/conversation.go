package relay

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// How long a conversation waits.
const (
	replyTime  = 10 * time.Second // for the connection, and for each reply
	acceptTime = 30 * time.Second // for the reply to a whole email
	quitTime   = time.Second
)

// maxSaid is how much of a reply is kept.
const maxSaid = 200

// Mail is an email and its recipients in this conversation. If Needed is set and the server refuses the first
// recipient, nobody gets it. All addresses are ASCII, as the API's grammar of addresses is.
type Mail struct {
	From   string
	To     []string
	Needed bool
	Raw    []byte
}

// fault is an error and the word that stands for it in a Result.
type fault struct {
	word string
	error
}

func (f *fault) Unwrap() error { return f.error }

// hand speaks with the server about one email. When ctx ends, it stops at once. The caller must call quit, which ends
// the connection, after the result is stored: what the server answers then does not matter any more.
func (server *Server) hand(ctx context.Context, mail *Mail) (result Result, quit func()) {
	conn, err := (&net.Dialer{Timeout: replyTime}).DialContext(ctx, "tcp", net.JoinHostPort(server.host, server.port))
	if err != nil {
		return failed(ctx, err, false), func() {}
	}
	// The client sets a deadline before each command, so only closing the connection stops it in time.
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	client, err := server.greet(ctx, conn)
	if err == nil {
		err = server.login(client, conn)
	}
	handed := false
	if err == nil {
		result, handed, err = transfer(client, mail)
	}
	if err != nil {
		result = failed(ctx, err, handed)
	}

	return result, func() {
		defer conn.Close()
		defer stop()
		if client != nil && err == nil {
			client.CommandTimeout = quitTime
			_ = client.Quit()
		}
	}
}

// greet reads the greeting, and begins TLS if the URL asks for it. To a loopback address any certificate will do: the
// connection does not leave the machine, and servers for tests sign their own.
func (server *Server) greet(ctx context.Context, conn net.Conn) (*smtp.Client, error) {
	if !server.startTLS {
		client := smtp.NewClient(conn)
		client.CommandTimeout, client.SubmissionTimeout = replyTime, acceptTime
		return client, client.Hello("localhost")
	}

	// NewClientStartTLS has its own time limit, which is too long.
	limit, cancel := context.WithTimeout(ctx, replyTime)
	defer cancel()
	stop := context.AfterFunc(limit, func() { conn.Close() })
	config := &tls.Config{ServerName: server.host, InsecureSkipVerify: toLoopback(conn)}
	client, err := smtp.NewClientStartTLS(conn, config)
	switch {
	case !stop():
		return nil, &fault{noReply, errors.New("no reply before TLS")}
	case err != nil:
		return nil, tlsFault(err)
	}
	client.CommandTimeout, client.SubmissionTimeout = replyTime, acceptTime
	return client, tlsFault(client.Hello("localhost"))
}

// tlsFault names an error of TLS, the server's alerts included.
func tlsFault(err error) error {
	_, isReply := errors.AsType[*smtp.SMTPError](err)
	if err == nil || isReply {
		return err
	}
	if text := err.Error(); strings.Contains(text, "tls: ") || strings.Contains(text, "STARTTLS") {
		return &fault{noTLS, err}
	}
	return err
}

// login signs in if the URL has a password. Without TLS it does so only if the connection goes to a loopback address.
func (server *Server) login(client *smtp.Client, conn net.Conn) error {
	if server.user == "" {
		return nil
	}
	if !server.startTLS && !toLoopback(conn) {
		return &fault{noLogin, errors.New("a password goes only over TLS or to a loopback address")}
	}
	var way sasl.Client
	switch {
	case client.SupportsAuth(sasl.Plain):
		way = sasl.NewPlainClient("", server.user, server.password)
	case client.SupportsAuth(sasl.Login):
		way = sasl.NewLoginClient(server.user, server.password)
	default:
		return &fault{noLogin, errors.New("the server does not offer AUTH PLAIN or AUTH LOGIN")}
	}
	err := client.Auth(way)
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok {
		// The server's text may repeat what was sent to it.
		return &smtp.SMTPError{Code: reply.Code, Message: "the server refused the login"}
	}
	return err
}

func toLoopback(conn net.Conn) bool {
	addr, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && addr.IP.IsLoopback()
}

// transfer hands over the email. handed reports whether the server may have taken it, even if there is an error.
func transfer(client *smtp.Client, mail *Mail) (result Result, handed bool, err error) {
	if err := client.Mail(mail.From, &smtp.MailOptions{Size: int64(len(mail.Raw))}); err != nil {
		return result, false, err
	}
	for i, to := range mail.To {
		err := client.Rcpt(to, nil)
		refusal, isReply := errors.AsType[*smtp.SMTPError](err)
		switch {
		case err == nil:
		case !isReply, mail.Needed && i == 0:
			return result, false, err
		default:
			result.Refusals = append(result.Refusals, Refusal{to, strconv.Itoa(refusal.Code), said(refusal)})
		}
	}
	result.Kind = Taken
	if len(result.Refusals) == len(mail.To) {
		return result, false, nil
	}

	data, err := client.Data()
	if err != nil {
		return result, false, err
	}
	if _, err := data.Write(mail.Raw); err != nil {
		return result, false, err
	}
	response, err := data.CloseWithResponse()
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok && reply.Code/100 == 2 {
		result.Code, result.Text = strconv.Itoa(reply.Code), said(reply)
		return result, true, nil
	}
	if err == nil {
		result.Code, result.Text = "250", plain(response.StatusText)
	}
	return result, true, err
}

// failed returns the result of a conversation that ended with an error.
func failed(ctx context.Context, err error, handed bool) Result {
	if reply, ok := errors.AsType[*smtp.SMTPError](err); ok && (!handed || reply.Code/100 == 4 || reply.Code/100 == 5) {
		code := strconv.Itoa(reply.Code)
		return Result{Kind: kindOf(code), Code: code, Text: said(reply)}
	}

	result := Result{Kind: Again, Code: noConnection, Text: plain(err.Error())}
	named, hasName := errors.AsType[*fault](err)
	slow, isNet := errors.AsType[net.Error](err)
	switch {
	case hasName:
		result.Code = named.word
	case isNet && slow.Timeout():
		result.Code = noReply
	}
	switch {
	case handed:
		result.Kind = Unknown
	case ctx.Err() != nil:
		result.Kind = Unsent
	}
	return result
}

// said returns what a reply says besides its code.
func said(reply *smtp.SMTPError) string {
	text := reply.Message
	if reply.EnhancedCode != (smtp.EnhancedCode{}) {
		code := reply.EnhancedCode
		text = fmt.Sprintf("%d.%d.%d %s", code[0], code[1], code[2], text)
	}
	return plain(text)
}

// plain returns a foreign text as one short line.
func plain(text string) string {
	text = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(text, "?"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
	if runes := []rune(text); len(runes) > maxSaid {
		text = string(runes[:maxSaid]) + "…"
	}
	return text
}
