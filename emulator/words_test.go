package emulator_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	segmentflow "github.com/segmentflow/segmentflow-go"
	"github.com/segmentflow/segmentflow-go/emulator"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Package emulator repeats the values of its constants, so that its documentation shows them.
func TestThePublicConstantsEqualThoseOfTheWorld(t *testing.T) {
	for public, inside := range map[string]string{
		emulator.DefaultAPIKey:          world.DefaultAPIKey,
		emulator.CarrierEmail:           world.CarrierEmail,
		emulator.CarrierJourney:         world.CarrierJourney,
		emulator.CarrierBroadcast:       world.CarrierBroadcast,
		emulator.CarrierNewsletterIssue: world.CarrierNewsletterIssue,
		emulator.CarrierTest:            world.CarrierTest,
		emulator.BounceHard:             world.BounceHard,
		emulator.BounceSoft:             world.BounceSoft,
	} {
		require.Equal(t, inside, public)
	}
}

func TestThereIsAConstantForEachFact(t *testing.T) {
	require.ElementsMatch(t, append(world.FactTypes(), emulator.FactAccepted), []string{
		emulator.FactAccepted, emulator.FactDelayed, emulator.FactDelivered, emulator.FactBounced,
		emulator.FactComplained, emulator.FactOpened, emulator.FactClicked, emulator.FactUnsubscribed,
	})
}

func TestAKeyMayHaveEachScopeOfTheSDKAndNoOther(t *testing.T) {
	require.ElementsMatch(t, seed.Scopes(), []string{
		"*", string(segmentflow.ScopeEmailsRead), string(segmentflow.ScopeEmailsWrite),
		string(segmentflow.ScopeEventsWrite), string(segmentflow.ScopeJourneysTrigger),
		string(segmentflow.ScopeJourneysRead), string(segmentflow.ScopeProfilesRead),
		string(segmentflow.ScopeProfilesWrite), string(segmentflow.ScopeTemplatesRead),
		string(segmentflow.ScopeTemplatesWrite), string(segmentflow.ScopeSegmentsRead),
		string(segmentflow.ScopeBroadcastsCreate), string(segmentflow.ScopeBroadcastsPrepare),
		string(segmentflow.ScopeBroadcastsRead), string(segmentflow.ScopeBroadcastsCancel),
		string(segmentflow.ScopeBroadcastsSend), string(segmentflow.ScopeNewslettersRead),
		string(segmentflow.ScopeNewslettersWrite), string(segmentflow.ScopeNewslettersPrepare),
		string(segmentflow.ScopeNewslettersSend), string(segmentflow.ScopeNewslettersCancel),
		string(segmentflow.ScopeAssetsRead), string(segmentflow.ScopeAssetsWrite),
		string(segmentflow.ScopeBrandKitRead), string(segmentflow.ScopeBrandKitWrite),
	})
}

// The compiler checks the fields of a conversion, but not the JSON names that a seed's text uses.
func TestTheSeedOfGoHasTheSameNamesAsTheSeedFile(t *testing.T) {
	require.Equal(t, names(reflect.TypeFor[seed.Seed](), 0), names(reflect.TypeFor[emulator.Seed](), 0))
}

// names returns the JSON names of a type's fields, and of the fields of the types they contain.
func names(of reflect.Type, depth int) (found []string) {
	for of.Kind() == reflect.Slice || of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || depth > 2 {
		return nil
	}
	for field := range of.Fields() {
		tag := field.Tag.Get("json")
		if tag == "" || tag == "-" {
			continue // the place in the file
		}
		found = append(found, tag)
		found = append(found, names(field.Type, depth+1)...)
	}
	return found
}

func TestEveryFactCanHappen(t *testing.T) {
	for _, fact := range world.FactTypes() {
		t.Run(fact, func(t *testing.T) {
			emu := acme(t)
			planned := emulator.PlannedFact{Type: fact}
			if fact == "clicked" {
				planned.URL = "https://acme.example/orders" // the receipt has no link
			}
			emu.Script("alex@example.com", planned)
			_, err := emu.Client().Emails.Send(t.Context(), &segmentflow.SendEmailParams{
				TemplateID: emu.ID("template", "order-receipt"), To: &segmentflow.Recipient{Email: "alex@example.com"},
				SubscriptionGroupID: emu.ID("subscriptionGroup", "offers"),
			})
			require.NoError(t, err)
			emu.Advance(time.Hour)
			var happened []string
			for _, f := range emu.Outbox().To("alex@example.com").Only(t).Facts {
				happened = append(happened, f.Type)
			}
			require.Contains(t, happened, fact)
		})
	}
}
