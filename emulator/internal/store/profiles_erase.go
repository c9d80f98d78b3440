package store

import "fmt"

// erased selects the ids in ?1, a list.
const erased = "(SELECT value FROM json_each(?1))"

// erasedPacked selects them as the tables of runs have them.
const erasedPacked = "(SELECT packed(value) FROM json_each(?1))"

// erasures delete what is known about Profiles; ?1 is a list of their ids. Rows that are counted or referred to
// elsewhere stay, without the data of the Profile. The statements run in this order.
var erasures = []string{
	"DELETE FROM subscriptions WHERE profile_id IN " + erased,
	"DELETE FROM subscription_changes WHERE profile_id IN " + erased,
	"DELETE FROM segment_members WHERE profile_id IN " + erased,
	"DELETE FROM segment_memberships WHERE profile_id IN " + erased,
	"DELETE FROM segment_changes WHERE profile_id IN " + erased,

	"UPDATE segment_entries SET why = NULL WHERE profile_id IN " + erasedPacked,
	`UPDATE event_outcomes SET list = (SELECT json_group_array(json_array(value ->> 0, value ->> 1, value ->> 2))
		FROM json_each(list)) WHERE event IN (SELECT seq FROM user_events WHERE profile_id IN ` + erased + ")",
	"UPDATE run_steps SET why = NULL WHERE run IN (SELECT seq FROM runs WHERE profile_id IN " + erasedPacked + ")",
	"UPDATE user_events SET data = '{}', reference_id = NULL WHERE profile_id IN " + erased,
	"UPDATE runs SET state = '{}', key_value = NULL, why = NULL WHERE profile_id IN " + erasedPacked,

	"DELETE FROM scripts WHERE target IN (SELECT id FROM email_sends WHERE profile_id IN " + erased + ")",
	`DELETE FROM scripts WHERE (org, target) IN
		(SELECT org, email FROM profiles WHERE deleted_at IS NULL AND id IN ` + erased + ")",
	`DELETE FROM suppression_changes WHERE (org, email) IN
		(SELECT org, email FROM profiles WHERE deleted_at IS NULL AND id IN ` + erased + ")",
	`UPDATE tasks SET arg = (SELECT json_group_array(json_remove(value, '$.url')) FROM json_each(arg))
		WHERE kind = 'outcome' AND ref IN (SELECT packed(id) FROM email_sends WHERE profile_id IN ` + erased + ")",

	`UPDATE relays SET progress = json_set(progress, '$.pending', json('[]'), '$.tries', json('[]')) WHERE send IN
		(SELECT seq FROM email_sends WHERE profile_id IN ` + erased + ")",
	// Errors are the receiver's own texts. The number of tries stays.
	`UPDATE webhooks SET payload = '', next = NULL, state = iif(state IN ('pending', 'waiting'), 'cancelled', state),
		tries = (SELECT json_group_array(json_remove(value, '$.error')) FROM json_each(tries))
		WHERE profile_id IN ` + erased,
	"DELETE FROM messages WHERE send IN (SELECT seq FROM email_sends WHERE profile_id IN " + erased + ")",
	"UPDATE facts SET detail = json_remove(detail, '$.url') WHERE profile_id IN " + erased,
	"UPDATE email_sends SET to_email = '', address = NULL, cc = NULL, bcc = NULL, subject = '' WHERE profile_id IN " +
		erased,
}

// EraseProfiles deletes Profiles of the Organization. Their ids stay, so that no other Profile gets them.
func (tx *Tx) EraseProfiles(ids []string) error {
	list := encodeList(ids)
	for _, erase := range erasures {
		tx.follow(ids...)
		if err := tx.exec(erase, list); err != nil {
			return fmt.Errorf("erase: %w", err)
		}
	}
	// The reply to a keyed send has its envelope. The reply must stay, or a repeated call would send again.
	if err := tx.exec(`UPDATE idempotency
		SET body = json_replace(body, '$.to.email', '', '$.subject', '', '$.cc', json('[]'))
		WHERE org = ?2 AND body -> '$.to' IS NOT NULL AND body ->> '$.profileId' IN `+
		erased, list, tx.Org); err != nil {
		return err
	}

	// It is not stored which Profile the sample subject of a confirmation was rendered for, so all of them are blanked.
	if err := tx.exec(`UPDATE idempotency SET body = json_replace(body, '$.subjectPreview', '')
		WHERE org = ? AND operation IN ('createBroadcastConfirmation', 'createNewsletterIssueConfirmation')`,
		tx.Org); err != nil {
		return err
	}

	tx.db.logDirty = tx.db.secureDelete
	tx.profile, tx.early = nil, nil
	tx.follow(ids...)
	return tx.exec(`UPDATE profiles SET email = '', external_id = NULL, phone = NULL,
		properties = '{}', lineage = '{}', sources = '[]', updated_at = ?3, deleted_at = ?3
		WHERE +org = ?2 AND id IN `+erased, list, tx.Org, tx.Now)
}
