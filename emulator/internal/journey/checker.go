package journey

import (
	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// Refs answers for what a definition refers to by id or key. OK is false when
// there is no such thing.
type Refs interface {
	// Template gives its purpose, whether it is active (not archived), and whether
	// the sender it names by itself may send.
	Template(ref string) (purpose string, active, senderVerified, ok bool)
	SubscriptionGroup(ref string) bool
	// Segment returns how large its condition is.
	Segment(ref string) (size cond.Size, ok bool)
	SenderProfile(ref string) (verified, ok bool)
}

// checker collects what stands in the way of activation.
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
		c.add(at+"/matchKey", "needs a key that events carry; the entry's key %q is the Profile's own",
			c.entryKey.String())
	}
}

// unique reports every id that was there before. Get gives the id and where its
// object stands.
func (c *checker) unique(noun string, n int, get func(i int) (id, at string)) {
	first := map[string]string{}
	for i := range n {
		id, at := get(i)
		before, twice := first[id]
		switch {
		case id == "":
		case twice:
			c.add(at+"/id", "another %s is called %q already: %s", noun, id, before)
		default:
			first[id] = at
		}
	}
}
