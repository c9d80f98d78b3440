package emulator_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

// Words that only the Profile to be deleted has.
const (
	zoe       = "zoe.quill@example.com"
	zoeID     = "ext-zoe-4711"
	zoeSecret = "vermilion-heron"
)

// traces returns the words of the deleted Profile that the database files still contain.
func traces(t *testing.T, file string) (found []string) {
	t.Helper()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		content, err := os.ReadFile(file + suffix)
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		for _, word := range []string{zoe, zoeID, zoeSecret} {
			if strings.Contains(string(content), word) {
				found = append(found, word+" in "+filepath.Base(file)+suffix)
			}
		}
	}
	return found
}

// traceZoe puts data of Zoe everywhere a world can hold data of a Profile. It returns her id and a link in her email.
func (s shop) traceZoe() (id, link string) {
	s.Helper()
	who := segmentflow.ProfileIdentity{Email: zoe, ExternalID: zoeID,
		Properties: map[string]any{"tier": "gold", "firstName": zoeSecret}}
	s.emu.Script(zoe, emulator.PlannedFact{Type: "delivered"},
		emulator.PlannedFact{Type: "clicked", URL: "https://example.com/" + zoeSecret, After: time.Hour})
	event := s.track(&segmentflow.TrackEventParams{Event: "trial.started", Profile: who, ReferenceID: zoeSecret,
		Data: map[string]any{"plan": "Pro", "trialId": zoeSecret}},
		segmentflow.WithIdempotencyKey("track"))
	p := receipt(s.receipt(), 1)
	p.To, p.CC = &segmentflow.Recipient{Email: zoe}, []string{"copy." + zoe}
	p.Tracking = &segmentflow.Tracking{Clicks: true}
	p.Data.(map[string]any)["orderId"] = zoeSecret
	p.Data.(map[string]any)["trackingUrl"] = "https://example.com/" + zoeSecret
	s.send(p, segmentflow.WithIdempotencyKey("send"))
	queued := s.send(p)
	s.emu.Script(queued.ID, emulator.PlannedFact{Type: "clicked", URL: "https://example.com/" + zoeSecret})
	press := press{s.T, s.emu}
	draft := press.draft(nil)
	press.do(200, "POST", draft+"/confirmation", nil, "Idempotency-Key", "confirm")
	press.do(200, "POST", draft+"/test", object{"email": zoe}, "Idempotency-Key", "test")
	msg := s.emu.Outbox().To(zoe).Template("order-receipt").Last()
	s.emu.Advance(2 * time.Second)
	_, link, _ = strings.Cut(msg.HTML, `href="https://emulator.test/c/`)
	link, _, _ = strings.Cut(link, `"`)
	return event.ProfileID, "/c/" + link
}

func TestADeletedProfileLeavesNothingInTheFile(t *testing.T) {
	for name, remove := range map[string]func(s shop, id string){
		"one": func(s shop, id string) { s.api(204, "DELETE", "/profiles/"+id, "") },
		"many": func(s shop, id string) {
			s.api(200, "POST", "/profiles/bulk-delete", fmt.Sprintf(`{"profileIds":[%q]}`, id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "world.db")
			s := openShop(t, emulator.WithDatabase(file))
			id, link := s.traceZoe()
			require.NotEmpty(t, traces(t, file))
			remove(s, id)
			require.Empty(t, traces(t, file), "at once")
			require.Equal(t, 302, call(t, s.emu, "GET", link, "").status, "a link in her email still redirects")
			s.emu.Advance(48 * time.Hour)
			require.Empty(t, traces(t, file), "afterwards")
			require.NoError(t, s.emu.Close())
			require.Empty(t, traces(t, file), "after Close")
		})
	}
}

func TestAnOpenReaderDelaysTheErasure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openShop(t, emulator.WithDatabase(file))
	id, _ := s.traceZoe()
	reader := openElsewhere(t, file)
	execute(t, reader, "BEGIN")
	require.Equal(t, 1, count(t, reader, "SELECT count(*) FROM profiles WHERE email = '"+zoe+"'"))
	s.api(204, "DELETE", "/profiles/"+id, "")
	require.NotEmpty(t, traces(t, file), "the reader still sees her")
	execute(t, reader, "COMMIT")
	s.track(&segmentflow.TrackEventParams{
		Event:   "came",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"},
	})
	require.Empty(t, traces(t, file))
}

func TestTheSuppressionOfADeletedAddressStaysInTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openShop(t, emulator.WithDatabase(file))
	id, _ := s.traceZoe()
	require.NoError(t, s.emu.Complain(s.emu.Outbox().To(zoe).Last()))
	s.api(204, "DELETE", "/profiles/"+id, "")
	require.Equal(t, []string{zoe + " in world.db"}, traces(t, file))
	again := s.send(&segmentflow.SendEmailParams{TemplateID: s.receipt(), To: &segmentflow.Recipient{Email: zoe}})
	require.Equal(t, "suppressed_complaint", *s.retrieve(again).FailureMessage)
}

func TestAResetLeavesNothingInTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "world.db")
	s := openShop(t, emulator.WithDatabase(file))
	s.traceZoe()
	s.emu.Reset()
	require.Empty(t, traces(t, file))
}
