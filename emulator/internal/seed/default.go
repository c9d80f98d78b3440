package seed

import (
	"encoding/json"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// helloDefinition greets by first name if the Profile has one, so that a Profile without properties has no missing
// bindings.
const helloDefinition = `{"body":{"elements":{` +
	`"body":{"children":["box"],"props":{},"type":"Body"},` +
	`"box":{"children":["title","text"],"props":{},"type":"Container"},` +
	`"html":{"children":["body"],"props":{"lang":"en"},"type":"Html"},` +
	`"text":{"props":{"text":{"$template":"This email was sent to ${/profile/email}."}},"type":"Text"},` +
	`"title":{"props":{"text":` + helloText + `},"type":"Heading"}},"root":"html"},` +
	`"from":"Example <hello@example.com>","subject":` + helloText + `}`

const helloText = `{"$cond":{"$state":"/profile/firstName"},"$else":"Hello",` +
	`"$then":{"$template":"Hello ${/profile/firstName}"}}`

// defaultWorld creates what an emulator has without a seed: enough to send a first email. It writes directly and does
// not apply a seed, because every emulator in every test pays for it.
func defaultWorld(tx *world.Tx, org string) error {
	tx.Org = org
	id := func(kind, key string) string { return world.ComputedID(org, kind, key) }
	sender := id("senderProfile", "hello")

	for _, put := range []func() error{
		func() error { return tx.PutWorld() },
		func() error {
			return tx.PutOrganization(world.Organization{ID: org, Name: "Example", Timezone: "UTC"})
		},
		func() error {
			return tx.PutUser(world.User{
				ID:    id("user", "dev"),
				Key:   "dev",
				Email: "dev@example.com",
				Name:  "Developer",
			})
		},
		func() error {
			return tx.PutDomain(world.Domain{
				ID:     id("domain", "example.com"),
				Domain: "example.com",
				Status: world.Verified,
				DMARC:  true,
			})
		},
		func() error {
			return tx.PutSenderProfile(world.SenderProfile{
				ID:      sender,
				Key:     "hello",
				Name:    "Example",
				Email:   "hello@example.com",
				Default: true,
			})
		},
		func() error {
			return tx.PutTemplate(world.Template{
				ID:              id("template", "hello"),
				Key:             "hello",
				Name:            "Hello",
				Purpose:         world.Transactional,
				Status:          world.Active,
				Source:          world.SourceSeed,
				SenderProfileID: sender,
			}, json.RawMessage(helloDefinition))
		},
	} {
		if err := put(); err != nil {
			return err
		}
	}
	tx.Forget()
	return nil
}
