package emulator_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// postOffice is an SMTP server on loopback. answer says what it replies to a command, to a connection ("CONNECT") or to
// a whole email ("."): the usual reply for "", nothing at all for silence, and the end of the connection for hangUp.
type postOffice struct {
	*testing.T
	addr   string
	answer func(command string) string
	tls    *tls.Config // for STARTTLS, nil if it is not offered
	over   context.Context

	mu       sync.Mutex
	commands []string
	letters  []postLetter
	reached  chan string // the commands that are met with silence
}

// postLetter is an email whose last line has arrived.
type postLetter struct {
	to  []string
	raw string
}

const (
	silence = "silence"
	hangUp  = "hang up"
)

// openPost opens a server. A nil answer accepts every email.
func openPost(t *testing.T, answer func(command string) string) *postOffice {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &postOffice{T: t, addr: listener.Addr().String(), answer: answer, over: t.Context(),
		reached: make(chan string, 1000)}
	if answer == nil {
		p.answer = func(string) string { return "" }
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { conn.Close() }()
				p.serve(&conn)
			}()
		}
	}()
	return p
}

// reply sends the reply to a command. ok is false at the end of the conversation.
func (office *postOffice) reply(conn net.Conn, command, usual string) (said string, ok bool) {
	office.mu.Lock()
	office.commands = append(office.commands, command)
	said = office.answer(command)
	office.mu.Unlock()
	switch said {
	case silence:
		office.reached <- command
		gone := make(chan struct{})
		go func() { _, _ = conn.Read(make([]byte, 1)); close(gone) }()
		select {
		case <-gone:
		case <-office.over.Done():
		}
		return said, false
	case hangUp:
		return said, false
	case "":
		said = usual
	}
	_, err := conn.Write([]byte(said + "\r\n"))
	return said, err == nil
}

func (office *postOffice) serve(conn *net.Conn) {
	in := bufio.NewReader(*conn)
	if _, ok := office.reply(*conn, "CONNECT", "220 post office"); !ok {
		return
	}
	var letter postLetter
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.TrimSpace(line)
		verb, _, _ := strings.Cut(command, " ")
		said, ok := office.reply(*conn, command, office.usual(verb))
		if !ok {
			return
		}
		switch accepted := strings.HasPrefix(said, "2") || strings.HasPrefix(said, "3"); {
		case verb == "STARTTLS" && accepted:
			secure := tls.Server(*conn, office.tls)
			*conn, in = secure, bufio.NewReader(secure)
		case verb == "MAIL":
			letter = postLetter{}
		case verb == "RCPT" && accepted:
			letter.to = append(letter.to, strings.TrimSuffix(strings.TrimPrefix(command, "RCPT TO:<"), ">"))
		case verb == "DATA" && accepted:
			if !office.read(*conn, in, letter) {
				return
			}
		}
	}
}

func (office *postOffice) usual(verb string) string {
	switch {
	case verb == "EHLO" && office.tls != nil:
		return "250-post office\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN"
	case verb == "EHLO":
		return "250-post office\r\n250 AUTH PLAIN LOGIN"
	case verb == "DATA":
		return "354 go on"
	case verb == "AUTH":
		return "235 welcome"
	case verb == "STARTTLS":
		return "220 ready"
	}
	return "250 ok"
}

// read reads the content of a letter, and keeps the letter.
func (office *postOffice) read(conn net.Conn, in *bufio.Reader, letter postLetter) bool {
	var raw strings.Builder
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	letter.raw = raw.String()
	office.mu.Lock()
	office.letters = append(office.letters, letter)
	office.mu.Unlock()
	_, ok := office.reply(conn, ".", "250 taken")
	return ok
}

// got returns the emails whose last line has arrived.
func (office *postOffice) got() []postLetter {
	office.mu.Lock()
	defer office.mu.Unlock()
	return append([]postLetter{}, office.letters...)
}

// heard returns the commands so far.
func (office *postOffice) heard() string {
	office.mu.Lock()
	defer office.mu.Unlock()
	return strings.Join(office.commands, "\n")
}

// set changes how the server answers.
func (office *postOffice) set(answer func(command string) string) {
	office.mu.Lock()
	defer office.mu.Unlock()
	office.answer = answer
}

// answers replies to commands that begin with a prefix with one text after another, and then as usual.
func answers(prefix string, texts ...string) func(string) string {
	return func(command string) string {
		if !strings.HasPrefix(command, prefix) || len(texts) == 0 {
			return ""
		}
		said := texts[0]
		texts = texts[1:]
		return said
	}
}

// idle waits until nothing is under way.
func idle(t testing.TB, emu *emulator.Emulator) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	require.NoError(t, emu.Idle(ctx))
}

// shop opens the shop with a server, at a time that only Advance moves.
func (office *postOffice) shop(opts ...emulator.Option) shop {
	office.Helper()
	return openShop(office.T, append([]emulator.Option{emulator.WithSMTP(office.addr)}, opts...)...)
}
