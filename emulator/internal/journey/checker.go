package journey

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Refs looks up what a definition refers to by id or key. The result ok is false
// if it does not exist.
type Refs interface {
	// Template returns the Template's purpose. It reports whether the Template is
	// active (not archived), and whether the Template's own sender may send.
	Template(ref string) (purpose string, active, senderVerified, ok bool)
	SubscriptionGroup(ref string) bool
	// Segment returns how large its condition is.
	Segment(ref string) (size cond.Size, ok bool)
	SenderProfile(ref string) (verified, ok bool)
}

// checker collects what prevents activation.
type checker struct {
	parser

	refs     Refs
	entryKey cond.Pointer // nil when runs have no key
}

func (c *checker) matchKey(wanted bool, at string) {
	switch {
	case !wanted:
	case len(c.entryKey) == 0:
		c.add(at+"/matchKey", "needs an entry with a key, such as \"key\": \"/event/trialId\"")
	case c.entryKey[0] == rootProfile:
		c.add(at+"/matchKey", "needs a key that events have; the entry's key %q belongs to the Profile",
			c.entryKey.String())
	}
}

// unique reports every id that an earlier object has already. The function get
// returns the id of the object and a pointer to it.
func (c *checker) unique(noun string, count int, get func(i int) (id, at string)) {
	first := map[string]string{}
	for i := range count {
		id, at := get(i)
		before, twice := first[id]
		switch {
		case id == "":
		case twice:
			c.add(at+"/id", "there is another %s with the id %q: %s", noun, id, before)
		default:
			first[id] = at
		}
	}
}
