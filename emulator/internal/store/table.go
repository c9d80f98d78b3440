package store

import (
	"slices"
	"strings"
	"sync"
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
	view[T]
	name  string
	extra []string // columns that T does not have; an INSERT takes their values as arguments, in this order
	names
	columns string // what a SELECT reads, for a SELECT that reads more

	writes func() *writes // they are made once, when the first one is needed
}

// writes are the statements that write.
type writes struct {
	insert        string // an INSERT of one row
	insertSelect  string // an INSERT of the rows of a SELECT; the SELECT and a closing parenthesis must follow
	replace       string // an INSERT of one row that deletes those with the same key
	upsert        string // after insert: updates the mutable columns of a row with this id
	upsertChanged string // the same, but only if one of them other than updated_at differs
	update        string // an UPDATE of the mutable columns, up to its WHERE

	insertMany [len(together)]string // INSERTs of several rows
}

// define makes a table from its name, its alias in SELECTs if there is one, its list of columns and the extra columns.
func define[T any](name string, list func(*T, *row), extra ...string) table[T] {
	name, alias, _ := strings.Cut(name, " ")
	t := table[T]{view: view[T]{read: list}, name: name, extra: extra, names: names{inserted: slices.Clone(extra)}}
	list(new(T), &row{purpose: naming, names: &t.names})

	from, prefix := name, ""
	if alias != "" {
		from, prefix = name+" "+alias, alias+"."
	}
	t.columns = each(t.selected, prefix, "")
	t.selectSQL = "SELECT " + t.columns + " FROM " + from + " "
	names := t.names
	t.writes = sync.OnceValue(func() *writes { return writesTo(name, names) })
	return t
}

// writesTo returns the statements that write to a table.
func writesTo(table string, names names) *writes {
	inserted := each(names.inserted, "", "")
	placeholders := "(?" + strings.Repeat(", ?", len(names.inserted)-1) + ")"
	into := "INTO " + table + " (" + inserted + ") "

	merged := make([]string, len(names.mutable))
	for i, column := range names.mutable {
		merged[i] = column + " = excluded." + column
	}
	content := slices.DeleteFunc(slices.Clone(names.mutable),
		func(column string) bool { return column == "updated_at" })

	w := &writes{
		insert:       "INSERT " + into + "VALUES " + placeholders + " ",
		insertSelect: "INSERT " + into + "SELECT " + inserted + " FROM (",
		replace:      "INSERT OR REPLACE " + into + "VALUES " + placeholders,
		upsert:       "ON CONFLICT (id) DO UPDATE SET " + each(merged, "", ""),
		update:       "UPDATE " + table + " SET " + each(names.mutable, "", " = ?") + " ",
	}
	w.upsertChanged = w.upsert + " WHERE (" + each(content, "", "") + ") IS NOT (" +
		each(content, "excluded.", "") + ")"
	for i, n := range together {
		rows := placeholders + strings.Repeat(", "+placeholders, n-1)
		w.insertMany[i] = "INSERT OR FAIL " + into + "VALUES " + rows + " "
	}
	return w
}

// each lists columns in SQL, each between a prefix and a suffix.
func each(columns []string, prefix, suffix string) string {
	var list strings.Builder
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
	return t.put(tx, statement{t.writes().insert, ""}, record, extra)
}

// replace adds a row, and deletes those with the same key.
func (t *table[T]) replace(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.writes().replace, ""}, record, extra)
}

// upsert adds a row, or updates the one with the same id.
func (t *table[T]) upsert(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.writes().insert, t.writes().upsert}, record, extra)
}

// upsertChanged is upsert, but does not touch an equal row. So updated_at is when the row last changed.
func (t *table[T]) upsertChanged(tx *Tx, record *T, extra ...any) error {
	return t.put(tx, statement{t.writes().insert, t.writes().upsertChanged}, record, extra)
}

// insertOr adds a row. If there is one with the same key, the clause, an ON CONFLICT, decides what happens.
func (t *table[T]) insertOr(tx *Tx, clause string, record *T, extra ...any) error {
	return t.put(tx, statement{t.writes().insert, clause}, record, extra)
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
			if _, err := tx.write(statement{t.writes().insertMany[kind], clause}, r.args); err != nil {
				return err
			}
		}
	}
	return nil
}

// insertAll adds the rows of a SELECT whose columns are named like those of the table, and returns their number.
func (t *table[T]) insertAll(tx *Tx, query string, args ...any) (n int, err error) {
	result, err := tx.write(statement{t.writes().insertSelect, query + ")"}, tx.db.bind(args))
	return result.changed, err
}

func (t *table[T]) put(tx *Tx, query statement, record *T, extra []any) error {
	r := tx.db.binding(binding)
	for _, value := range extra {
		r.bind(value)
	}
	t.read(record, r)

	result, err := tx.write(query, r.args)
	if err == nil && r.generated != nil {
		*r.generated = result.seq
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
	_, err := tx.write(statement{t.writes().update, tail}, r.args)
	return err
}

// noColumns is for a table whose rows are read column by column. All its columns are extra columns.
type noColumns struct{}

func (*noColumns) columns(*row) {}
