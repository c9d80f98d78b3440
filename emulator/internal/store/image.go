package store

// Image returns the whole world, as it was last committed, in the format of a database file. It is the file of a
// database that has no log: the header of a database with a log refers to files that an image does not have.
func (db *DB) Image() ([]byte, error) {
	image, err := db.conn.(interface{ Serialize() ([]byte, error) }).Serialize()
	if err != nil {
		return nil, wrapError("serialize", err)
	}
	plainHeader(image)
	return image, nil
}

// Places in the header of a database, as SQLite documents them.
const (
	headerFormat  = 18 // two bytes: 1 without a log, 2 with one
	headerChanges = 24 // four bytes: how often the file was changed
	headerValid   = 92 // four bytes: the changes at which the size in the header was valid
	headerSize    = 100
)

// plainHeader makes the header of an image say that there is no log, and leaves out how often the world was committed.
// So worlds that are the same have the same image.
func plainHeader(image []byte) {
	image[headerFormat], image[headerFormat+1] = 1, 1
	for _, place := range []int{headerChanges, headerValid} {
		copy(image[place:], []byte{0, 0, 0, 1})
	}
}
