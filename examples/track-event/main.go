// Command track-event shows two ways to send a password reset. The data of Emails.Send reaches only that one email.
// Events.Track starts every matching Journey, and the event is stored. So the secret link belongs in the first. In the
// second, RedactedDataPaths redacts the link before the event is stored, and the Journey's email cannot contain it
// either.
//
// Run it with: go run ./examples/track-event. It runs on an emulator in this process, whatever the environment
// contains. To send a real email, use -hosted -template ID -to EMAIL, with the key in SEGMENTFLOW_API_KEY.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
)

//go:embed seed.yaml
var seedFile []byte

const resetURL = "https://acme.example/reset?token=s3cr3t"

func main() {
	hosted := flag.Bool("hosted", false, "send one real email and track one real event through the hosted API")
	template := flag.String("template", "", "with -hosted: the id of a Transactional Template")
	to := flag.String("to", "", "with -hosted: the address of the recipient")
	flag.Parse()
	if err := run(context.Background(), *hosted, *template, *to); err != nil {
		fmt.Fprintln(os.Stderr, "track-event:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, hosted bool, template, to string) error {
	switch {
	case hosted && (template == "" || to == ""):
		return errors.New("-hosted sends a real email and needs -template ID and -to EMAIL; nothing was sent")
	case hosted:
		client, err := segmentflow.NewFromEnv()
		if err != nil {
			return err
		}
		return resetTwice(ctx, client, template, to)
	case template != "" || to != "":
		return errors.New("-template and -to can be used only with -hosted; nothing was sent")
	}

	seed, err := emulator.ParseSeed(seedFile)
	if err != nil {
		return err
	}
	emu, err := emulator.New(emulator.WithSeed(seed))
	if err != nil {
		return err
	}
	defer emu.Close()

	if err := resetTwice(ctx, emu.Client(), emu.ID("template", "password-reset"), "alex@example.com"); err != nil {
		return err
	}
	return show(emu)
}

func resetTwice(ctx context.Context, client *segmentflow.Client, template, to string) error {
	request := "rst_" + time.Now().UTC().Format("20060102150405")

	send, err := client.Emails.Send(ctx, &segmentflow.SendEmailParams{
		TemplateID: template,
		To:         &segmentflow.Recipient{Email: to},
		Data:       map[string]any{"resetUrl": resetURL},
	}, segmentflow.WithIdempotencyKey("password-reset:"+request))
	if err != nil {
		return err
	}
	fmt.Printf("Emails.Send:  EmailSend %s is %s\n", send.ID, send.Status)

	event, err := client.Events.Track(ctx, &segmentflow.TrackEventParams{
		Event:             "password_reset.requested",
		Profile:           segmentflow.ProfileIdentity{Email: to},
		Data:              map[string]any{"resetRequestId": request, "resetUrl": resetURL},
		ReferenceID:       request,
		RedactedDataPaths: []string{"/event/resetUrl"},
	}, segmentflow.WithIdempotencyKey("password_reset.requested:"+request))
	if err != nil {
		return err
	}
	fmt.Printf("Events.Track: Journeys matched: %d, enrolled: %d, skipped: %d\n",
		event.MatchedJourneys, event.EnrolledJourneys, event.SkippedJourneys)
	return nil
}

// show prints both emails and checks that only the first contains the secret.
func show(emu *emulator.Emulator) error {
	sent := emu.Outbox().Template("password-reset").Last()
	journey := emu.Outbox().Template("password-reset-by-event").Last()
	fmt.Printf("\nThe email of Emails.Send:\n\n%s\n", indented(sent))
	fmt.Printf("The email of the Journey that Events.Track started:\n\n%s\n", indented(journey))
	if !strings.Contains(sent.Text, resetURL) || strings.Contains(journey.Text, resetURL) {
		return errors.New("the secret link must be in the first email and nowhere else")
	}
	fmt.Println("The link was redacted before the event was stored, so no later email can contain it.")
	return nil
}

func indented(msg *emulator.Message) string {
	mail := "Subject: " + msg.Subject + "\n\n" + strings.TrimSpace(msg.Text)
	return "  | " + strings.ReplaceAll(mail, "\n", "\n  | ") + "\n"
}
