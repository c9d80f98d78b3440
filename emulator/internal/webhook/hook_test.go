package webhook_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator/internal/webhook"
)

// TestTheSignatureIsThatOfAnotherImplementation has what this prints:
//
//	printf '1772442000\nPOST\n/hooks?a=b\n{"id":"1"}' | openssl dgst -sha256 -hmac whsec_test_emulator -hex
func TestTheSignatureIsThatOfAnotherImplementation(t *testing.T) {
	require.Equal(t, "6c6b2ecc2ea3ce2d34f8c765e8da81cebdefeccd255afd355e496b324a9e9393",
		webhook.Sign("whsec_test_emulator", "1772442000", "POST", "/hooks?a=b", []byte(`{"id":"1"}`)))
}

func TestFourTriesMakeARound(t *testing.T) {
	var tries []webhook.Try
	for range 2 {
		for _, want := range []time.Duration{time.Minute, 5 * time.Minute, 30 * time.Minute} {
			tries = append(tries, webhook.Try{Status: 500})
			wait, again := webhook.NextTry(tries)
			require.True(t, again)
			require.Equal(t, want, wait)
		}
		tries = append(tries, webhook.Try{Error: "no answer"})
		_, again := webhook.NextTry(tries)
		require.False(t, again)
	}
}

func TestAStatusTakesAHookOrDoesNot(t *testing.T) {
	for status, want := range map[int]bool{
		200: true, 204: true, 299: true, 0: false, 100: false, 199: false, 300: false, 404: false, 503: false,
	} {
		require.Equal(t, want, webhook.Try{Status: status}.Taken(), status)
	}
}

func TestAConnectionLeavesTheMachineNever(t *testing.T) {
	for address, ok := range map[string]bool{
		"127.0.0.1:80": true, "127.8.8.8:80": true, "[::1]:80": true, "[::ffff:127.0.0.1]:80": true,
		"192.0.2.1:80": false, "0.0.0.0:80": false, "[2001:db8::1]:80": false, "[fe80::1%eth0]:80": false,
		"localhost:80": false, "": false,
	} {
		err := webhook.OnlyLoopback("tcp", address, nil)
		require.Equal(t, ok, err == nil, address)
	}
}
