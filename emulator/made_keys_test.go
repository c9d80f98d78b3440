package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

const aMadeUpKey = "^auto_[0-9a-f]{8}-[0-9a-f]{4}-[48][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"

// madeKeys sends the default Template so many times and returns the keys that the client made up.
func madeKeys(t *testing.T, emu *emulator.Emulator, n int) []string {
	t.Helper()
	client, keys := emu.Client(), make([]string, n)
	for i := range keys {
		var resp segmentflow.Response
		require.NoError(t, hello(t, emu, client, segmentflow.WithResponse(&resp)))
		keys[i] = resp.IdempotencyKey
		require.Regexp(t, aMadeUpKey, keys[i])
	}
	return keys
}

func TestTheKeysThatAClientMakesUpAreTheSameInEachRun(t *testing.T) {
	start := func(opts ...emulator.Option) *emulator.Emulator {
		return emulator.Start(t, append(opts, emulator.WithStartTime(monday))...)
	}
	emu := start()
	first := madeKeys(t, emu, 3)
	require.NotEqual(t, first[0], first[1])
	require.NotEqual(t, first[1], first[2])
	require.Equal(t, first, madeKeys(t, start(), 3))
	require.NotEqual(t, first, madeKeys(t, start(emulator.WithSeedNumber(2)), 3))

	next := madeKeys(t, emu, 1)[0]
	require.NotContains(t, first, next, "all clients of an emulator share the sequence")
	emu.Reset()
	require.Equal(t, first, madeKeys(t, emu, 3))
	require.Equal(t, next, madeKeys(t, emu, 1)[0])
}

func TestTheKeysThatAClientMakesUpAreRandomOnAFile(t *testing.T) {
	path := t.TempDir() + "/world.db"
	emu := emulator.Start(t, emulator.WithDatabase(path))
	first := madeKeys(t, emu, 2)
	require.NoError(t, emu.Close())
	require.NotEqual(t, first, madeKeys(t, emulator.Start(t, emulator.WithDatabase(path)), 2))
}

func TestAKeyOfTheCallsOwnChangesNoID(t *testing.T) {
	ids := func(opts ...segmentflow.CallOption) (ids []string) {
		emu := emulator.Start(t, emulator.WithStartTime(monday))
		require.NoError(t, hello(t, emu, emu.Client(), opts...))
		require.NoError(t, hello(t, emu, emu.Client()))
		for _, msg := range emu.Outbox().All() {
			ids = append(ids, msg.ID, msg.SendID, msg.ProfileID)
		}
		return ids
	}
	require.Equal(t, ids(), ids(segmentflow.WithIdempotencyKey("mine")))
}

func TestTheJournalShowsWhichKeysWereMadeUp(t *testing.T) {
	s := openShop(t)
	const made = "auto_0a1b2c3d-0000-4000-8000-000000000000"
	body := `{"templateId": "` + s.receipt() + `", "to": {"email": "alex@example.com"}}`
	item := func(key string) string {
		return `{"idempotencyKey": "` + key + `", "to": {"email": "alex@example.com"}}`
	}
	for _, c := range []struct {
		what, path, body, key string
		want                  bool
	}{
		{"a made-up key over any transport", "/api/v1/emails", body, made, true},
		{"a key of the caller", "/api/v1/emails", body, "receipt:1", false},
		{"a UUID of the caller", "/api/v1/emails", body, made[5:], false},
		{"a made-up key and an index", "/api/v1/emails", body, made + "/7", true},
		{"a prefix alone", "/api/v1/emails", body, "auto_receipt:1", false},
		{"a longer key", "/api/v1/emails", body, made + "0", false},
		{"no key", "/api/v1/emails", body, "", false},
		{"a refused call", "/api/v1/emails", strings.Replace(body, s.receipt(), made[5:], 1), made, true},
		{"keys of the items", "/api/v1/emails/batch", `{"items": [` + item("a") + `,` + item("b") + `]}`, made, false},
		{"a made-up key of an item", "/api/v1/emails/batch", `{"items": [` + item("a") + `,` + item(made) + `]}`, "b",
			true},
	} {
		call(t, s.emu, "POST", c.path, c.body, "Idempotency-Key", c.key)
		require.Equal(t, c.want, listIn(t, s.get("/requests?limit=1"), "requests")[0]["madeUp"], c.what)
	}
}

func TestEachWriteOfTheClientShowsThatItsKeyWasMadeUp(t *testing.T) {
	s := openShop(t)
	alex := segmentflow.ProfileIdentity{Email: "alex@example.com"}
	for name, write := range map[string]func(...segmentflow.CallOption) error{
		"trackEvent": func(opts ...segmentflow.CallOption) error {
			_, err := s.client.Events.Track(t.Context(),
				&segmentflow.TrackEventParams{Event: "order.created", Profile: alex}, opts...)
			return err
		},
		"duplicateTemplate": func(opts ...segmentflow.CallOption) error {
			_, err := s.client.Templates.Duplicate(t.Context(), s.receipt(), opts...)
			return err
		},
	} {
		for want, opts := range map[bool][]segmentflow.CallOption{
			true:  nil,
			false: {segmentflow.WithIdempotencyKey(name)},
		} {
			require.NoError(t, write(opts...))
			newest := listIn(t, s.get("/requests?limit=1"), "requests")[0]
			require.Equal(t, []any{name, want}, []any{newest["operation"], newest["madeUp"]})
		}
	}
	_, err := s.client.Templates.Retrieve(t.Context(), s.receipt())
	require.NoError(t, err)
	require.Equal(t, false, listIn(t, s.get("/requests?limit=1"), "requests")[0]["madeUp"], "a read has no key")
}

// record is everything that a run leaves behind: the journal, the email and its raw form.
func record(s shop) string {
	all := s.get("/requests?limit=1000")
	text := fmt.Sprintln(all)
	for _, msg := range s.emu.Outbox().All() {
		text += fmt.Sprintln(msg.ID, msg.SendID, msg.At) + string(msg.Raw())
	}
	return text
}

// leaveBehind makes calls that fail, wait and are limited, and returns all that they leave behind.
func leaveBehind(t *testing.T, s shop) string {
	t.Helper()
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, Status: 503, RetryAfter: 20 * time.Second})
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Times: 1, AfterCommit: true, Drop: true})
	s.emu.RateLimit("batchSendEmails", 1, 20*time.Second)
	for i := range 3 {
		s.send(receipt(s.receipt(), i))
	}
	keys := sendAll(t, s, 150, 1, receiptItem(s))
	require.Len(t, keys, 150)
	require.Regexp(t, strings.Replace(aMadeUpKey, "$", "/149$", 1), keys[149])
	_, err := s.client.Emails.BatchSend(t.Context(), &segmentflow.BatchSendParams{
		Items: []segmentflow.BatchSendItem{{To: &segmentflow.Recipient{Email: "no address"}}},
	})
	require.NoError(t, err)
	s.track(&segmentflow.TrackEventParams{Event: "trial.started",
		Profile: segmentflow.ProfileIdentity{Email: "alex@example.com"}})
	s.emu.Advance(30 * 24 * time.Hour)
	return fmt.Sprintln(keys) + record(s)
}

func TestTwoRunsOfATestLeaveTheSameBehind(t *testing.T) {
	first := leaveBehind(t, openShop(t))
	require.Regexp(t, `auto_[-0-9a-f]{36}`, first)
	s := openShop(t)
	require.Equal(t, first, leaveBehind(t, s))
	s.emu.Reset()
	require.Equal(t, first, leaveBehind(t, s), "a reset world is like a new one")
}

func TestAnImageContinuesTheSequenceOfKeys(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(monday))
	first := madeKeys(t, emu, 2)
	img, err := emu.Snapshot()
	require.NoError(t, err)
	fork := emu.Fork(t)
	next := madeKeys(t, emu, 2)

	require.Equal(t, next, madeKeys(t, fork, 2), "both go on alike")
	fork.Reset()
	require.Equal(t, next, madeKeys(t, fork, 2), "Reset goes back to the instant of the fork")
	other := emulator.WithSeedNumber(2)
	require.Equal(t, next, madeKeys(t, emulator.Start(t, emulator.WithImage(img), other), 2), "whatever the seed")
	require.NoError(t, emu.Restore(img))
	require.Equal(t, next, madeKeys(t, emu, 2))
	emu.Reset()
	require.Equal(t, first, madeKeys(t, emu, 2))

	file := emulator.Start(t, emulator.WithImage(img), emulator.WithDatabase(t.TempDir()+"/world.db"))
	require.NotEqual(t, next, madeKeys(t, file, 2))
}

func TestResetBeginsTheSequenceAgainWhateverTheCallsWere(t *testing.T) {
	s := openShop(t)
	first := receiptKeys(t, s)
	s.emu.Fail(emulator.Fault{Operation: "sendEmail", Status: 503})
	_ = s.sendRefused(receipt(s.receipt(), 1))
	s.emu.ClearFaults()
	_ = s.sendRefused(&segmentflow.SendEmailParams{TemplateID: s.receipt()})
	sendAll(t, s, 150, 0, segmentflow.BatchSendItem{})
	name := "Renamed"
	_, err := s.client.Templates.Update(t.Context(), s.receipt(), &segmentflow.UpdateTemplateParams{Name: name})
	require.NoError(t, err)
	require.NoError(t, s.client.Templates.Delete(t.Context(), s.receipt()))

	s.emu.Reset()
	require.Equal(t, first, receiptKeys(t, s))
}

// TestResetBeginsTheSequenceAgainAfterBatchesThatFailed has batches whose items were not looked at.
func TestResetBeginsTheSequenceAgainAfterBatchesThatFailed(t *testing.T) {
	s := openShop(t)
	first := receiptKeys(t, s)
	two := &segmentflow.BatchSendParams{Items: make([]segmentflow.BatchSendItem, 2)}
	for name, prepare := range map[string]func(*segmentflow.BatchSendParams){
		"an error":  func(*segmentflow.BatchSendParams) { s.emu.Fail(emulator.Fault{Status: 503}) },
		"a page":    func(*segmentflow.BatchSendParams) { s.emu.Fail(emulator.Fault{Body: "<html>"}) },
		"no reply":  func(*segmentflow.BatchSendParams) { s.emu.Fail(emulator.Fault{Drop: true}) },
		"no object": func(p *segmentflow.BatchSendParams) { p.Items = []segmentflow.BatchSendItem{{}, {Data: 7}} },
		"a rate limit": func(*segmentflow.BatchSendParams) {
			s.emu.RateLimit("batchSendEmails", 1, time.Hour)
			_, err := s.client.Emails.BatchSend(t.Context(), two)
			require.NoError(t, err)
		},
		"wrong defaults": func(p *segmentflow.BatchSendParams) {
			p.Defaults = &segmentflow.BatchDefaults{TemplateID: "receipt"}
		},
	} {
		s.emu.Reset()
		params := *two
		prepare(&params)
		_, err := s.client.Emails.BatchSend(t.Context(), &params)
		require.Error(t, err, name)
		s.emu.Reset()
		require.Equal(t, first, receiptKeys(t, s), name)
	}
}

// receiptKeys sends two receipts and returns the keys that the client made up.
func receiptKeys(t *testing.T, s shop) (keys [2]string) {
	t.Helper()
	for i := range keys {
		var resp segmentflow.Response
		s.send(receipt(s.receipt(), i), segmentflow.WithResponse(&resp))
		keys[i] = resp.IdempotencyKey
	}
	return keys
}

func TestACallFromBeforeAResetMeetsNoKeyOfAfter(t *testing.T) {
	for name, renew := range map[string]func(*emulator.Emulator, emulator.Image){
		"reset":   func(emu *emulator.Emulator, _ emulator.Image) { emu.Reset() },
		"restore": func(emu *emulator.Emulator, img emulator.Image) { require.NoError(t, emu.Restore(img)) },
	} {
		t.Run(name, func(t *testing.T) {
			s := openShop(t)
			img, err := s.emu.Snapshot()
			require.NoError(t, err)
			var late segmentflow.Response
			onTheWay := s.emu.Client(segmentflow.WithMiddleware(func(next http.RoundTripper) http.RoundTripper {
				return carry(func(req *http.Request) (*http.Response, error) {
					renew(s.emu, img)
					renew(s.emu, img)
					return next.RoundTrip(req)
				})
			}))
			_, err = onTheWay.Emails.Send(t.Context(), receipt(s.receipt(), 9), segmentflow.WithResponse(&late))
			require.NoError(t, err)
			require.NotContains(t, receiptKeys(t, s), late.IdempotencyKey)
			require.Equal(t, 3, s.emu.Outbox().Count())
		})
	}
}
