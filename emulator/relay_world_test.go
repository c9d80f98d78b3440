package emulator_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"log/slog"
	"math/big"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// selfSigned returns a server's TLS with a certificate that no system knows.
func selfSigned(t *testing.T) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLSAndALoginWhenTheURLAsks(t *testing.T) {
	p := openPost(t, nil)
	p.tls = selfSigned(t)
	s := openShop(t, emulator.WithSMTP("smtp://shop%40acme:s3cret@"+p.addr+"?starttls=required"))
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, "Sent", s.status(send))
	plain := base64.StdEncoding.EncodeToString([]byte("\x00shop@acme\x00s3cret"))
	require.Contains(t, p.heard(), "STARTTLS\nEHLO localhost\nAUTH PLAIN "+plain+"\nMAIL")

	p = openPost(t, nil)
	s = openShop(t, emulator.WithSMTP("smtp://shop:s3cret@"+p.addr))
	send = s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, "Sent", s.status(send), "loopback needs no TLS")
	require.NotContains(t, p.heard(), "STARTTLS")
}

func TestALoginByTheOldMechanism(t *testing.T) {
	p := openPost(t, func(command string) string {
		switch {
		case strings.HasPrefix(command, "EHLO"):
			return "250-post office\r\n250 AUTH LOGIN"
		case command == "AUTH LOGIN":
			return "334 VXNlcm5hbWU6"
		case command == base64.StdEncoding.EncodeToString([]byte("shop")):
			return "334 UGFzc3dvcmQ6"
		case command == base64.StdEncoding.EncodeToString([]byte("s3cret")):
			return "235 welcome"
		}
		return ""
	})
	s := openShop(t, emulator.WithSMTP("smtp://shop:s3cret@"+p.addr))
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, "Sent", s.status(send))
}

func TestWithoutTheTLSOrLoginThatTheURLAsksForNothingIsSent(t *testing.T) {
	for _, test := range []struct {
		name, url, prefix, said, want, code string
	}{
		{"no STARTTLS", "smtp://shop:s3cret@%s?starttls=required", "EHLO", "250 post office", "Processing", "starttls"},
		{"STARTTLS fails", "smtp://shop:s3cret@%s?starttls=required", "STARTTLS", "220 ready", "Processing",
			"starttls"},
		{"STARTTLS is busy", "smtp://shop:s3cret@%s?starttls=required", "STARTTLS", "454 later", "Processing", "454"},
		{"no AUTH", "smtp://shop:s3cret@%s", "EHLO", "250 post office", "Processing", "login"},
		{"no AUTH that is known", "smtp://shop:s3cret@%s", "EHLO", "250-post office\r\n250 AUTH CRAM-MD5", "Processing",
			"login"},
		{"a wrong password", "smtp://shop:s3cret@%s", "AUTH", "535 no: AHNob3AAczNjcmV0 s3cret",
			"Failed, relay_failed: 535", "535"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log strings.Builder
			p := openPost(t, answers(test.prefix, test.said))
			p.tls = &tls.Config{} // without a certificate, no handshake succeeds
			s := openShop(t, emulator.WithSMTP(fmt.Sprintf(test.url, p.addr)),
				emulator.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))))
			send := s.send(receipt(s.receipt(), 1))
			idle(t, s.emu)
			require.Equal(t, test.want, s.status(send))
			require.NotContains(t, p.heard(), "MAIL")
			require.NoError(t, s.emu.Close())
			told := log.String()
			require.Contains(t, told, test.code)
			for _, secret := range []string{"s3cret", "AHNob3AAczNjcmV0"} {
				require.NotContains(t, told, secret)
			}
		})
	}
}

func TestCloseWaitsForNoServer(t *testing.T) {
	for _, at := range []string{"CONNECT", "EHLO", "RCPT TO:<alex@example.com>", "DATA", "."} {
		file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
		p := openPost(t, answers(at, silence))
		s := p.shop(file)
		var sends []*segmentflow.EmailSend
		for i := range 12 { // the others are taken, or wait in the queue
			sends = append(sends, s.send(receipt(s.receipt(), i)))
		}
		<-p.reached
		begun := time.Now()
		require.NoError(t, s.emu.Close())
		require.Less(t, time.Since(begun), 5*time.Second)

		s = p.shop(file)
		idle(t, s.emu)
		arrived := map[string]int{}
		for _, letter := range p.got() {
			arrived[header(t, letter.raw, "Subject")]++
		}
		interrupted := 0
		for i, send := range sends {
			times := arrived[fmt.Sprintf("Your order ord_%d", i)]
			switch status := s.status(send); status {
			case "Sent":
				require.Equal(t, 1, times, at)
			case "Failed, relay_interrupted":
				interrupted++
				require.LessOrEqual(t, times, 1, "%s: handed over twice", at)
			default:
				t.Fatalf("%s: %s", at, status)
			}
		}
		if at == "." {
			require.NotZero(t, interrupted)
		}
	}
}

func TestALaterProcessGoesOnWithTheTries(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := openPost(t, answers("MAIL", "451 later", "451 later"))
	s := p.shop(file)
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.NoError(t, s.emu.Close())

	s = p.shop(file)
	require.Equal(t, "Processing", s.status(send))
	s.emu.Advance(time.Minute)
	s.emu.Advance(5*time.Minute - time.Second)
	require.Equal(t, "Processing", s.status(send), "the tries go on where they stopped")
	s.emu.Advance(time.Second)
	require.Equal(t, "Sent", s.status(send))
	require.Len(t, p.got(), 1)
}

func TestAFileThatIsOpenedWithoutAServerLosesNoEmail(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := openPost(t, answers("MAIL", "451 later"))
	s := p.shop(file)
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.NoError(t, s.emu.Close())

	s = openShop(t, file)
	s.emu.Advance(time.Minute)
	require.Equal(t, "Sent", s.status(send))
	require.Contains(t, s.emu.Explain(send.ID), "there is no SMTP server any more")
}

// crowd opens a press whose Broadcast has some recipients, and starts it.
func (office *postOffice) crowd(shoppers int) (press, string) {
	office.Helper()
	out := openPress(office.T, emulator.WithSMTP(office.addr))
	out.shoppers(shoppers)
	path := out.draft(nil)
	require.NoError(office, out.emu.Human().Approve(out.confirm(path)))
	return out, path
}

// counts returns the results of a carrier, and checks that they add up.
func (p press) counts(path string) (processing, sent, failed, cancelled float64) {
	p.Helper()
	d := p.results(path)
	n := func(name string) float64 { return d[name].(float64) }
	require.InDelta(p, n("eligible"),
		n("queued")+n("processing")+n("sent")+n("failed")+n("skippedAtSend")+n("cancelled"), 0)
	return n("processing"), n("sent"), n("failed"), n("cancelled")
}

func TestACarrierThatIsCancelledWhileItsEmailsAreRelayed(t *testing.T) {
	p := openPost(t, nil)
	under := make(chan struct{}, 100)
	answer := make(chan string)
	p.set(func(command string) string {
		if strings.HasPrefix(command, "RCPT") {
			under <- struct{}{}
			return <-answer
		}
		return ""
	})
	out, path := p.crowd(20)
	<-under // one conversation; the server serves one at a time
	processing, _, _, _ := out.counts(path)
	require.InDelta(t, 21, processing, 0)
	require.Equal(t, "Triggered", out.retrieve(path)["status"])
	out.do(200, "POST", path+"/cancel", nil)
	processing, _, _, cancelled := out.counts(path)
	require.InDelta(t, 21, processing+cancelled, 0)
	require.LessOrEqual(t, processing, 8.0)

	answer <- "" // is taken
	for range int(processing) - 1 {
		<-under
		answer <- "451 later" // is not tried again
	}
	idle(t, out.emu)
	after, sent, failed, left := out.counts(path)
	require.Equal(t, []float64{0, 1, processing - 1, cancelled}, []float64{after, sent, failed, left})
	_, waits := out.emu.NextDue()
	out.emu.Advance(time.Hour)
	require.Len(t, p.got(), 1)
	require.True(t, waits, "the taken email will be delivered")
	require.Equal(t, "Archived", out.retrieve(path)["status"])
}

func TestACarrierIsSentWhenItsLastEmailHasEnded(t *testing.T) {
	p := openPost(t, answers("RCPT", "451 later", "550 never"))
	out, path := p.crowd(3)
	idle(t, out.emu)
	processing, sent, failed, _ := out.counts(path)
	require.Equal(t, []float64{1, 2, 1}, []float64{processing, sent, failed})
	require.Equal(t, "Triggered", out.retrieve(path)["status"])
	out.emu.Advance(time.Minute)
	processing, sent, failed, _ = out.counts(path)
	require.Equal(t, []float64{0, 3, 1}, []float64{processing, sent, failed})
	require.Equal(t, "Sent", out.retrieve(path)["status"])
}

// welcome seeds a Journey that sends an email and goes on.
func (s shop) welcome(onFailure string) {
	s.Helper()
	s.seedJourney(fmt.Sprintf(`{"key": "welcome", "name": "Welcome", "status": "Active",
		"entry": {"type": "event", "event": "order.placed"}, "start": "mail",
		"exitOn": [{"id": "left", "event": "left"}], "nodes": [
		{"id": "mail", "type": "email", "template": "order-receipt", "onFailure": %q, "next": "done"},
		{"id": "done", "type": "exit", "reason": "done"}]}`, onFailure))
	s.trackEvent("alex@example.com", "order.placed")
	idle(s, s.emu)
}

func TestARunGoesOnWhenItsEmailHasEnded(t *testing.T) {
	p := openPost(t, answers("MAIL", "451 later"))
	s := p.shop()
	s.welcome("exit")
	require.Equal(t, segmentflow.JourneyRunStatusRunning, s.onlyRun("welcome").Status)
	s.emu.Advance(time.Minute)
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, s.onlyRun("welcome").Status)

	for onFailure, want := range map[string]segmentflow.JourneyRunStatus{
		"exit": segmentflow.JourneyRunStatusFailed, "continue": segmentflow.JourneyRunStatusCompleted,
	} {
		s = openPost(t, answers("MAIL", "550 never")).shop()
		s.welcome(onFailure)
		require.Equal(t, want, s.onlyRun("welcome").Status, onFailure)
	}

	p = openPost(t, answers("MAIL", "451 later"))
	s = p.shop()
	s.welcome("exit")
	s.trackEvent("alex@example.com", "left")
	require.Equal(t, "exit_rule:left", s.onlyRun("welcome").Reason)
	s.emu.Advance(time.Minute)
	require.Len(t, p.got(), 1, "an email that a node has accepted is sent")
	require.Equal(t, "exit_rule:left", s.onlyRun("welcome").Reason)
}

func TestAPausedJourneyHoldsARunWhoseEmailHasEnded(t *testing.T) {
	s := openPost(t, answers("MAIL", "451 later")).shop()
	s.welcome("exit")
	status := func(status string) {
		journey := `{"key": "welcome", "name": "Welcome", "status": "` + status + `",
			"entry": {"type": "event", "event": "order.placed"}, "start": "mail",
			"exitOn": [{"id": "left", "event": "left"}], "nodes": [
			{"id": "mail", "type": "email", "template": "order-receipt", "onFailure": "exit", "next": "done"},
			{"id": "done", "type": "exit", "reason": "done"}]}`
		s.seedJourney(journey)
	}
	status("Paused")
	s.emu.Advance(time.Hour)
	require.Equal(t, 1, s.emu.Outbox().Count())
	require.Equal(t, segmentflow.JourneyRunStatusRunning, s.onlyRun("welcome").Status)
	status("Active")
	require.Equal(t, segmentflow.JourneyRunStatusCompleted, s.onlyRun("welcome").Status)
}

func TestALiveClockRelaysByItself(t *testing.T) {
	p := openPost(t, nil)
	s := p.shop(emulator.WithLiveClock())
	send := s.send(receipt(s.receipt(), 1))
	idle(t, s.emu)
	require.Equal(t, "Sent", s.status(send))
}

func TestWhatTheServerSaidIsGoneWithTheProfile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	p := openPost(t, answers("RCPT TO:<"+zoe+">", "451 "+zoe+" is busy with "+zoeSecret))
	s := p.shop(emulator.WithDatabase(file), emulator.WithLogger(slog.New(slog.DiscardHandler)))
	to := receipt(s.receipt(), 1)
	to.To = &segmentflow.Recipient{Email: zoe}
	to.CC = []string{"copy." + zoe}
	send := s.send(to)
	idle(t, s.emu)
	require.Contains(t, s.emu.Explain(send.ID), zoeSecret)
	require.NoError(t, s.client.Profiles.Delete(t.Context(), send.ProfileID))
	require.Empty(t, traces(t, file))
	s.emu.Advance(time.Hour)
	require.Equal(t, "Skipped, profile_deleted", s.status(send))
	require.Empty(t, p.got())
}

func TestACancelledEmailIsNotTriedByALaterProcess(t *testing.T) {
	file := emulator.WithDatabase(filepath.Join(t.TempDir(), "world.db"))
	p := openPost(t, answers("CONNECT", silence))
	out := openPress(t, emulator.WithSMTP(p.addr), file)
	path := out.draft(nil)
	require.NoError(t, out.emu.Human().Approve(out.confirm(path)))
	<-p.reached
	out.do(200, "POST", path+"/cancel", nil)
	require.NoError(t, out.emu.Close())

	out = openPress(t, emulator.WithSMTP(p.addr), file)
	idle(t, out.emu)
	require.Empty(t, p.got())
	processing, sent, failed, _ := out.counts(path)
	require.Equal(t, []float64{0, 0, 1}, []float64{processing, sent, failed})
}
