package store

import (
	"slices"

	"github.com/segmentflow/segmentflow-go/emulator/internal/cond"
)

// CountProfiles counts the Organization's Profiles that pass all filters.
func (tx *Tx) CountProfiles(filters ...Filter) (int, error) {
	where := tx.countable(filters...)
	return tx.countKept(where, func() (*scan, error) { return tx.plainScan(where), nil })
}

// CountMembers is CountProfiles for the Profiles for which a condition is true. The first count takes less time.
func (tx *Tx) CountMembers(node cond.Node, refs References) (int, error) {
	filter, err := tx.Where(node, refs)
	if err != nil {
		return 0, err
	}
	where := tx.countable(filter)
	return tx.countKept(where, func() (*scan, error) { return tx.scanOf(node, refs, where) })
}

// countKept counts the Profiles that pass a filter, and keeps the counts. scanned returns the scan for many blocks.
func (tx *Tx) countKept(where Filter, scanned func() (*scan, error)) (int, error) {
	kept := tx.db.counted.blocks
	switch {
	case !tx.inBlocks(where):
		return tx.countTogether(where)
	case kept == nil || kept.age >= blockSize*len(kept.from): // many Profiles may be new, so that blocks are large
		return tx.countFirst(where, scanned)
	}
	counts := kept.find(questionOf(where))
	stale := kept.changedSince(counts)
	s, err := tx.plainScan(where), error(nil)
	if len(stale) > fewBlocks {
		s, err = scanned()
	}
	if err != nil {
		return 0, err
	}
	counts.counts = slices.Clone(counts.counts) // what is counted now may be undone
	if err := kept.count(s.each, stale, counts.counts); err != nil {
		return 0, err
	}
	return tx.keep(kept, &counts), nil
}

// countTogether counts the Profiles that pass a filter, and keeps nothing but the result.
func (tx *Tx) countTogether(where Filter) (int, error) {
	n, _, err := tx.count(Filter{"SELECT count(*), NULL FROM profiles p WHERE " + where.SQL, where.Args})
	return n, err
}

// countFirst is countKept if there are no blocks.
func (tx *Tx) countFirst(where Filter, scanned func() (*scan, error)) (int, error) {
	tx.db.counted.blocks = nil
	many, err := value[string](tx.db, "SELECT id FROM profiles ORDER BY id LIMIT 1 OFFSET ?", fewBlocks*blockSize)
	if err != nil {
		return 0, err
	}
	if many == "" {
		return tx.countTogether(where)
	}
	s, err := scanned()
	if err != nil {
		return 0, err
	}
	kept, each, err := newBlocks(s.each)
	if err != nil {
		return 0, err
	}
	tx.db.counted.blocks = kept
	counts := kept.find(questionOf(where))
	counts.counts = each
	return tx.keep(kept, &counts), nil
}

// keep keeps counts, unless they may be undone, and returns their sum.
func (tx *Tx) keep(kept *blocks, counts *blockCounts) (total int) {
	if !tx.changed {
		kept.keep(counts)
	}
	for _, n := range counts.counts {
		total += n
	}
	return total
}
