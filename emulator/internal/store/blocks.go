package store

import (
	"slices"
	"strings"
)

// To count the Profiles that pass a filter takes about a microsecond for each Profile and each part of the filter. So a
// large world is counted in blocks: the Profiles whose ids are in a range. The counts of the blocks are kept, and after
// a change only the blocks of the Profiles that have changed are counted again.

const (
	blockSize  = 64 // Profiles in a block
	fewBlocks  = 16 // so many or fewer are not worth keeping counts
	keptCounts = 32 // filters whose counts are kept, which take four bytes for each Profile

	// longestQuestion is how many bytes a question may have whose counts are kept.
	longestQuestion = 32 << 10

	afterAllIDs = "\U0010FFFF" // is greater than every id
)

// counted is what is kept of counts.
type counted struct {
	latest answer
	blocks *blocks // nil if the world is small, or nothing was counted
}

// answer is the answer to the latest question of how many Profiles pass a filter. It is kept until something changes.
type answer struct {
	question, skips string
	total           int
}

// blocks are the blocks of all Profiles, and what was counted in them. Changes have numbers. A change that is undone
// later is one like any other, so that nothing need be undone here.
type blocks struct {
	from    []string       // the first id of each block, in order; "" for the first block
	changed []int          // the number of the latest change of one of its Profiles, or of what belongs to it
	tables  map[string]int // the number of the latest change of a table whose rows are not followed
	changes int
	kept    []*blockCounts

	age      int  // how many changes of Profiles were followed
	followed bool // the next write concerns only Profiles whose changes are noted already
}

// blockCounts is how many Profiles of each block pass a filter.
type blockCounts struct {
	question string
	counts   []int
	change   int // the number of the latest change before they were counted
}

// find returns the counts that answer a question, or counts that are yet to be made.
func (kept *blocks) find(question string) blockCounts {
	if strings.Contains(question, "all_facts") {
		question += " email_sends deliveries" // which the view reads
	}
	for _, counts := range kept.kept {
		if counts.question == question && kept.valid(counts) {
			return *counts
		}
	}
	return blockCounts{question: question, counts: make([]int, len(kept.from)), change: -1}
}

// valid reports whether no table has changed that the filter may read, apart from changes that the blocks know.
func (kept *blocks) valid(counts *blockCounts) bool {
	for table, change := range kept.tables {
		if change > counts.change && strings.Contains(counts.question, table) {
			return false
		}
	}
	return true
}

// changedSince returns the blocks that have changed since they were counted.
func (kept *blocks) changedSince(counts blockCounts) (which []int) {
	for block, change := range kept.changed {
		if change > counts.change {
			which = append(which, block)
		}
	}
	return which
}

// visitor calls visit for each Profile whose id is in one of the ranges, in order, and says whether it passes a filter.
// The id is valid during the call.
type visitor func(ranges [][2]string, visit func(id string, passes bool)) error

// newBlocks divides all Profiles into blocks, and returns how many of each pass.
func newBlocks(each visitor) (*blocks, []int, error) {
	kept, counts, n := &blocks{tables: map[string]int{}}, []int{}, 0
	err := each([][2]string{{"", afterAllIDs}}, func(id string, passes bool) {
		if n%blockSize == 0 {
			kept.from, counts = append(kept.from, strings.Clone(id)), append(counts, 0)
		}
		if n++; passes {
			counts[len(counts)-1]++
		}
	})
	if len(kept.from) > 0 {
		kept.from[0] = ""
	}
	kept.changed = make([]int, len(kept.from))
	return kept, counts, err
}

// count sets the counts of some blocks.
func (kept *blocks) count(each visitor, which []int, counts []int) error {
	for _, block := range which {
		counts[block] = 0
	}
	block := 0
	return each(kept.ranges(which), func(id string, passes bool) {
		for block+1 < len(kept.from) && kept.from[block+1] <= id {
			block++
		}
		if passes {
			counts[block]++
		}
	})
}

// ranges returns the ranges of the ids of blocks: where each begins, and before what it ends.
func (kept *blocks) ranges(which []int) (ranges [][2]string) {
	for i, block := range which {
		ids := [2]string{kept.from[block], afterAllIDs}
		if block+1 < len(kept.from) {
			ids[1] = kept.from[block+1]
		}
		if i > 0 && which[i-1] == block-1 {
			ranges[len(ranges)-1][1] = ids[1]
		} else {
			ranges = append(ranges, ids)
		}
	}
	return ranges
}

// keep keeps counts, which are complete as of now, and forgets those that were not asked for longest.
func (kept *blocks) keep(counts *blockCounts) {
	if counts.change = kept.changes; len(counts.question) > longestQuestion {
		return
	}
	kept.kept = slices.DeleteFunc(kept.kept, func(other *blockCounts) bool { return other.question == counts.question })
	if len(kept.kept) == keptCounts {
		kept.kept = slices.Delete(kept.kept, 0, 1)
	}
	kept.kept = append(kept.kept, counts)
}

// follow notes that the next write concerns only these Profiles and what belongs to them. "" is no Profile.
func (kept *blocks) follow(profiles []string) {
	kept.changes++
	for _, id := range profiles {
		if id == "" {
			continue
		}
		block, first := slices.BinarySearch(kept.from, id)
		if !first {
			block-- // the one that id is inside of
		}
		kept.changed[block] = kept.changes
	}
	kept.age += len(profiles)
	kept.followed = true
}

// note notes a write that is about to begin. Even if it fails, it may write some rows.
func (kept *blocks) note(statement string) {
	if !kept.followed {
		kept.changes++
		kept.tables[tableWritten(statement)] = kept.changes
	}
	kept.followed = false
}

// tableWritten returns the table that a statement writes to.
func tableWritten(statement string) string {
	before := ""
	for word := range strings.FieldsSeq(statement) {
		if before == "INTO" || before == "UPDATE" || before == "FROM" {
			return word
		}
		before = word
	}
	return ""
}
