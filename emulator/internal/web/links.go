package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// Where the links in mail that a program follows lead.
const (
	ClickPath       = mail.ClickPath
	UnsubscribePath = mail.UnsubscribePath
)

// Mount adds the links in mail, the dashboard and the way in to it to the routes.
func Mount(mux *http.ServeMux, w *world.World, log *slog.Logger, dashboard http.Handler) {
	for path, link := range map[string]struct {
		answer  func(*linkVisit) (http.HandlerFunc, error)
		methods []string
	}{
		mail.UnsubscribePath: {(*linkVisit).unsubscribeLink, []string{http.MethodGet, http.MethodPost}},
		mail.PreferencesPath: {(*linkVisit).preferencesLink, []string{http.MethodGet, http.MethodPost}},
		mail.ClickPath:       {(*linkVisit).clickLink, []string{http.MethodGet}},
	} {
		mux.HandleFunc(path+"{token}", gateway.Only(linked(w, log, path, link.answer), link.methods...))
	}
	for _, path := range []string{"/login", "/dashboard", "/dashboard/"} {
		mux.Handle(path, dashboard)
	}
}

// linkVisit is a request under a link: what its token names.
type linkVisit struct {
	tx      *world.Tx
	org     *world.Organization
	send    *world.EmailSend
	rest    []byte // what the token holds beside Organization and send
	r       *http.Request
	changes bool // it is a POST, and no test
}

var errNoLink = errors.New("the link leads nowhere")

// linked answers requests under a link in one transaction. Looking is GET, changing is POST, and the reply is never kept.
func linked(w *world.World, log *slog.Logger, path string, answer func(*linkVisit) (http.HandlerFunc, error)) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		if err := readForm(r); err != nil {
			refuse(rw, err)
			return
		}
		held, ok, err := w.ReadToken(r.Context(), path, r.PathValue("token"))
		if err != nil {
			refuse(rw, err)
			return
		}
		if !ok {
			http.NotFound(rw, r)
			return
		}
		v := &linkVisit{r: r, rest: held.Rest}
		var reply http.HandlerFunc
		err = w.Act(r.Context(), held.Org, func(tx *world.Tx) (err error) {
			v.tx = tx
			if v.org, err = tx.Organization(); err != nil {
				return err
			}
			if v.send, err = tx.Send(held.Send); err == nil && (v.send == nil || v.org == nil) {
				err = errNoLink
			}
			if err != nil {
				return err
			}
			v.changes = r.Method == http.MethodPost && v.send.CarrierType != world.CarrierTest
			reply, err = answer(v)
			return err
		})
		switch {
		case errors.Is(err, errNoLink):
			http.NotFound(rw, r)
		case err != nil:
			log.Error("link failed", "path", path, "error", err)
			refuse(rw, err)
		default:
			rw.Header().Set("Cache-Control", "no-store")
			// A form of a page without a referrer has the origin "null", which is refused.
			rw.Header().Set("Referrer-Policy", "same-origin")
			reply(rw, r)
		}
	}
}

// refuse answers with a problem.
func refuse(w http.ResponseWriter, err error) {
	p := (*gateway.Problem)(world.AsProblem(err))
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && p.Code != world.CodeUnavailable {
		p = refusal
	}
	gateway.WriteProblem(w, p)
}

// readForm reads what is posted, whatever it is: a form of either kind or none. One that is too long counts as none.
func readForm(r *http.Request) error {
	if r.Method != http.MethodPost {
		return nil
	}
	form, err := gateway.BodyOf(r, maxFormBody)
	if errors.Is(err, gateway.ErrIncomplete) {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(form))
	_ = r.PostFormValue("")
	return nil
}

// unsubscribeLink answers /u/{token} as RFC 8058 asks: POST unsubscribes from that one group, whatever it says; GET only
// shows a page, so that a mail scanner following links changes nothing.
func (v *linkVisit) unsubscribeLink() (http.HandlerFunc, error) {
	group, err := v.tx.GroupNamed(uuid.UUID(v.rest).String())
	if err != nil {
		return nil, err
	}
	p, err := v.tx.Profile(v.send.ProfileID)
	if err != nil {
		return nil, err
	}
	if group == nil || p == nil {
		return nil, errNoLink
	}
	page := linkPage{Title: "Unsubscribe", Text: fmt.Sprintf("Do you no longer want %s from %s?", group.Name, v.org.Name), Button: "Unsubscribe"}
	if v.r.Method == http.MethodPost {
		page = linkPage{Title: "You are unsubscribed", Text: fmt.Sprintf("%s will not send you %s any more.", v.org.Name, group.Name)}
	}
	page.Test = v.send.CarrierType == world.CarrierTest
	if !v.changes {
		return page.write, nil
	}
	source := world.SourceLink
	if v.r.PostFormValue("List-Unsubscribe") == "One-Click" {
		source = world.SourceOneClick // a mail program pressed it, not a person on the page
	}
	return page.write, v.tx.Unsubscribe(v.send, group.ID, source)
}

// preferencesLink answers /p/{token}: the Organization's groups with the Profile's state, and a form to change them. Only
// groups that the form showed are changed, and only where the choice is another one than now.
func (v *linkVisit) preferencesLink() (http.HandlerFunc, error) {
	profile := uuid.UUID(v.rest).String()
	p, err := v.tx.Profile(profile)
	if err != nil {
		return nil, err
	}
	groups, err := v.tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errNoLink
	}
	page := linkPage{Title: "Your mail from " + v.org.Name, Text: "Mail to " + p.Email + ". Choose what you want to get.", Button: "Save",
		Test: v.send.CarrierType == world.CarrierTest, Groups: []choice{}}
	if v.r.Method == http.MethodPost {
		page.Text = "Saved. Mail to " + p.Email + ":"
	}
	for i := range groups {
		subscribed, err := v.choose(&groups[i], profile)
		if err != nil {
			return nil, err
		}
		page.Groups = append(page.Groups, choice{groups[i].ID, groups[i].Name, subscribed})
	}
	return page.write, nil
}

// choose carries out what a form says of one group, and says whether the Profile is in it then.
func (v *linkVisit) choose(group *world.SubscriptionGroup, profile string) (subscribed bool, err error) {
	reason, err := v.tx.SkipReason(group, profile)
	if err != nil || !v.changes || !formHas(v.r, "shown", group.ID) {
		return reason == "", err
	}
	wanted := formHas(v.r, "group", group.ID)
	switch {
	case wanted == (reason == ""):
		return wanted, nil
	case wanted:
		return true, v.tx.Choose(profile, group.ID, world.Subscribed, world.SourceLink)
	case group.ID == v.send.SubscriptionGroupID:
		return false, v.tx.Unsubscribe(v.send, group.ID, world.SourceLink)
	}
	return false, v.tx.Choose(profile, group.ID, world.Unsubscribed, world.SourceLink)
}

func formHas(r *http.Request, field, value string) bool {
	return slices.Contains(r.PostForm[field], value)
}

// clickLink answers /c/{token}: it leads to the URL that the token holds, and to no other. HEAD is not a click.
func (v *linkVisit) clickLink() (http.HandlerFunc, error) {
	url := string(v.rest)
	lead := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", url)
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusFound)
	}
	if v.r.Method != http.MethodGet || v.send.MessageID == "" {
		return lead, nil
	}
	err := v.tx.RecordFact(v.send, world.FactClicked, map[string]any{"url": url})
	if _, bounced := errors.AsType[*world.Problem](err); bounced {
		return lead, nil
	}
	return lead, err
}

// linkPage is what people see under a link. Without a Button there is nothing to do.
type linkPage struct {
	Title, Text, Button string
	Test                bool
	Groups              []choice
}

type choice struct {
	ID, Name   string
	Subscribed bool
}

var linkTemplate = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>{{.Title}}</title></head>
<body style="font-family:sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;line-height:1.5">
<h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Test}}<p><em>This mail was a test: nothing here changes anything.</em></p>{{end}}
{{if .Button}}<form method="post">
{{range .Groups}}<p><input type="hidden" name="shown" value="{{.ID}}"><label><input type="checkbox" name="group" value="{{.ID}}"{{if .Subscribed}} checked{{end}}> {{.Name}}</label></p>
{{end}}<button>{{.Button}}</button></form>{{end}}
</body></html>
`))

func (p linkPage) write(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	_ = linkTemplate.Execute(w, p)
}
