// Package links answers the links in emails that lead to the emulator: to unsubscribe, to choose subscriptions, and to
// follow a tracked link. Everyone who has an email may open them; nobody is signed in.
package links

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// The paths of the links in emails that a program can follow.
const (
	ClickPath       = mail.ClickPath
	UnsubscribePath = mail.UnsubscribePath
)

// Mount adds the routes of the links in emails.
func Mount(mux *http.ServeMux, backend *world.World, log *slog.Logger) {
	for path, link := range map[string]struct {
		answer  func(*visit) (http.HandlerFunc, error)
		methods []string
	}{
		mail.UnsubscribePath: {(*visit).unsubscribe, []string{http.MethodGet, http.MethodPost}},
		mail.PreferencesPath: {(*visit).preferences, []string{http.MethodGet, http.MethodPost}},
		mail.ClickPath:       {(*visit).click, []string{http.MethodGet}},
	} {
		h := &handler{world: backend, log: log, path: path, answer: link.answer}
		mux.HandleFunc(path+"{token}", gateway.Only(h.ServeHTTP, link.methods...))
	}
}

// visit is a request of a link, with what its token names.
type visit struct {
	tx      *world.Tx
	org     *world.Organization
	send    *world.EmailSend
	rest    []byte // the part of the token after the Organization and the EmailSend
	r       *http.Request
	body    []byte
	changes bool // whether it is a POST and the email is not a test
}

var errMissing = errors.New("the link names something that does not exist")

// handler answers requests of one kind of link, each in one transaction. GET reads and POST changes. Replies may not be
// cached.
type handler struct {
	world  *world.World
	log    *slog.Logger
	path   string
	answer func(*visit) (http.HandlerFunc, error)
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := readForm(r)
	if err != nil {
		refuse(w, err)
		return
	}
	token, ok, err := h.world.ReadToken(r.Context(), h.path, r.PathValue("token"))
	if err != nil {
		refuse(w, err)
		return
	}
	if !ok {
		gateway.NoRoute(w, r)
		return
	}

	link := &visit{r: r, body: body, rest: token.Rest}
	var reply http.HandlerFunc
	err = h.world.Act(r.Context(), token.Org, func(tx *world.Tx) (err error) {
		if err := link.load(tx, token.Send); err != nil {
			return err
		}
		reply, err = h.answer(link)
		return err
	})
	switch {
	case errors.Is(err, errMissing):
		gateway.NoRoute(w, r)
	case err != nil:
		if r.Context().Err() == nil { // otherwise the reader has left
			h.log.Error("link failed", "path", h.path, "error", err)
		}
		refuse(w, err)
	default:
		w.Header().Set("Cache-Control", "no-store")
		// The form of a page that sends no referrer has the origin "null", which would be refused.
		w.Header().Set("Referrer-Policy", "same-origin")
		reply(w, r)
	}
}

// load reads what the token names.
func (link *visit) load(tx *world.Tx, sendID string) (err error) {
	link.tx = tx
	if link.org, err = tx.Organization(); err != nil {
		return err
	}
	if link.send, err = tx.Send(sendID); err != nil {
		return err
	}
	if link.send == nil || link.org == nil {
		return errMissing
	}
	link.changes = link.r.Method == http.MethodPost && link.send.CarrierType != world.CarrierTest
	return nil
}

// refuse answers with the problem that the error stands for.
func refuse(w http.ResponseWriter, err error) {
	problem := (*gateway.Problem)(world.AsProblem(err))
	if refusal, ok := errors.AsType[*gateway.Problem](err); ok && problem.Code != world.CodeUnavailable {
		problem = refusal
	}
	gateway.WriteProblem(w, problem)
}

// readForm reads a posted form of either encoding. A body that is too long, or not a form, counts as an empty form.
func readForm(r *http.Request) (body []byte, err error) {
	if r.Method != http.MethodPost {
		return nil, nil
	}
	body, err = gateway.BodyOf(r, gateway.MaxForm)
	if errors.Is(err, gateway.ErrIncomplete) {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	_ = r.PostFormValue("")
	return body, nil
}

// oneClick reports whether a body is the form of RFC 8058, in either encoding. It does not look at the content type,
// because some mail programs send another one, or none.
func oneClick(body []byte) bool {
	text := strings.TrimSpace(string(body))
	if boundary, _, _ := strings.Cut(text, "\n"); strings.HasPrefix(boundary, "--") {
		reader := multipart.NewReader(bytes.NewReader(body), strings.TrimSpace(boundary[2:]))
		form, err := reader.ReadForm(gateway.MaxForm)
		return err == nil && saysOneClick(form.Value)
	}
	form, err := url.ParseQuery(text)
	return err == nil && saysOneClick(form)
}

func saysOneClick(form map[string][]string) bool {
	for name, values := range form {
		isOneClick := func(value string) bool { return strings.EqualFold(strings.TrimSpace(value), "One-Click") }
		if strings.EqualFold(name, "List-Unsubscribe") && slices.ContainsFunc(values, isOneClick) {
			return true
		}
	}
	return false
}

// unsubscribe answers /u/{token} by RFC 8058. POST unsubscribes from the group, whatever its body contains. GET
// only shows a page, so that a mail scanner that follows links changes nothing.
func (link *visit) unsubscribe() (http.HandlerFunc, error) {
	group, err := link.tx.GroupNamed(uuid.UUID(link.rest).String())
	if err != nil {
		return nil, err
	}
	p, err := link.tx.Profile(link.send.ProfileID)
	if err != nil {
		return nil, err
	}
	if group == nil || p == nil {
		return nil, errMissing
	}

	shown := page{
		Title:  "Unsubscribe",
		Text:   fmt.Sprintf("Do you want to stop getting %s from %s?", group.Name, link.org.Name),
		Button: "Unsubscribe",
	}
	if link.r.Method == http.MethodPost {
		shown = page{
			Title: "You are unsubscribed",
			Text:  fmt.Sprintf("%s will not send you %s any more.", link.org.Name, group.Name),
		}
	}
	shown.Test = link.send.CarrierType == world.CarrierTest
	if !link.changes {
		return shown.write, nil
	}

	source := world.SourceLink
	if oneClick(link.body) {
		source = world.SourceOneClick // sent by a mail program, not by the page
	}
	return shown.write, link.tx.Unsubscribe(link.send, group.ID, source)
}

// preferences answers /p/{token} with the Organization's groups, the Profile's subscriptions, and a form to change
// them. It changes only groups that the form showed, and only those whose choice differs from the current one.
func (link *visit) preferences() (http.HandlerFunc, error) {
	profile := uuid.UUID(link.rest).String()
	p, err := link.tx.Profile(profile)
	if err != nil {
		return nil, err
	}
	groups, err := link.tx.SubscriptionGroups()
	if err != nil {
		return nil, err
	}
	if p == nil {
		return nil, errMissing
	}

	shown := page{
		Title:  "Your emails from " + link.org.Name,
		Text:   "Emails to " + p.Email + ". Choose which ones you want to get.",
		Button: "Save",
		Test:   link.send.CarrierType == world.CarrierTest,
		Groups: []choice{},
	}
	if link.r.Method == http.MethodPost {
		shown.Text = "Saved. Emails to " + p.Email + ":"
	}
	for i := range groups {
		subscribed, err := link.choose(&groups[i], profile)
		if err != nil {
			return nil, err
		}
		shown.Groups = append(shown.Groups, choice{groups[i].ID, groups[i].Name, subscribed})
	}
	return shown.write, nil
}

// choose applies the form's choice for one group, and reports whether the Profile is then subscribed.
func (link *visit) choose(group *world.SubscriptionGroup, profile string) (subscribed bool, err error) {
	reason, err := link.tx.SkipReason(group, profile)
	if err != nil || !link.changes || !formHas(link.r, "shown", group.ID) {
		return reason == "", err
	}
	wanted := formHas(link.r, "group", group.ID)
	switch {
	case wanted == (reason == ""):
		return wanted, nil
	case wanted:
		return true, link.tx.Choose(profile, group.ID, world.Subscribed, world.SourceLink)
	case group.ID == link.send.SubscriptionGroupID:
		return false, link.tx.Unsubscribe(link.send, group.ID, world.SourceLink)
	}
	return false, link.tx.Choose(profile, group.ID, world.Unsubscribed, world.SourceLink)
}

func formHas(r *http.Request, field, value string) bool {
	return slices.Contains(r.PostForm[field], value)
}

// click answers /c/{token} with a redirect to the URL in the token, and to no other. HEAD does not count as a
// click.
func (link *visit) click() (http.HandlerFunc, error) {
	target := string(link.rest)
	redirect := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", mail.Location(target))
		w.Header().Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusFound)
	}
	if link.r.Method != http.MethodGet || link.send.MessageID == "" {
		return redirect, nil
	}
	err := link.tx.RecordFact(link.send, world.FactClicked, map[string]any{"url": target})
	if _, bounced := errors.AsType[*world.Problem](err); bounced {
		return redirect, nil
	}
	return redirect, err
}
