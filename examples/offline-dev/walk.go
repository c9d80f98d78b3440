package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/segmentflow/segmentflow-go/emulator"
)

// walk plays a customer: it sends the forms of the shop, lets two days pass, and prints the email that was sent.
func walk(ctx context.Context, shop string, emu *emulator.Emulator) error {
	const alex = "alex@example.com"
	for _, step := range []struct {
		path string
		form url.Values
	}{
		{"/sign-up", url.Values{"id": {"cus_1"}, "name": {"Alex"}, "email": {alex}}},
		{"/order", url.Values{"id": {"ord_1"}, "item": {"Trail shoe"}, "email": {alex}}},
		{"/order", url.Values{"id": {"ord_1"}, "item": {"Trail shoe"}, "email": {alex}}}, // the browser sends it twice
		{"/ship", url.Values{"id": {"ord_1"}}},
		{"/newsletter", url.Values{"email": {alex}}},
	} {
		if err := send(ctx, shop+step.path, step.form); err != nil {
			return err
		}
	}

	emu.Advance(48 * time.Hour)
	fmt.Println("\nThe email to Alex, oldest first:")
	for _, msg := range emu.Outbox().To(alex).All() {
		fmt.Printf("  %s: %s\n", msg.Template, msg.Subject)
	}
	fmt.Println("Alex reads Trail Notes:", emu.Profile(alex).Subscriptions["trail-notes"])
	return nil
}

// send sends a form of the shop, and prints what the shop says.
func send(ctx context.Context, to string, form url.Values) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req) // follows the redirect to the shop's page
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("POST %s: the shop replied %s", req.URL.Path, resp.Status)
	}
	fmt.Printf("POST %s: %s\n", req.URL.Path, resp.Request.URL.Query().Get("done"))
	return nil
}
