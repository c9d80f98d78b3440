package web

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file makes happen what recipients and their mail servers do.

// outcomeButton makes a fact happen. Not says why it cannot happen now.
type outcomeButton struct {
	Type, Kind, Label, Not string
	Click                  bool // of a link to choose
}

func outcomesOf(l *letter, facts []world.Fact) []outcomeButton {
	buttons := []outcomeButton{
		{Type: world.FactDelivered, Label: "Deliver"},
		{Type: world.FactOpened, Label: "Open"},
		{Type: world.FactClicked, Label: "Click", Click: true},
		{Type: world.FactUnsubscribed, Label: "Unsubscribe"},
		{Type: world.FactBounced, Kind: world.BounceSoft, Label: "Bounce, soft"},
		{Type: world.FactBounced, Kind: world.BounceHard, Label: "Bounce, hard"},
		{Type: world.FactComplained, Label: "Report as spam"},
	}
	for i := range buttons {
		button := &buttons[i]
		happened := slices.ContainsFunc(facts, func(fact world.Fact) bool { return fact.Type == button.Type })
		if err := world.Possible(facts, button.Type); err != nil {
			button.Not = err.Error()
			if happened {
				button.Not = "it has happened already"
			}
		}
		if button.Type != world.FactUnsubscribed || button.Not != "" {
			continue
		}
		switch {
		case l.CarrierType == world.CarrierTest:
			button.Not = "the links of a test change nothing"
		case l.SubscriptionGroupID == "":
			button.Not = "the email has no SubscriptionGroup"
		}
	}
	return buttons
}

// withClick adds to the button for clicks why no link can be clicked.
func withClick(buttons []outcomeButton, links linksView) []outcomeButton {
	for i := range buttons {
		if buttons[i].Click && buttons[i].Not == "" && !links.Clickable() {
			buttons[i].Not = "the email has no link whose clicks count"
			if links.Count > len(links.Shown) {
				buttons[i].Not = "none of the links shown below can be clicked"
			}
		}
	}
	return buttons
}

// mailOutcome makes the fact happen that the form names.
func mailOutcome(v *visit) error {
	var l *letter
	err := v.act(func(tx *world.Tx) (err error) {
		l, err = letterOf(tx, v.r.PathValue("id"))
		return err
	})
	if err != nil {
		return err
	}
	page := mailPath(l.ID)
	if !l.sent() {
		return v.refuse(page, "Nothing can happen to an email that was not sent: this one is "+l.Status+".")
	}

	planned, err := outcomeIn(v, l)
	if err == nil {
		err = planned.Check()
	}
	if err != nil {
		return v.refuse(page, sentence(err.Error()))
	}
	err = v.act(func(tx *world.Tx) error {
		_, err := tx.ApplyFact(l.MessageID, planned)
		return err
	})
	if err == nil {
		return v.done(page, factName(planned.Type)+". See what happened below.")
	}
	if message, other := refusal(err); other == nil {
		return v.refuse(page, sentence(message))
	}
	return err
}

// outcomeIn reads the form. A link is given by its number.
func outcomeIn(v *visit, l *letter) (fact world.PlannedFact, err error) {
	fact.Type, fact.Kind = v.r.PostFormValue("type"), v.r.PostFormValue("kind")
	if fact.Type != world.FactClicked {
		return fact, nil
	}
	links := mail.LinksIn(l.mail.HTML, l.mail.Text)
	number, err := strconv.Atoi(v.r.PostFormValue("link"))
	if err != nil || number < 1 || number > len(links) {
		return fact, fmt.Errorf("choose one of the %s of the email", format.Plural(len(links), "link", "links"))
	}
	fact.URL = links[number-1].URL
	switch followable, own, _ := v.World.ReadLink(fact.URL); {
	case own:
		return fact, errors.New("a click on this link is not recorded. To unsubscribe, use the button Unsubscribe")
	case !followable:
		return fact, errors.New("this link does not lead to the web, so nobody learns of a click")
	}
	return fact, nil
}
