package emulator_test

import "fmt"

// What the model check draws: the values of Profiles and events, and edits of Journeys.

func (g modelGen) property(name string) any {
	switch name {
	case "tier":
		return pick[any](g, "tier", "gold", "silver", "", nil)
	case "n":
		return pick[any](g, "n", 0.0, 1.0, 2.5, "2", nil)
	case "at":
		at := g.instant()
		local := at.In(naiveKnown(pick(g, "shown in", modelZones...).(string)))
		return pick[any](g, "date", modelStamp(at), float64(at.Unix()), "soon", nil,
			local.Format("2006-01-02"), local.Format("2006-01-02T15:04"), local.Format("2006-01-02T15:04:05.000"),
			local.Format("2006-01-02T15:04:05.000-0700"), at.UTC().Format("2006-01-02t15:04:05.000z"),
			local.Format("20060102"), fmt.Sprint(at.Unix()))
	}
	return pick(g, "timezone", modelLocales...)
}

func (g modelGen) properties() map[string]any {
	set := map[string]any{}
	for _, name := range []string{"tier", "n", "at", "timezone"} {
		if g.chance("with "+name, 40) {
			set[name] = g.property(name)
		}
	}
	return set
}

func (g modelGen) data() map[string]any {
	data := map[string]any{}
	if g.chance("with k", 80) {
		data["k"] = pick[any](g, "k", "u", "v", 1.0, "1")
	}
	if g.chance("with at", 30) {
		if at := g.property("at"); at != nil {
			data["at"] = at
		}
	}
	return data
}

// edit pauses, resumes, archives or rewrites a Journey. An archived Journey stays archived.
func (c *modelCase) edit(g modelGen, now *modelDoc) (modelAct, bool) {
	if now.Status == "Archived" {
		return modelAct{}, false
	}
	doc := *now
	if g.chance("rewrite", 40) {
		doc = *g.journey(now.Key, c.entries[now.Key])
	}
	doc.Status = pick(g, "status", "Active", "Paused", "Active", "Paused", "Archived")
	return modelAct{Do: "journey", Doc: &doc}, true
}
