package outcome

import "slices"

// maxSoftBounces is how many soft bounces in a row suppress an address.
const maxSoftBounces = 5

// Streak has the last words of the latest emails to an address, oldest first. The last word of an email is delivered or
// bounced, whichever came last. A word is the number of the EmailSend if it is a soft bounce, and otherwise its
// negative. A word that a later one of the same email replaces is not in the row any more, so an email that was
// delivered before it bounced is a soft bounce like any other. No word before the first soft bounce matters.
type Streak []int

// Add returns the streak after a new last word of an EmailSend.
func (words Streak) Add(send int, soft bool) Streak {
	row := slices.DeleteFunc(slices.Clone(words), func(word int) bool { return word == send || word == -send })
	if !soft {
		send = -send
	}
	row = append(row, send)
	row = row[max(0, len(row)-maxSoftBounces):]
	if !slices.ContainsFunc(row, isSoft) {
		return nil
	}
	return row
}

// Suppresses reports whether the latest emails have all bounced softly, and are enough to suppress the address.
func (words Streak) Suppresses() bool {
	return len(words) == maxSoftBounces && !slices.ContainsFunc(words, func(word int) bool { return !isSoft(word) })
}

func isSoft(word int) bool { return word > 0 }
