package web

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/sample"
	"github.com/segmentflow/segmentflow-go/emulator/internal/tell"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page of one Template: its preview with a state that the user can edit, and what it is made of.

const (
	maxShownText  = 16 << 10 // bytes of a text or a definition in the page
	maxShownUsers = 20
	maxShownRows  = 200
)

// templateView is the page of one Template.
type templateView struct {
	world.TemplatePreview
	Template   *world.Template
	State      string // as the user has written it, or the sample
	Own        bool   // the user has written it
	Profile    string // the address of the Profile that conditions read, "" for none
	Problem    string // what is wrong with the input; the preview is then an earlier one
	Frame      string // the path of the HTML, "" if there is none
	ImagesPath string // see unloaded
	TextPath   string
	Action     string // of the form: this page, whose preview stays if the input has a mistake
	Rows       []bindingRow
	Missing    int
	Variables  map[string]any // that the Template declares
	Sensitive  []string
	Users      []use

	Definition string
}

// bindingRow is a binding of a Template, and whether it had nothing to print.
type bindingRow struct {
	render.Binding
	Missing, Declared, Sensitive, Data bool
}

// Where returns the pointer with the list that an item belongs to.
func (row bindingRow) Where() string {
	if row.List == nil || row.Use == render.UseList {
		return row.Path
	}
	return strings.TrimSuffix(row.List.String()+"/…/"+strings.ReplaceAll(row.Path, ".", "/"), "/")
}

// Text returns the text part, cut if it is long.
func (view *templateView) Text() string { return cond.Shorten(view.Out.Text, maxShownText) }

// TextCut reports whether Text is not the whole.
func (view *templateView) TextCut() bool { return len(view.Out.Text) > maxShownText }

// ShownDefinition returns the definition, cut if it is long.
func (view *templateView) ShownDefinition() string {
	return cond.Shorten(view.Definition, maxShownText)
}

// DefinitionCut reports whether ShownDefinition is not the whole.
func (view *templateView) DefinitionCut() bool { return len(view.Definition) > maxShownText }

func templatePage(v *visit) error {
	view, err := viewTemplate(v)
	if err != nil || view == nil {
		return err
	}
	status := http.StatusOK
	if view.Problem != "" {
		status = http.StatusUnprocessableEntity
	}
	return v.show(status, "template.html", view.Template.Name, view)
}

// viewTemplate renders the Template that the path names with the state of the URL. If that state is not usable, it
// renders the sample and says so. It returns nil if it has redirected.
func viewTemplate(v *visit) (view *templateView, err error) {
	err = v.act(func(tx *world.Tx) error {
		t, err := templateOf(v, tx)
		if err != nil || t == nil {
			return err
		}
		view = &templateView{Template: t}
		if err := view.read(v, tx); err != nil {
			return err
		}
		return view.about(tx)
	})
	if err != nil {
		return nil, err
	}
	return view, nil
}

// read renders the preview.
func (view *templateView) read(v *visit, tx *world.Tx) error {
	definition, err := tx.Snapshot(view.Template.SnapshotID)
	if err != nil {
		return err
	}
	doc, err := cond.DecodeObject(definition)
	if err != nil {
		return err
	}
	view.Variables, _ = doc["renderVariables"].(map[string]any)
	if view.Definition, err = written(definition); err != nil {
		return err
	}

	profile, err := view.profile(v, tx)
	if err != nil {
		return err
	}
	state, err := view.state(v, tx, profile)
	if err != nil {
		return err
	}
	if view.TemplatePreview, err = tx.PreviewTemplate(view.Template, profile, state); err != nil {
		return err
	}
	view.bindings()
	view.paths(v)
	return nil
}

// profile returns the Profile that conditions read.
func (view *templateView) profile(v *visit, tx *world.Tx) (*world.Profile, error) {
	view.Profile = v.r.URL.Query().Get("profile")
	if view.Profile == "" {
		return &world.Profile{}, nil
	}
	p, err := tx.ProfileByEmail(strings.ToLower(strings.TrimSpace(view.Profile)))
	if p == nil && err == nil {
		view.Problem = noProfile(view.Profile)
		return &world.Profile{}, nil
	}
	return p, err
}

func noProfile(address string) string { return "There is no Profile with the address " + address + "." }

// state returns the state of the URL. If there is none that can be used, it returns the sample.
func (view *templateView) state(v *visit, tx *world.Tx, profile *world.Profile) (map[string]any, error) {
	text, err := v.stateOfURL()
	if err == nil && text != "" {
		view.State, view.Own = text, true
		var state map[string]any
		if state, err = readState(text); err == nil {
			return state, nil
		}
	}
	if err != nil {
		view.Problem = err.Error()
	}

	compiled, err := tx.PreviewTemplate(view.Template, profile, nil)
	if err != nil {
		return nil, err
	}
	maker := sample.Maker{Now: tx.Now, Picture: v.origin() + "/dashboard/static/sample.svg"}
	state := maker.State(compiled.Compiled.Bindings(), view.Variables)
	if profile.ID != "" {
		if state["profile"], err = profile.State(); err != nil {
			return nil, err
		}
	}
	if view.State == "" {
		view.State, err = written(state)
	}
	return state, err
}

// paths sets the paths of the parts. That of the HTML changes with the HTML, so that a page that is renewed loads it.
func (view *templateView) paths(v *visit) {
	base, query := "/dashboard/templates/"+view.Template.ID, v.r.URL.Query()
	query.Del("v")
	view.Action = base
	if len(query) > 0 {
		view.Action += "?" + query.Encode()
	}
	view.TextPath = base + "/text?" + query.Encode()
	if view.Out.HTML == "" {
		return
	}
	sum := sha256.Sum256([]byte(view.Out.HTML))
	query.Set("v", hex.EncodeToString(sum[:8]))
	view.Frame = base + "/html?" + query.Encode()
	view.ImagesPath = unloaded(v, view.Out.HTML)
}

// bindings lists the bindings. Those that had nothing to print come first.
func (view *templateView) bindings() {
	view.Sensitive = view.Compiled.SensitivePaths()
	missing := map[render.Missing]bool{}
	for _, place := range view.Out.Missing {
		missing[place] = true
	}
	for _, b := range view.Compiled.Bindings() {
		row := bindingRow{
			Binding:  b,
			Missing:  b.Use != render.UseCondition && missing[b.Missing],
			Declared: declares(view.Variables, &b),
		}
		whole := slices.Concat(b.List, b.Pointer)
		if b.List == nil {
			whole = b.Pointer
		}
		row.Data = len(whole) > 1 && whole[0] == "data"
		row.Sensitive = slices.ContainsFunc(view.Sensitive, func(path string) bool {
			return strings.HasPrefix(whole.String()+"/", path+"/")
		})
		view.Rows = append(view.Rows, row)
	}
	slices.SortStableFunc(view.Rows, func(a, b bindingRow) int {
		switch {
		case a.Missing == b.Missing:
			return 0
		case a.Missing:
			return -1
		}
		return 1
	})
	view.Missing = len(view.Out.Missing)
}

// declares reports whether the variables that a Template declares have what is at a pointer.
func declares(variables map[string]any, b *render.Binding) bool {
	path := b.Pointer
	if b.List != nil {
		path = b.List
	}
	if len(path) < 2 || path[0] != "data" {
		return false
	}
	_, declared := variables[path[1]]
	return declared
}

// about lists what uses the Template.
func (view *templateView) about(tx *world.Tx) error {
	found, err := tell.UsesOfTemplate(tx, view.Template, maxShownUsers)
	view.Users = usesOf(found)
	return err
}

// editState takes the form of the page. It redirects to the page with the state in its URL. If the input is not
// usable, it shows the page again with the input, what is wrong, and the preview of before.
func editState(v *visit) error {
	text, address := v.r.PostFormValue("state"), strings.TrimSpace(v.r.PostFormValue("profile"))
	before, err := viewTemplate(v)
	if err != nil || before == nil {
		return err
	}

	state, err := readState(text)
	if err == nil && v.r.PostForm.Has("fill") {
		text, err = fillProfile(v, state, address)
	}
	var wrong *inputError
	switch {
	case err == nil:
		http.Redirect(v.w, v.r, v.statePath(before.Template.ID, text, address), http.StatusSeeOther)
		return nil
	case errors.As(err, &wrong):
		before.State, before.Own, before.Profile, before.Problem = text, true, address, wrong.message
		status := http.StatusUnprocessableEntity
		if v.r.Header.Get(renewing) != "" {
			status = http.StatusOK // half a word is not an error that the browser's console should show
		}
		return v.show(status, "template.html", before.Template.Name, before)
	}
	return err
}

// fillProfile returns the state with the /profile of a Profile.
func fillProfile(v *visit, state map[string]any, address string) (text string, err error) {
	err = v.act(func(tx *world.Tx) error {
		p, err := tx.ProfileByEmail(strings.ToLower(address))
		if err != nil {
			return err
		}
		if p == nil {
			return &inputError{noProfile(address)}
		}
		if state["profile"], err = p.State(); err != nil {
			return err
		}
		text, err = written(state)
		return err
	})
	return text, err
}

// templateHTML serves the email itself, for the frame.
func templateHTML(v *visit) error {
	view, err := viewTemplate(v)
	if err != nil || view == nil {
		return err
	}
	if view.Out.HTML == "" {
		return v.missing()
	}
	v.frame(view.Out.HTML)
	return nil
}

// templateText serves the whole text part.
func templateText(v *visit) error {
	view, err := viewTemplate(v)
	if err != nil || view == nil {
		return err
	}
	return v.plain(plainText, view.Out.Text)
}

// templateDefinition serves the whole definition.
func templateDefinition(v *visit) error {
	view, err := viewTemplate(v)
	if err != nil || view == nil {
		return err
	}
	return v.plain("application/json", view.Definition)
}
