package emulator_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// sameNumbers are spellings of one number, and others are close to it.
var (
	sameNumbers = []string{"1", "1.0", "1e0", "10e-1", "0.1E1"}
	others      = []string{"1.00000000000000000001", `"1"`, "-1", "true"}
)

func TestTheSpellingOfANumberIsNotPartOfARequest(t *testing.T) {
	s := openShop(t)
	s.seedJourney(`{"key": "api", "name": "A", "status": "Active", "entry": {"type": "api"}, "start": "x",
		"nodes": [{"id": "x", "type": "exit"}]}`)
	for _, c := range []struct{ path, body string }{
		{"/api/v1/emails", `{"templateId":"` + s.receipt() + `","to":{"email":"alex@example.com"},"data":{"n":[%s]}}`},
		{"/api/v1/events", `{"event":"e","profile":{"email":"alex@example.com","properties":{"n":%s}}}`},
		{"/api/v1/journeys/api/trigger", `{"profile":{"email":"alex@example.com"},"variables":{"n":{"m":%s}}}`},
		{"/api/v1/templates", `{"name":"T","definition":{"subject":"S","renderVariables":{"n":%s}}}`},
	} {
		send := func(number string) answer {
			return call(t, s.emu, "POST", c.path, fmt.Sprintf(c.body, number), "Idempotency-Key", "one")
		}
		first := send("1")
		require.Less(t, first.status, 300, first.body)
		for _, number := range sameNumbers {
			again := send(number)
			require.Equal(t, first.body, again.body, "%s %s", c.path, number)
			require.Equal(t, "true", again.header.Get("idempotent-replayed"), "%s %s", c.path, number)
		}
		for _, number := range others {
			require.Equal(t, 409, send(number).status, "%s %s", c.path, number)
		}
	}
}

func TestNumbersThatAFloatCannotTellApartAreDifferentRequests(t *testing.T) {
	s := openShop(t)
	send := func(number string) int {
		body := `{"event":"e","profile":{"email":"alex@example.com"},"data":{"n":` + number + `}}`
		return call(t, s.emu, "POST", "/api/v1/events", body, "Idempotency-Key", "big").status
	}
	require.Equal(t, 200, send("9007199254740993"))
	require.Equal(t, 200, send("9007199254740993.0"))
	require.Equal(t, 409, send("9007199254740992"))
	require.Equal(t, 409, send("9007199254740993.1"))
}

func TestTheSpellingOfANumberIsNotPartOfABatchItem(t *testing.T) {
	s := openShop(t)
	item := func(number string) string {
		return fmt.Sprintf(`{"idempotencyKey":"k","templateId":%q,"to":{"email":"alex@example.com"},"data":{"n":%s}}`,
			s.receipt(), number)
	}
	a := call(t, s.emu, "POST", "/api/v1/emails/batch",
		fmt.Sprintf(`{"items":[%s,%s,%s,%s]}`, item("0"), item("-0"), item("0e5"), item("0.1")))
	require.Equal(t, []any{3.0, 1.0}, []any{a.json(t)["accepted"], a.json(t)["rejected"]}, a.body)
	single := fmt.Sprintf(`{"templateId":%q,"to":{"email":"alex@example.com"},"data":{"n":0.00}}`, s.receipt())
	require.Equal(t, 200, call(t, s.emu, "POST", "/api/v1/emails", single, "Idempotency-Key", "k").status)
	require.Equal(t, 1, s.emu.Outbox().Count())
}
