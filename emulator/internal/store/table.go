package store

import (
	"slices"
	"strings"
	"sync/atomic"
)

// Each table has one list of its columns: the method columns of the type that its rows are read into. The list names
// the columns in order, each with its field. SELECT, INSERT and UPDATE are made from it, and it also reads and binds
// the values. So they cannot get out of step.

// view is a SELECT up to its WHERE, and the function that reads one of its rows, column by column.
type view[T any] struct {
	selectSQL string
	read      func(*T, *row)
}

// one returns the first row, or nil if there is none. tail is the rest of the SELECT.
func (v view[T]) one(tx *Tx, tail string, args ...any) (found *T, err error) {
	err = tx.db.run(func(r *row) error {
		if found == nil {
			found = new(T)
			v.read(found, r)
		}
		return nil
	}, statement{v.selectSQL, tail}, args)
	return found, err
}

// all returns every row.
func (v view[T]) all(tx *Tx, tail string, args ...any) ([]T, error) {
	found := []T{}
	err := tx.db.run(v.appendTo(&found), statement{v.selectSQL, tail}, args)
	return found, err
}

// appendTo returns a function that reads a row and appends it to a list.
func (v view[T]) appendTo(list *[]T) func(*row) error {
	return func(r *row) error {
		var zero T
		*list = append(*list, zero)
		v.read(&(*list)[len(*list)-1], r)
		return nil
	}
}

// table is a table and its statements.
type table[T any] struct {
	name  string // with its alias in SELECTs, if there is one
	read  func(*T, *row)
	extra []string // columns that T does not have; an INSERT takes their values as arguments, in this order

	made [texts]atomic.Pointer[string]
}

// define makes a table from its name, its list of columns and the extra columns. It does nothing else, since it is a
// part of the start of every process.
func define[T any](name string, list func(*T, *row), extra ...string) table[T] {
	return table[T]{name: name, read: list, extra: extra}
}

// text is a part of a table's statements.
type text int

const (
	columns       text = iota // what a SELECT reads, for a SELECT that reads more
	selectAll                 // a SELECT up to its WHERE
	insert                    // an INSERT of one row
	insertSelect              // an INSERT of the rows of a SELECT; the SELECT and a closing parenthesis must follow
	replace                   // an INSERT of one row that deletes those with the same key
	upsert                    // after insert: updates the mutable columns of a row with this id
	upsertChanged             // the same, but only if one of them other than updated_at differs
	update                    // an UPDATE of the mutable columns, up to its WHERE
	insertMany                // INSERTs of several rows, one for each number of together
	texts         = insertMany + text(len(together))
)

// sql returns a text. The first call makes it: most processes need few of them.
func (t *table[T]) sql(what text) string {
	if made := t.made[what].Load(); made != nil {
		return *made
	}
	made := t.names().sql(what, t.name)
	t.made[what].Store(&made)
	return made
}

func (t *table[T]) names() *names {
	const most = 16 // is enough for nearly all tables
	n := names{make([]string, 0, most), append(make([]string, 0, most), t.extra...), make([]string, 0, most)}
	t.read(new(T), &row{purpose: naming, names: &n})
	return &n
}

func (n *names) sql(what text, from string) string {
	name, alias, _ := strings.Cut(from, " ")
	if alias != "" {
		alias += "."
	}
	values := "(?" + strings.Repeat(", ?", len(n.inserted)-1) + ")"
	into := func() string { return "INTO " + name + " (" + each(n.inserted, "", "") + ") " }
	changes := func() string {
		merged := make([]string, len(n.mutable))
		for i, column := range n.mutable {
			merged[i] = column + " = excluded." + column
		}
		return "ON CONFLICT (id) DO UPDATE SET " + each(merged, "", "")
	}
	switch what {
	case columns:
		return each(n.selected, alias, "")
	case selectAll:
		return "SELECT " + each(n.selected, alias, "") + " FROM " + from + " "
	case insert:
		return "INSERT " + into() + "VALUES " + values + " "
	case insertSelect:
		return "INSERT " + into() + "SELECT " + each(n.inserted, "", "") + " FROM ("
	case replace:
		return "INSERT OR REPLACE " + into() + "VALUES " + values
	case upsert:
		return changes()
	case upsertChanged:
		content := slices.DeleteFunc(slices.Clone(n.mutable),
			func(column string) bool { return column == "updated_at" })
		return changes() + " WHERE (" + each(content, "", "") + ") IS NOT (" + each(content, "excluded.", "") + ")"
	case update:
		return "UPDATE " + name + " SET " + each(n.mutable, "", " = ?") + " "
	}
	rows := values + strings.Repeat(", "+values, together[what-insertMany]-1)
	return "INSERT OR FAIL " + into() + "VALUES " + rows + " "
}

// view returns the SELECT of a table's own columns.
func (t *table[T]) view() view[T] { return view[T]{t.sql(selectAll), t.read} }

func (t *table[T]) one(tx *Tx, tail string, args ...any) (*T, error) {
	return t.view().one(tx, tail, args...)
}

func (t *table[T]) all(tx *Tx, tail string, args ...any) ([]T, error) {
	return t.view().all(tx, tail, args...)
}

// each lists columns in SQL, each between a prefix and a suffix.
func each(columns []string, prefix, suffix string) string {
	var list strings.Builder
	list.Grow(24 * len(columns)) // enough for most
	for i, column := range columns {
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(prefix + column + suffix)
	}
	return list.String()
}

// named returns the row of the Organization with this key or id, or nil if there is none. A key is preferred to an id.
func (t *table[T]) named(tx *Tx, ref string) (*T, error) {
	return t.one(tx, "WHERE org = ?1 AND id IN (?2, (SELECT id FROM "+t.name+
		" WHERE org = ?1 AND key = ?2)) ORDER BY key = ?2 DESC LIMIT 1", tx.Org, ref)
}

// newest returns the newest rows that pass a condition, newest first. The condition may be tested with an index alone,
// so the rows are read when it is known which ones. A limit below 1 means no limit.
func (t *table[T]) newest(tx *Tx, where Filter, limit int) ([]T, error) {
	const order = " ORDER BY seq DESC"
	if limit < 1 {
		return t.all(tx, where.SQL+order, where.Args...)
	}
	return t.all(tx, "WHERE seq IN (SELECT seq FROM "+t.name+" "+where.SQL+order+" LIMIT ?)"+order,
		append(where.Args, limit)...)
}

// insert adds a row.
func (t *table[T]) insert(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.sql(insert), ""}, record, extra)
}

// replace adds a row, and deletes those with the same key.
func (t *table[T]) replace(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.sql(replace), ""}, record, extra)
}

// upsert adds a row, or updates the one with the same id.
func (t *table[T]) upsert(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.sql(insert), t.sql(upsert)}, record, extra)
}

// upsertChanged is upsert, but does not touch an equal row. So updated_at is when the row last changed.
func (t *table[T]) upsertChanged(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.sql(insert), t.sql(upsertChanged)}, record, extra)
}

// insertOr adds a row. If there is one with the same key, the clause, an ON CONFLICT, decides what happens.
func (t *table[T]) insertOr(tx *Tx, clause string, record *T, extra ...any) error {
	return t.put(tx, statement{t.sql(insert), clause}, record, extra)
}

// together are how many rows share an INSERT. One INSERT for each would take half as long again.
var together = [...]int{16, 4, 1}

// insertEach adds rows that have no extra columns, in this order. clause may be an ON CONFLICT.
func (t *table[T]) insertEach(tx *Tx, clause string, list []T) error {
	return insertRows(tx, t, clause, len(list), func(r *row, i int) { t.read(&list[i], r) })
}

// insertRows adds n rows. bind binds the row with a number: first the extra columns, then the others. If a row cannot
// be added, those before it stay, as if each had its own statement. So SQLite need not remember how the pages were
// before the statement.
func insertRows[T any](tx *Tx, t *table[T], clause string, n int, bind func(r *row, i int)) error {
	next := 0
	for kind, size := range together {
		for n-next >= size {
			r := tx.db.binding(binding)
			for range size {
				bind(r, next)
				next++
			}
			if _, err := tx.write(statement{t.sql(insertMany + text(kind)), clause}, r.args); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertAll adds the rows of a SELECT whose columns are named like those of the table, and returns their number.
func (t *table[T]) insertAll(tx *Tx, query string, args ...any) (n int, err error) {
	result, err := tx.write(statement{t.sql(insertSelect), query + ")"}, tx.db.bind(args))
	return result.Changed, err
}

func (t *table[T]) put(tx *Tx, query statement, record *T, extra []any) error {
	r := tx.db.binding(binding)
	for _, value := range extra {
		r.bind(value)
	}
	t.read(record, r)

	result, err := tx.write(query, r.args)
	if err == nil && r.generated != nil {
		*r.generated = result.Seq
	}
	return err
}

// update sets the mutable columns of the rows that the tail, a WHERE, selects.
func (t *table[T]) update(tx *Tx, record *T, tail string, args ...any) error {
	r := tx.db.binding(updating)
	t.read(record, r)
	for _, value := range args {
		r.bind(value)
	}
	_, err := tx.write(statement{t.sql(update), tail}, r.args)
	return err
}

// noColumns is for a table whose rows are read column by column. All its columns are extra columns.
type noColumns struct{}

func (*noColumns) columns(*row) {}
