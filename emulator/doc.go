// Package emulator runs the whole Segmentflow backend inside a Go test: emails, events, Journeys, consent and delivery
// over SQLite, on a clock that the test moves. It needs no account, no network and no mock.
//
//	func TestHello(t *testing.T) {
//		emu := emulator.Start(t)
//
//		_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
//			TemplateID: emu.ID("template", "hello"),
//			To:         &segmentflow.Recipient{Email: "alex@example.com"},
//		})
//		if err != nil {
//			t.Fatal(err)
//		}
//
//		msg := emu.Outbox().To("alex@example.com").Only(t)
//		if msg.Subject != "Hello" {
//			t.Errorf("subject %q", msg.Subject)
//		}
//	}
//
// The guide docs/testing.md answers how to test an app, each question with code to copy. FIDELITY.md lists which rules
// Segmentflow documents and which ones this project decided.
//
// # Starting
//
// [Start] starts an emulator for one test. [New] does so outside of a test, and [Emulator.For] lets a subtest use the
// same one. [WithSeedFile] and [WithSeed] fill its world, [WithDatabase] keeps it in a file, and [World] shares it
// with all tests of a package. Package define has types for seeds in Go.
//
// # Connecting the app
//
// [Emulator.Client] returns a client of the SDK. An app that makes its client itself takes [Emulator.ClientOptions]. A
// program in another process uses [Emulator.URL] and [Emulator.APIKey].
//
// # Time
//
// When a call returns, everything that it caused and that is due has happened. [Emulator.Advance] moves the clock and
// runs what becomes due on the way. [WithStartTime] freezes the clock. [WithLiveClock] runs due work as time passes,
// also in a testing/synctest bubble.
//
// # Asserting
//
// [Emulator.Outbox] has the emails that were sent. [Emulator.Sends] also has those that were skipped or failed, with
// the reason. [Emulator.Events], [Emulator.Runs], [Emulator.Profiles] and [Emulator.Requests] ask about everything
// else. All have the methods All, Only, None, Count and Last. [Emulator.Explain] tells what happened to a person, and
// why.
//
// # Waiting for goroutines
//
// [Outbox.Eventually] and [Outbox.Await] wait for an email, [Emulator.AwaitRun] and [Emulator.AwaitEvent] for a run
// and an event, and [Emulator.Idle] until nothing is under way. None of them polls.
//
// # What people do
//
// [Emulator.Open], [Emulator.Click], [Emulator.Bounce], [Emulator.Complain] and [Emulator.Unsubscribe] act on an email
// that was sent. [Emulator.Script] plans this in advance. [Emulator.Human] approves a Broadcast or a NewsletterIssue.
// [Emulator.Pause], [Emulator.Activate] and [Emulator.Archive] change a Journey.
//
// # Telling the app
//
// [WithWebhook] posts what happens to emails, and the ends of runs, to a handler or a server. [Emulator.Webhooks] lists
// what was posted. Segmentflow documents no webhooks: these are this project's own.
//
// # Making calls fail
//
// [Emulator.Fail] makes calls fail, be late or lose their reply. [Emulator.RateLimit] refuses calls above a rate.
//
// # Images and forks
//
// [Emulator.Snapshot] returns an [Image] of the world. [WithImage] starts from it and [Emulator.Restore] goes back to
// it. [Emulator.Fork] starts a second emulator from this instant. [Emulator.Reset] begins anew.
//
// # Finding what a test overlooks
//
// [WithGuards] fails a test for refused calls, missing values, email without consent and more. [WithEvidence] keeps
// the world of a test that fails. [ReadCoverage] shows which parts of Journeys no test has reached.
package emulator
