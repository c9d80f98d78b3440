package web

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/segmentflow/segmentflow-go/emulator/internal/format"
	"github.com/segmentflow/segmentflow-go/emulator/internal/gateway"
	"github.com/segmentflow/segmentflow-go/emulator/internal/mail"
	"github.com/segmentflow/segmentflow-go/emulator/internal/seed"
	"github.com/segmentflow/segmentflow-go/emulator/internal/world"
)

// This file has the page about the world as a whole: its settings, seeds, reset and snapshots.

const (
	worldPath    = "/dashboard/world"
	longestSeed  = 64 << 10 // bytes of a refused seed that the page shows again
	settingsMax  = 200      // rows of each kind
	sendersShown = 10       // for each domain
	mistakesMax  = 100
)

func worldPages() map[string]page {
	return map[string]page{
		"GET " + worldPath:             showWorld,
		"POST " + seedPath:             applySeed,
		"POST " + worldPath + "/reset": resetWorld,
		"GET " + snapshotPath:          downloadSnapshot,
		"POST " + snapshotPath:         restoreSnapshot,
	}
}

// worldPage is the page.
type worldPage struct {
	Organization      world.Organization
	Others            []world.Organization
	Clock             world.ClockState
	Database, Version string
	InMemory          bool
	Domains           []sendingDomain
	Senders           []world.SenderProfile
	Groups            []world.SubscriptionGroup
	Users             []world.User
	Keys              []world.APIKey
	Cut               []string // kinds of which the page leaves some out
	Seed              seedForm
}

// sendingDomain is a domain with the first SenderProfiles on it, and the number of the others.
type sendingDomain struct {
	world.Domain
	Senders []world.SenderProfile
	More    int
}

// sendersOf returns domains with their SenderProfiles.
func sendersOf(domains []world.Domain, senders []world.SenderProfile) []sendingDomain {
	byDomain := map[string][]world.SenderProfile{}
	for _, sender := range senders {
		name := mail.Domain(sender.Email)
		byDomain[name] = append(byDomain[name], sender)
	}
	list := make([]sendingDomain, len(domains))
	for i, domain := range domains {
		on := byDomain[domain.Domain]
		shown := min(len(on), sendersShown)
		list[i] = sendingDomain{domain, on[:shown], len(on) - shown}
	}
	return list
}

// seedForm is the form for a seed as the user left it.
type seedForm struct {
	Text     string
	Lost     bool // the text is too long to be shown again
	Problems []seedProblem
	More     int // problems that are not shown
}

// seedProblem is a mistake in a seed, with the text of its line.
type seedProblem struct {
	seed.Problem
	Text string
}

func showWorld(v *visit) error { return v.world(http.StatusOK, seedForm{}) }

// world shows the page.
func (v *visit) world(status int, refused seedForm) error {
	view := worldPage{Seed: refused, Database: v.Database, Version: version()}
	view.InMemory = v.Database == world.InMemory
	err := v.act(func(tx *world.Tx) error {
		org, err := tx.Organization()
		if err == nil && org != nil {
			view.Organization = *org
		}
		all, failed := tx.Organizations()
		view.Others = slices.DeleteFunc(all, func(other world.Organization) bool {
			return other.ID == view.Organization.ID
		})
		return errors.Join(err, failed, view.readSettings(tx))
	})
	if err != nil {
		return err
	}
	shorten(&view, "domains", &view.Domains)
	shorten(&view, "SenderProfiles", &view.Senders)
	shorten(&view, "SubscriptionGroups", &view.Groups)
	shorten(&view, "users", &view.Users)
	shorten(&view, "API keys", &view.Keys)
	shorten(&view, "other Organizations", &view.Others)
	return v.show(status, "world.html", "World", view)
}

func (view *worldPage) readSettings(tx *world.Tx) (err error) {
	var failed [6]error
	view.Clock, failed[0] = tx.ClockState()
	var domains []world.Domain
	domains, failed[1] = tx.Domains()
	view.Senders, failed[2] = tx.SenderProfiles()
	view.Domains = sendersOf(domains, view.Senders)
	view.Groups, failed[3] = tx.SubscriptionGroups()
	view.Users, failed[4] = tx.Users()
	var keys map[string]world.APIKey
	keys, failed[5] = tx.APIKeys()
	for _, secret := range slices.Sorted(maps.Keys(keys)) {
		key := keys[secret]
		if key.Org == tx.Org {
			key.Secret = gateway.Masked(secret)
			view.Keys = append(view.Keys, key)
		}
	}
	slices.SortStableFunc(view.Keys, func(a, b world.APIKey) int { return strings.Compare(a.Label, b.Label) })
	return errors.Join(failed[:]...)
}

// shorten leaves out what is too much for a page.
func shorten[T any](view *worldPage, what string, list *[]T) {
	if len(*list) > settingsMax {
		view.Cut = append(view.Cut, format.Count(len(*list)-settingsMax)+" "+what)
		*list = (*list)[:settingsMax]
	}
}

// version returns the version of this module in the program.
func version() string {
	const module = "github.com/segmentflow/segmentflow-go"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return cmp.Or(dependency.Version, "unknown")
		}
	}
	return cmp.Or(info.Main.Version, "unknown")
}

// upload returns the file of a form, or nil if the user chose none.
func upload(v *visit, name string) ([]byte, error) {
	file, _, err := v.r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// applySeed applies the seed of the file or of the text, or shows all that is wrong with it.
func applySeed(v *visit) error {
	raw, err := upload(v, "file")
	if err != nil {
		return err
	}
	if len(raw) == 0 {
		raw = []byte(v.r.PostFormValue("text"))
	}
	if strings.TrimSpace(string(raw)) == "" {
		return v.refuse(worldPath, "The seed is empty. Choose a file, or write one.")
	}
	parsed, err := seed.Parse(raw)
	var ids map[string]string
	if err == nil {
		err = v.act(func(tx *world.Tx) (err error) {
			ids, err = seed.Apply(tx, parsed)
			return err
		})
	}
	if invalid, ok := errors.AsType[*seed.Error](err); ok {
		return v.world(http.StatusUnprocessableEntity, refusedSeed(raw, invalid))
	}
	if message, other := refusal(err); err != nil && other == nil {
		return v.refuse(worldPath, message)
	}
	if err != nil {
		return err
	}
	return v.done(worldPath, "The seed was applied. It has "+format.Plural(len(ids), "thing", "things")+" with an id.")
}

func refusedSeed(raw []byte, invalid *seed.Error) seedForm {
	refused := seedForm{Text: string(raw)}
	lines := strings.Split(refused.Text, "\n")
	for i, problem := range invalid.Problems {
		if i == mistakesMax {
			refused.More = len(invalid.Problems) - i
			break
		}
		text := ""
		if problem.Line > 0 && problem.Line <= len(lines) {
			text = gateway.Clip(strings.TrimSpace(lines[problem.Line-1]), 120)
		}
		refused.Problems = append(refused.Problems, seedProblem{problem, text})
	}
	if len(raw) > longestSeed {
		refused.Text, refused.Lost = "", true
	}
	return refused
}

func resetWorld(v *visit) error {
	if v.r.PostFormValue("sure") == "" {
		return v.refuse(worldPath, "Nothing was reset. Tick the box first.")
	}
	if err := v.Reset(v.r.Context()); err != nil {
		return v.failed(err)
	}
	return v.done(worldPath, "The world was reset. It is as it was at the start.")
}

// failed shows why the world could not be replaced. The old one is still there.
func (v *visit) failed(err error) error {
	if invalid, ok := errors.AsType[*seed.Error](err); ok {
		return v.refuse(worldPath, "Nothing was reset: "+gateway.Clip(invalid.Error(), 2000))
	}
	if invalid, ok := errors.AsType[*world.ImageError](err); ok {
		return v.refuse(worldPath, "The world is as it was. This file cannot be restored: "+invalid.Reason)
	}
	return err
}

// downloadSnapshot serves an image of the world as a file.
func downloadSnapshot(v *visit) error {
	image, err := v.World.Image(v.r.Context())
	if err != nil {
		return err
	}
	name := fmt.Sprintf("segmentflow-%s.db", v.World.Now().UTC().Format("2006-01-02T150405Z"))
	header := v.w.Header()
	header.Set("Content-Type", "application/vnd.sqlite3")
	header.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	header.Set("Content-Length", strconv.Itoa(len(image)))
	_, _ = v.w.Write(image)
	return nil
}

func restoreSnapshot(v *visit) error {
	image, err := upload(v, "file")
	if err != nil {
		return err
	}
	if len(image) == 0 {
		return v.refuse(worldPath, "Nothing was restored. Choose a file that is not empty.")
	}
	if err := v.Restore(v.r.Context(), image); err != nil {
		return v.failed(err)
	}
	return v.done(worldPath, "The world of the snapshot was restored.")
}
