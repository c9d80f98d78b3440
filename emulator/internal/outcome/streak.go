package outcome

import "slices"

// maxSoftBounces is how many soft bounces in a row suppress an address.
const maxSoftBounces = 5

// Streak has the results of the latest emails to an address, oldest first. The result of an email is delivered or
// bounced, whichever happened last. It is stored as the number of the EmailSend if it is a soft bounce, and as its
// negative otherwise. A new result of an email replaces its earlier one, so an email that was delivered before it
// bounced counts as a soft bounce. A Streak without soft bounces is nil, because nothing needs to be remembered then.
type Streak []int

// Add returns the streak after a new result of the email of an EmailSend.
func (streak Streak) Add(send int, soft bool) Streak {
	row := slices.DeleteFunc(slices.Clone(streak), func(result int) bool { return result == send || result == -send })
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
func (streak Streak) Suppresses() bool {
	hard := func(result int) bool { return !isSoft(result) }
	return len(streak) == maxSoftBounces && !slices.ContainsFunc(streak, hard)
}

func isSoft(result int) bool { return result > 0 }
