package store

// Columns is the list of the columns of a table.
type Columns struct {
	Table              string
	Selected, Inserted []string
}

func (t table[T]) described() Columns { return Columns{t.name, t.selected, t.inserted} }

// Tables returns the lists of all tables that this package defines.
func Tables() []Columns {
	return []Columns{
		addresses.described(), apiKeys.described(), bases.described(), carrierHistory.described(),
		carriers.described(), confirmations.described(), domains.described(), eventOutcomes.described(),
		facts.described(), idempotency.described(), journeyVersions.described(), journeys.described(),
		messages.described(), meta.described(), newsletters.described(), organizations.described(),
		parkedTasks.described(), profiles.described(), recipients.described(), relays.described(), runSteps.described(),
		runCounts.described(), factCounts.described(), segmentChanges.described(), runs.described(),
		scripts.described(), seedMembers.described(), segmentEntries.described(),
		segmentMembers.described(), segments.described(), senderProfiles.described(), sends.described(),
		snapshots.described(), spent.described(), memberships.described(), subscriptionChanges.described(),
		subscriptionGroups.described(), subscriptions.described(), suppressionChanges.described(),
		tasks.described(), templates.described(), userEvents.described(), users.described(),
	}
}
