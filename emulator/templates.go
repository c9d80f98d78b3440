package emulator

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/oapi-codegen/nullable"

	"github.com/segmentflow/segmentflow-go/emulator/internal/api"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/render"
	"github.com/segmentflow/segmentflow-go/emulator/internal/store"
)

// Templates. Documented: the Template's fields, its purposes, its snapshot, the list and the update. Decided here: a
// definition that could not be rendered is refused with everything that is wrong with it, saving what is already there
// changes nothing, a Template without a definition has an empty one, and one that is in use cannot be deleted. Nothing is
// generated, so that lastGeneratedAt and its like are always null; brand kits do not exist yet, so that their ids are kept
// as given.

// purposes are what a Template is for.
var purposes = []string{"Transactional", "Promotional", "Newsletter", "General", "LeadMagnetDelivery"}

// maxName is how many characters the name of a Template or a carrier has at most.
const maxName = 200

// ListTemplates lists the Templates, newest first, without their definitions.
func (s service) ListTemplates(ctx context.Context, request api.ListTemplatesRequestObject) (api.ListTemplatesResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) {
		c, err := tx.catalog()
		if err != nil {
			return nil, err
		}
		found, err := tx.ListTemplates(texts(request.Params.Status), text(request.Params.Purpose))
		if err != nil {
			return nil, err
		}
		list := make([]api.Template, len(found))
		for i := range found {
			if list[i], err = tx.wireTemplate(c, &found[i]); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
}

// CreateTemplate saves a new Template.
func (s service) CreateTemplate(ctx context.Context, request api.CreateTemplateRequestObject) (api.CreateTemplateResponseObject, error) {
	body := request.Body
	return s.write(ctx, func(tx *Tx) (any, error) {
		id := tx.NewID()
		t := store.Template{ID: id, Key: id, Purpose: orElse(text(body.Purpose), "General")}
		return tx.editTemplate(&t, api.UpdateTemplateRequest{Name: &body.Name, Definition: body.Definition, SubType: body.SubType, Language: body.Language,
			SenderProfileId: body.SenderProfileId, BrandKitId: body.BrandKitId, DefaultSegmentId: body.DefaultSegmentId})
	})
}

// RetrieveTemplate shows a Template with its definition.
func (s service) RetrieveTemplate(ctx context.Context, request api.RetrieveTemplateRequestObject) (api.RetrieveTemplateResponseObject, error) {
	return s.read(ctx, func(tx *Tx) (any, error) { return tx.showTemplate(request.Id) })
}

// UpdateTemplate changes what is given. Another definition is a new snapshot; what was accepted keeps the one it has.
func (s service) UpdateTemplate(ctx context.Context, request api.UpdateTemplateRequestObject) (api.UpdateTemplateResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		t, err := tx.template(request.Id)
		if err != nil {
			return nil, err
		}
		return tx.editTemplate(t, *request.Body)
	})
}

// DeleteTemplate deletes a Template that nothing uses.
func (s service) DeleteTemplate(ctx context.Context, request api.DeleteTemplateRequestObject) (api.DeleteTemplateResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		t, err := tx.template(request.Id)
		if err != nil {
			return nil, err
		}
		user, err := tx.templateUser(t)
		if err != nil {
			return nil, err
		}
		if user != "" {
			return nil, &problem{"invalid_state", "A " + user + " still uses the Template.", map[string]any{"status": t.Status}}
		}
		s.forget()
		return nil, tx.DeleteTemplate(t.ID)
	})
}

// DuplicateTemplate makes an Active Template with the same content.
func (s service) DuplicateTemplate(ctx context.Context, request api.DuplicateTemplateRequestObject) (api.DuplicateTemplateResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) {
		t, err := tx.template(request.Id)
		if err != nil {
			return nil, err
		}
		definition, err := tx.Snapshot(t.SnapshotID)
		if err != nil {
			return nil, err
		}
		t.ID = tx.NewID()
		t.Key, t.Name, t.Status, t.Source = t.ID, copyName(t.Name), "Active", "api"
		if err := tx.putTemplate(*t, definition); err != nil {
			return nil, err
		}
		return tx.showTemplate(t.ID)
	})
}

// ArchiveTemplate takes a Template out of use and loses nothing.
func (s service) ArchiveTemplate(ctx context.Context, request api.ArchiveTemplateRequestObject) (api.ArchiveTemplateResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) { return tx.templateStatus(request.Id, "Archived") })
}

// UnarchiveTemplate brings a Template back.
func (s service) UnarchiveTemplate(ctx context.Context, request api.UnarchiveTemplateRequestObject) (api.UnarchiveTemplateResponseObject, error) {
	return s.write(ctx, func(tx *Tx) (any, error) { return tx.templateStatus(request.Id, "Active") })
}

func (r reply) VisitListTemplatesResponse(w http.ResponseWriter) error     { return r.write(w) }
func (r reply) VisitCreateTemplateResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitRetrieveTemplateResponse(w http.ResponseWriter) error  { return r.write(w) }
func (r reply) VisitUpdateTemplateResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitDeleteTemplateResponse(w http.ResponseWriter) error    { return r.write(w) }
func (r reply) VisitDuplicateTemplateResponse(w http.ResponseWriter) error { return r.write(w) }
func (r reply) VisitArchiveTemplateResponse(w http.ResponseWriter) error   { return r.write(w) }
func (r reply) VisitUnarchiveTemplateResponse(w http.ResponseWriter) error { return r.write(w) }

// template finds a Template by id and gives a copy that may be changed.
func (tx *Tx) template(id string) (*store.Template, error) {
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	found := c.templates[strings.ToLower(id)]
	if found == nil || found.ID != strings.ToLower(id) {
		return nil, notFound("Template", id)
	}
	t := *found
	return &t, nil
}

// editTemplate saves a Template, new or not, with what a request says of it.
func (tx *Tx) editTemplate(t *store.Template, request api.UpdateTemplateRequest) (any, error) {
	if request.Name != nil {
		t.Name = *request.Name
	}
	if request.SubType != nil {
		t.SubType = *request.SubType
	}
	if request.Language != nil {
		t.Language = *request.Language
	}
	assignID(&t.SenderProfileID, request.SenderProfileId)
	assignID(&t.BrandKitID, request.BrandKitId)
	assignID(&t.DefaultSegmentID, request.DefaultSegmentId)
	if err := tx.templateNames(request); err != nil {
		return nil, err
	}
	definition, err := tx.definitionFor(t, request.Definition)
	if err != nil {
		return nil, err
	}
	if err := tx.putTemplate(*t, definition); err != nil {
		return nil, err
	}
	return tx.showTemplate(t.ID)
}

// templateNames is the 404 of what a request names.
func (tx *Tx) templateNames(request api.UpdateTemplateRequest) error {
	c, err := tx.catalog()
	if err != nil {
		return err
	}
	var senderID, segmentID string
	assignID(&senderID, request.SenderProfileId)
	assignID(&segmentID, request.DefaultSegmentId)
	if s := c.senders[senderID]; senderID != "" && (s == nil || s.ID != senderID) {
		return notFound("SenderProfile", senderID)
	}
	if s := c.segments[segmentID]; segmentID != "" && (s == nil || s.ID != segmentID) {
		return notFound("Segment", segmentID)
	}
	return nil
}

// definitionFor is the definition that a request gives, else the one that the Template has, else an empty one.
func (tx *Tx) definitionFor(t *store.Template, given json.RawMessage) (json.RawMessage, error) {
	switch {
	case given != nil:
		return canonical(given)
	case t.SnapshotID != "":
		return tx.Snapshot(t.SnapshotID)
	}
	return json.RawMessage("{}"), nil
}

// putTemplate saves a Template, unless an Active or Paused Journey could not do with it.
func (tx *Tx) putTemplate(t store.Template, definition json.RawMessage) error {
	before, err := tx.catalog()
	if err != nil {
		return err
	}
	if err := tx.saveTemplate(t, definition); err != nil {
		return err
	}
	return tx.holdJourneys(before, t.ID)
}

// saveTemplate saves a Template: another definition is another snapshot. One without a status or a source is an Active one
// of the API. It does not ask the Journeys that use the Template.
func (tx *Tx) saveTemplate(t store.Template, definition json.RawMessage) error {
	if _, findings := render.Parse(definition); len(findings) > 0 {
		refusal := unacceptable("template_invalid", "The definition cannot be rendered.")
		refusal.details["issues"] = findingIssues("/definition", findings)
		return refusal
	}
	t.Status, t.Source = orElse(t.Status, "Active"), orElse(t.Source, "api")
	tx.w.forget()
	return tx.PutTemplate(t, definition)
}

func (tx *Tx) templateStatus(id, status string) (any, error) {
	t, err := tx.template(id)
	if err != nil {
		return nil, err
	}
	t.Status = status
	return tx.editTemplate(t, api.UpdateTemplateRequest{})
}

// showTemplate is a Template with its definition, as it is now.
func (tx *Tx) showTemplate(id string) (any, error) {
	t, err := tx.template(id)
	if err != nil {
		return nil, err
	}
	c, err := tx.catalog()
	if err != nil {
		return nil, err
	}
	shown, err := tx.wireTemplate(c, t)
	if err != nil {
		return nil, err
	}
	shown.Definition, err = tx.Snapshot(t.SnapshotID)
	return shown, err
}

// wireTemplate is a Template as lists show it.
func (tx *Tx) wireTemplate(c *catalog, t *store.Template) (api.Template, error) {
	snapshot, err := tx.snapshot(t.SnapshotID)
	if err != nil {
		return api.Template{}, err
	}
	subject, body := snapshot.Complete()
	from, _ := mail.ParseAddress(snapshot.From())
	return api.Template{
		Id: t.ID, OrganizationId: tx.Org, Name: t.Name, Type: orElse(t.SubType, "Email"), Status: api.TemplateStatus(t.Status),
		Purpose: api.TemplatePurpose(t.Purpose), Source: t.Source, Language: opted(t.Language), SenderProfileId: opted(t.SenderProfileID),
		BrandKitId: opted(t.BrandKitID), DefaultSegmentId: opted(t.DefaultSegmentID), CurrentSnapshotId: opted(t.SnapshotID),
		IsComplete:      subject && body && c.templateSender(t, from) != nil,
		LastGeneratedAt: opted(""), LastGenerationError: opted(""), WebsiteId: opted(""), Website: nullable.NewNullNullable[json.RawMessage](),
		CreatedAt: stamp(t.CreatedAt), UpdatedAt: stamp(t.UpdatedAt),
	}, nil
}

// copyName is the name of a copy, cut where it would be too long.
func copyName(name string) string {
	const mark = " (copy)"
	if over := utf8.RuneCountInString(name) + len(mark) - maxName; over > 0 {
		runes := []rune(name)
		name = string(runes[:len(runes)-over])
	}
	return name + mark
}

// assign takes over what a request gives, null being "", and says whether that changed anything.
func assign(into *string, given nullable.Nullable[string]) (changed bool) {
	if !given.IsSpecified() {
		return false
	}
	before := *into
	*into, _ = given.Get()
	return *into != before
}

// assignID is assign for ids, which are kept in lower case.
func assignID(into *string, given nullable.Nullable[string]) {
	if assign(into, given) {
		*into = strings.ToLower(*into)
	}
}

// texts is a list of a request as strings, nil when none was given.
func texts[T ~string](list *[]T) []string {
	if list == nil {
		return nil
	}
	out := make([]string, len(*list))
	for i, s := range *list {
		out[i] = string(s)
	}
	return out
}

// templateUser is what still uses a Template, "" when nothing does: a Journey in a version that runs are on or may still
// take, a Segment, a Newsletter, or a carrier that has not come to its end. Accepted sends do not count, they have their snapshot.
func (tx *Tx) templateUser(t *store.Template) (string, error) {
	c, err := tx.catalog()
	if err != nil {
		return "", err
	}
	versions, err := tx.JourneyVersionsInUse()
	if err != nil {
		return "", err
	}
	for _, v := range versions {
		d, err := tx.definition(v.ID, v.Version)
		if err != nil {
			return "", err
		}
		m := mentions{references{tx, c}, map[string]bool{}}
		d.Check(m)
		if m.templates[t.ID] || m.templates[t.Key] {
			return "Journey", nil
		}
	}
	for _, s := range c.segments {
		if s.cond != nil && slices.ContainsFunc(s.cond.Reads().Templates, func(ref string) bool { return ref == t.ID || ref == t.Key }) {
			return "Segment", nil
		}
	}
	if n, err := tx.NewslettersOn(t.ID); n > 0 || err != nil {
		return "Newsletter", err
	}
	switch kind, err := tx.CarrierOn(t.ID); kind {
	case CarrierBroadcast:
		return "Broadcast", err
	case CarrierNewsletterIssue:
		return "NewsletterIssue", err
	default:
		return "", err
	}
}

// mentions are references that note which Templates a Journey names, wherever it does.
type mentions struct {
	references
	templates map[string]bool
}

func (m mentions) Template(ref string) (purpose string, active, senderVerified, ok bool) {
	m.templates[ref] = true
	return m.references.Template(ref)
}
