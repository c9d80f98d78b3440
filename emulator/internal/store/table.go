package store

import (
	"slices"
	"strings"
)

// Each table has one list of its columns: a method that names them in order, each with the field that holds it. SELECT,
// INSERT and UPDATE, and the reading of rows, are made from it and cannot get out of step.

// view is a SELECT up to its WHERE, and what reads its rows in the order of their columns.
type view[T any] struct {
	head string
	read func(*T, *row)
}

// one reads the first row, nil if there is none. The tail is the rest of the SELECT.
func (v view[T]) one(tx *Tx, tail string, args ...any) (found *T, err error) {
	err = tx.db.run(func(r *row) error {
		if found == nil {
			found = new(T)
			v.read(found, r)
		}
		return nil
	}, text{v.head, tail}, args)
	return found, err
}

// all reads every row.
func (v view[T]) all(tx *Tx, tail string, args ...any) ([]T, error) {
	found := []T{}
	err := tx.db.run(v.appendTo(&found), text{v.head, tail}, args)
	return found, err
}

// appendTo returns what appends a row to a list.
func (v view[T]) appendTo(list *[]T) func(*row) error {
	return func(r *row) error {
		var zero T
		*list = append(*list, zero)
		v.read(&(*list)[len(*list)-1], r)
		return nil
	}
}

// table is a table with its statements. All that are made of its list are made once.
type table[T any] struct {
	view[T]
	name    string
	beside  []string // columns that are no part of a T: whoever inserts one gives their values, in this order
	columns string   // those that are read, for a SELECT of more
	into    string   // an INSERT without its VALUES; columns are those beside, then those of the list
	values  string   // one row of parameters
	adds    string   // the INSERT of one row
	swaps   string   // the same, in place of all rows that it collides with
	merges  string   // behind the INSERT: a row with the same id takes the mutable columns over
	differs string   // behind merges: unless it has them already, whatever the time
	sets    string   // an UPDATE of the mutable columns, without its WHERE
}

// define makes a table from its name, which an alias may follow, its list and the columns beside.
func define[T any](name string, list func(*T, *row), beside ...string) table[T] {
	name, alias, _ := strings.Cut(name, " ")
	r := row{purpose: naming, inserts: slices.Clone(beside)}
	list(new(T), &r)
	t := table[T]{view: view[T]{read: list}, name: name, beside: beside, columns: strings.Join(r.selects, ", "),
		into:   "INTO " + name + " (" + strings.Join(r.inserts, ", ") + ") ",
		values: "(?" + strings.Repeat(", ?", len(r.inserts)-1) + ")"}
	from := name
	if alias != "" {
		t.columns, from = alias+"."+strings.Join(r.selects, ", "+alias+"."), name+" "+alias
	}
	t.head = "SELECT " + t.columns + " FROM " + from + " "
	t.swaps = "INSERT OR REPLACE " + t.into + "VALUES " + t.values
	t.into = "INSERT " + t.into
	t.adds = t.into + "VALUES " + t.values + " "
	merges := func(column string) string { return column + " = excluded." + column }
	t.merges = "ON CONFLICT (id) DO UPDATE SET " + each(r.mutables, merges)
	what := slices.DeleteFunc(slices.Clone(r.mutables), func(column string) bool { return column == "updated_at" })
	t.differs = t.merges + " WHERE (" + strings.Join(what, ", ") + ") IS NOT (" +
		each(what, func(column string) string { return "excluded." + column }) + ")"
	t.sets = "UPDATE " + name + " SET " + each(r.mutables, func(column string) string { return column + " = ?" }) + " "
	return t
}

func each(columns []string, write func(string) string) string {
	written := make([]string, len(columns))
	for i, column := range columns {
		written[i] = write(column)
	}
	return strings.Join(written, ", ")
}

// insert adds a row.
func (t *table[T]) insert(tx *Tx, v *T, beside ...any) error {
	return t.put(tx, text{t.adds, ""}, v, beside)
}

// replace adds a row in place of all that it collides with.
func (t *table[T]) replace(tx *Tx, v *T, beside ...any) error {
	return t.put(tx, text{t.swaps, ""}, v, beside)
}

// upsert adds a row, or updates the one with the same id.
func (t *table[T]) upsert(tx *Tx, v *T, beside ...any) error {
	return t.put(tx, text{t.adds, t.merges}, v, beside)
}

// upsertChanged is upsert that leaves an equal row as it is, with the time of its last change.
func (t *table[T]) upsertChanged(tx *Tx, v *T, beside ...any) error {
	return t.put(tx, text{t.adds, t.differs}, v, beside)
}

// insertOr adds a row, unless it collides with another: then the clause says what to do.
func (t *table[T]) insertOr(tx *Tx, clause string, v *T, beside ...any) error {
	return t.put(tx, text{t.adds, clause}, v, beside)
}

// insertMany adds several rows that have nothing beside. more is values for all but the first.
func (t *table[T]) insertMany(tx *Tx, more string, list []T) error {
	r := tx.db.binding(binding)
	for i := range list {
		t.read(&list[i], r)
	}
	_, err := tx.db.write(text{t.adds, more}, r.args)
	return err
}

// insertAll adds all rows that a SELECT finds, whose columns are in the order of the INSERT's.
func (t *table[T]) insertAll(tx *Tx, query string, args ...any) error {
	_, err := tx.db.write(text{t.into, query}, tx.db.bind(args))
	return err
}

func (t *table[T]) put(tx *Tx, query text, v *T, beside []any) error {
	r := tx.db.binding(binding)
	for _, value := range beside {
		r.bind(native(value))
	}
	t.read(v, r)
	result, err := tx.db.write(query, r.args)
	if err != nil || r.made == nil {
		return err
	}
	seq, err := result.LastInsertId()
	*r.made = int(seq)
	return err
}

// update sets the mutable columns of the rows that the tail, a WHERE, is about.
func (t *table[T]) update(tx *Tx, v *T, tail string, args ...any) error {
	r := tx.db.binding(updating)
	t.read(v, r)
	for _, value := range args {
		r.bind(native(value))
	}
	_, err := tx.db.write(text{t.sets, tail}, r.args)
	return err
}

// none is what a table has of whose rows no value is made: all its columns are beside.
type none struct{}

func (*none) columns(*row) {}
