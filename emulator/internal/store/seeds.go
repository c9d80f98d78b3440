package store

var seedMembers = define("seed_members", (*noColumns).columns, "name", "value")

// SeedMembers returns what the seeds of a start contained last, as values by names. Both are HMACs.
func (tx *Tx) SeedMembers() (map[string]string, error) {
	members := map[string]string{}
	err := tx.db.query(func(r *row) error { members[r.str()] = r.str(); return nil },
		"SELECT name, value FROM seed_members")
	return members, err
}

// PutSeedMembers replaces all that SeedMembers returns.
func (tx *Tx) PutSeedMembers(members map[string]string) error {
	if err := tx.exec("DELETE FROM seed_members"); err != nil {
		return err
	}
	_, err := seedMembers.insertAll(tx, "SELECT key AS name, value FROM json_each(?)", encode(members))
	return err
}
