package journey

import (
	"fmt"
	"strconv"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// fullShare is the share of all arms together, in hundredths of a per cent.
const fullShare = 10_000

// The values of sticky. A Profile gets the same arm in all of its runs, or each run
// gets its own.
const (
	stickyProfile = "profile"
	stickyRun     = "run"
)

func parseCohort(o members, n *Node, _ Settings) behavior {
	cohort := &Cohort{PerRun: o.oneOf("sticky", stickyProfile, stickyRun) == stickyRun}
	n.Cohort = cohort
	o.each("arms", "arms", func(item members) {
		item.allow("id", "percent", "next")
		share, ok := hundredths(item.raw["percent"])
		if !ok || share > fullShare {
			item.add("percent", "must be a number from 0 to 100 with at most two decimals")
		}
		cohort.Arms = append(cohort.Arms, Arm{
			ID:    item.required("id", "a name for the arm, unique in the node"),
			Share: share,
			Next:  item.text("next"),
		})
	})
	return cohort
}

func (cohort *Cohort) check(c *checker, n *Node) {
	at, sum := n.at+"/arms", 0
	c.unique("arm", len(cohort.Arms), func(i int) (string, string) { return cohort.Arms[i].ID, cond.Nth(at, i) })
	for _, arm := range cohort.Arms {
		sum += arm.Share
	}
	if sum != fullShare {
		c.add(at, "the percents add up to %d.%02d, not to 100", sum/100, sum%100)
	}
}

func (cohort *Cohort) edges(n *Node) []Edge {
	edges := make([]Edge, 0, len(cohort.Arms))
	for i, arm := range cohort.Arms {
		edges = append(edges, Edge{
			Label:   arm.ID,
			To:      arm.Next,
			at:      cond.Nth(n.at+"/arms", i) + "/next",
			instant: true,
		})
	}
	return edges
}

// arrive uses the same hash as bucket conditions, so that a test can compute the arm
// in advance.
func (cohort *Cohort) arrive(d *Definition, n *Node, in Input) (Effect, error) {
	id := in.ProfileID
	if cohort.PerRun {
		id = in.RunID
	}

	bucket := cond.BucketOf(fmt.Sprintf("%d\x00%s\x00%s", in.Seed, d.Key, n.ID), id)
	arm, left := cohort.Arms[len(cohort.Arms)-1], bucket
	for _, each := range cohort.Arms {
		if left -= each.Share; left < 0 {
			arm = each
			break
		}
	}

	why := fmt.Sprintf("%s is in bucket %d of %d", id, bucket, fullShare)
	return Effect{Outcome: arm.ID, Next: arm.Next, Why: why}, nil
}

func (cohort *Cohort) words(*Node) cond.Phrase {
	phrase := sentence("draws an arm for the Profile, the same one in all of its runs:")
	if cohort.PerRun {
		phrase = sentence("draws an arm for each run:")
	}
	for _, arm := range cohort.Arms {
		percent := strconv.FormatFloat(float64(arm.Share)/(fullShare/100), 'f', -1, 64)
		phrase.Of = append(phrase.Of, sentence("%s: %s %%", cond.Quote(arm.ID), percent))
	}
	return phrase
}

func (*Cohort) fire(*Node) (Effect, bool) { return Effect{}, false }
