package browsertest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// link is a selector of the links with a text, and button of the buttons whose text begins so.
func link(text string) string { return fmt.Sprintf("//main//a[contains(., %q)]", text) }

func button(text string) string {
	return fmt.Sprintf("//main//button[starts-with(normalize-space(), %q)]", text)
}

// frame returns the text of the email that the page shows in its first frame.
func (b tab) frame() string {
	b.Helper()
	frames, err := chromedp.Run(b.ctx, chromedp.Nodes(chromedp.CSS("iframe")))
	require.NoError(b, err)
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("body"), chromedp.FromNode(frames[0])))
	require.NoError(b, err)
	return text
}

// passes lets days pass, with the buttons of the time bar.
func (b tab) passes(days int) {
	b.Helper()
	for range days {
		b.press(`//main//button[@name="by" and @value="1d"]`)
	}
}

// finds looks for an email by its recipient, and opens it.
func (b tab) finds(recipient, subject string) {
	b.Helper()
	b.visit("/dashboard/mail", http.StatusOK)
	search := chromedp.CSS(`main form.filter input[type="search"]`)
	b.do(chromedp.SendKeys(search, recipient))
	response, err := chromedp.RunResponse(b.ctx, chromedp.SendKeys(search, "\r"))
	require.NoError(b, err)
	require.EqualValues(b, http.StatusOK, response.Status)
	b.press(link(subject))
	require.Contains(b, b.text(), subject)
}

func TestTheStoryOfATrial(t *testing.T) {
	for name, scripts := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := signedOut(t, emulator.WithSeedFile(acme))
			if !scripts {
				b.withoutScripts()
			}
			w := world{t, b.emu, b.emu.Client()}
			w.trial("chiara@example.com", "t_77")

			b.signIn()
			b.finds("chiara@example.com", "Welcome to the Pro trial, Chiara")
			require.Contains(b, b.frame(), "Your Pro trial has begun")

			b.visit("/dashboard", http.StatusOK)
			b.passes(3)
			require.Equal(b, noon.AddDate(0, 0, 3), b.emu.Now())
			b.finds("chiara@example.com", "Chiara, your trial ends soon")
			require.Contains(b, b.frame(), "Trial t_77 ends in four days")
		})
	}
}

func TestAPersonApprovesABroadcast(t *testing.T) {
	for name, scripts := range map[string]bool{"with JavaScript": true, "without JavaScript": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := signedOut(t, emulator.WithSeedFile(acme))
			if !scripts {
				b.withoutScripts()
			}
			w := world{t, b.emu, b.emu.Client()}
			broadcast := w.broadcast("Winter sale")
			confirmation := w.ask(broadcast)

			b.signIn()
			b.press(link("Winter sale"))
			require.Contains(b, b.text(), "Waiting for your decision")
			require.Contains(b, b.frame(), "30 % off for gold members")
			b.acknowledge()
			require.Zero(b, b.emu.Outbox().Count())
			b.press(button("Approve"))
			require.Contains(b, b.text(), "Approved at 2026-03-02 12:00:00 UTC")
			require.Equal(b, 1, b.emu.Outbox().To("alex@example.com").Count())

			require.NoError(b, b.emu.Human().Approve(confirmation), "a second answer changes nothing")
			require.Equal(b, 1, b.emu.Outbox().Count())
			b.emu.Advance(time.Minute)
			b.visit("/dashboard/broadcasts/"+broadcast, http.StatusOK)
			require.Regexp(b, `(?i)delivered\D*1\b`, b.text())
		})
	}
}

// acknowledge ticks the warnings that a confirmation has to be approved in spite of.
func (b tab) acknowledge() {
	b.Helper()
	all := chromedp.CSSAll(`main input[type="checkbox"]`)
	boxes, err := chromedp.Run(b.ctx, chromedp.Nodes(all, chromedp.AtLeast(0)))
	require.NoError(b, err)
	for _, box := range boxes {
		b.do(chromedp.MouseClickNode(box))
	}
}

func TestAConfirmationThatNobodyAnsweredInTime(t *testing.T) {
	t.Parallel()
	b := open(t, emulator.WithSeedFile(acme))
	w := world{t, b.emu, b.emu.Client()}
	confirmation := w.ask(w.broadcast("Winter sale"))
	b.visit("/dashboard/confirmations/"+confirmation, http.StatusOK)
	b.acknowledge()
	b.emu.Advance(15 * time.Minute)
	b.press(button("Approve"))
	require.Contains(b, b.text(), "Expired")
	require.Zero(b, b.emu.Outbox().Count())
}
