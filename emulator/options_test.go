package emulator_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

func TestAValueThatAnOptionCannotUseIsAnError(t *testing.T) {
	work, err := os.Getwd()
	require.NoError(t, err)
	year := func(n int) emulator.Option { return emulator.WithStartTime(time.Date(n, 1, 1, 0, 0, 0, 0, time.UTC)) }
	for _, c := range []struct {
		opt  emulator.Option
		want string
	}{
		{nil, "option 1 of 1 is nil; leave it out"},
		{emulator.WithStartTime(time.Time{}), "WithStartTime: the time is zero; " +
			"pass the time that the clock starts at, or leave the option out to start now"},
		{year(12000), "WithStartTime: the year 12000 is not between 1 and 9999"},
		{year(-5), "WithStartTime: the year -5 is not between 1 and 9999"},
		{emulator.WithDatabase(""), "WithDatabase: the file name is empty; " +
			"without this option the database is in memory"},
		{emulator.WithSeedFile(""), "WithSeedFile: the path is empty; " +
			"without this option there is the default data"},
		{emulator.WithSeedFile("nowhere.yaml"), "seed file: open nowhere.yaml: no such file or directory; " +
			"the path is relative to " + work},
		{emulator.WithIdempotencyTTL(0), "WithIdempotencyTTL: 0s is not positive; " +
			"without this option keys have no end"},
		{emulator.WithIdempotencyTTL(-1), "WithIdempotencyTTL: -1ns is not positive; " +
			"without this option keys have no end"},
		{emulator.WithLogger(nil), "WithLogger: the logger is nil; " +
			"to log nothing, pass slog.New(slog.DiscardHandler)"},
		{emulator.WithSMTP(""), "WithSMTP: the server is empty; without this option no email is relayed"},
	} {
		requireRefused(t, c.opt, c.want)
	}
	for _, address := range []string{
		"", "mail.example.com", "ftp://mail.example.com", "https://", "https://a.test/?x=1", "https://u:p@a.test",
		"https://a b", "/mail",
	} {
		requireRefused(t, emulator.WithPublicURL(address), fmt.Sprintf("WithPublicURL: %q is not the start of a link; "+
			"pass an address of at most 500 ASCII characters such as https://mail.example.com",
			strings.Replace(address, "u:p@", "u:xxxxx@", 1)))
	}
	for _, name := range []string{"http://dev.example", "*.dev.example", "dev.example/mail", "two names"} {
		requireRefused(t, emulator.WithAllowedHosts("dev.example", name), fmt.Sprintf("WithAllowedHosts: %q is not a "+
			"host name; pass a name such as emulator.internal, without scheme, path and wildcard", name))
	}

	_, err = emulator.New(emulator.WithDatabase(""), emulator.WithSeedNumber(0), emulator.WithLogger(nil))
	require.Len(t, strings.Split(err.Error(), "\n"), 2, "all mistakes are reported")
}

// requireRefused requires that New and Start refuse an option.
func requireRefused(t *testing.T, opt emulator.Option, want string) {
	t.Helper()
	_, err := emulator.New(opt)
	require.EqualError(t, err, want)
	w := &recorder{}
	require.Nil(t, emulator.Start(w, opt))
	require.Equal(t, []string{"emulator: " + want}, w.failures)
}

func TestAStartTimeMayBeTheEpoch(t *testing.T) {
	emu := emulator.Start(t, emulator.WithStartTime(time.Unix(0, 0)))
	require.Equal(t, time.Unix(0, 0).UTC(), emu.Now())
	emu.Advance(time.Second)
	require.Equal(t, time.Unix(1, 0).UTC(), emu.Now())
}

func TestAnAPIKeyHasOnlyScopesThatExist(t *testing.T) {
	emu := acme(t)
	require.Equal(t,
		`emulator: NewAPIKey: there is no scope "email:write"; `+
			`the nearest are emails:write, emails:read and events:write`,
		failureIn(t, emu, func(emu *emulator.Emulator) {
			emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"emails:read", "email:write"}})
		}))
	require.NotEmpty(t, emu.NewAPIKey(emulator.APIKeySpec{Scopes: []string{"*"}}))
	require.NotEmpty(t, emu.NewAPIKey(emulator.APIKeySpec{}))
}
