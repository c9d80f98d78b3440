package web

import (
	"net/http"

	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the Newsletters with their Issues. The page of an Issue is that of a carrier.

func newsletterPages() map[string]page {
	return map[string]page{
		"GET /dashboard/newsletters":      listNewsletters,
		"GET /dashboard/newsletters/{id}": showNewsletter,
	}
}

// newsletterView is a Newsletter with what it refers to. Group and Sender are nil if they are gone.
type newsletterView struct {
	world.Newsletter
	Group       *world.SubscriptionGroup
	Sender      *world.SenderProfile
	Template    string         // the key of its Template, in the page of one
	Audience    world.Audience // its subscribers, likewise
	Skipped     []skip
	carrierList // its Issues
}

// newsletterViews returns Newsletters with what they refer to.
func newsletterViews(tx *world.Tx, found []world.Newsletter) ([]newsletterView, error) {
	groups, err := tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	senders, err := tx.SenderProfiles()
	if err != nil {
		return nil, err
	}
	views := make([]newsletterView, len(found))
	for i, n := range found {
		views[i].Newsletter = n
		for j := range groups {
			if groups[j].ID == n.SubscriptionGroupID {
				views[i].Group = &groups[j]
			}
		}
		for j := range senders {
			if senders[j].ID == n.SenderProfileID {
				views[i].Sender = &senders[j]
			}
		}
	}
	return views, nil
}

func listNewsletters(v *visit) error {
	const list = "newsletters"
	page, ok := placeIn(v.r.URL.Query(), list)
	if !ok {
		return v.badQuery(noSuchPlace)
	}
	var views []newsletterView
	var pages pager
	err := v.act(func(tx *world.Tx) error {
		found, err := tx.ListNewsletters(page)
		if err != nil {
			return err
		}
		pages = pagesOf(v, cursorOf(list, found.Next))
		views, err = newsletterViews(tx, found.Items)
		return err
	})
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, "newsletters.html", "Newsletters", map[string]any{"Rows": views, "Pager": pages})
}

func showNewsletter(v *visit) error {
	var view newsletterView
	problem := ""
	err := v.act(func(tx *world.Tx) error {
		found, err := newsletterNamed(tx, v.r.PathValue("id"))
		if err != nil {
			return err
		}
		views, err := newsletterViews(tx, []world.Newsletter{*found})
		if err != nil {
			return err
		}
		view = views[0]
		if view.ID != v.r.PathValue("id") {
			return nil // the address has its key
		}
		which := world.CarrierFilter{Type: world.CarrierNewsletterIssue, NewsletterID: view.ID}
		if view.carrierList, problem, err = carriersOf(v, tx, which); err != nil {
			return err
		}
		if view.Template, err = tx.TemplateKey(view.TemplateID); err != nil {
			return err
		}
		view.Audience, err = tx.Subscribers(found)
		view.Skipped = skips(view.Audience.Skipped)
		return err
	})
	switch {
	case err != nil:
		return err
	case view.ID != v.r.PathValue("id"):
		return v.moved("/dashboard/newsletters/" + view.ID)
	case problem != "":
		return v.badQuery(problem)
	}
	return v.show(http.StatusOK, "newsletter.html", view.Name, view)
}

// newsletterNamed returns the Newsletter with an id, or with a key of a seed.
func newsletterNamed(tx *world.Tx, ref string) (*world.Newsletter, error) {
	id, err := idOf(tx, "newsletter", ref)
	if err != nil {
		return nil, err
	}
	return tx.NewsletterWith(id)
}
