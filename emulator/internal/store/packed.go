package store

import (
	"github.com/google/uuid"

	"github.com/segmentflow/segmentflow-go/emulator/internal/ids"
	"github.com/segmentflow/segmentflow-go/emulator/internal/rawsql"
)

// The tables of runs and tasks may have very many rows, with several ids in each. They have a uuid as its 16 bytes, in
// columns of the type ANY. Another text is stored as it is, so that everything is read as it was written.

// packed returns an id as those columns have it, for the parameter of a statement.
func packed(id string) any {
	if bytes := ids.Pack(id); bytes != nil {
		return bytes
	}
	return id
}

// packed(id) is the same in SQL.
func packedInSQL(call rawsql.Call) {
	id := call.Text(0)
	result := rawsql.Arg{Kind: rawsql.Text, Text: id}
	if bytes := ids.Pack(id); bytes != nil {
		result = rawsql.Arg{Kind: rawsql.Bytes, Text: string(bytes)}
	}
	call.Return(result)
}

// ident lists a column with a packed id.
func (r *row) ident(name string, id *string) {
	if r.purpose == reading {
		*id = r.id()
		return
	}
	if r.purpose != updating || r.mutates {
		if bytes := ids.Pack(*id); bytes != nil {
			r.bindBytes(bytes, false)
			return
		}
	}
	r.column(name, id)
}

// nullableIdent is ident for a column that is NULL for "".
func (r *row) nullableIdent(name string, id *string) {
	if *id == "" && r.purpose != reading {
		r.nullable(name, id)
		return
	}
	r.ident(name, id)
}

// id reads a column with a packed id, "" for NULL.
func (r *row) id() string { return r.stmt.id(r.nextColumn()) }

func (p *prepared) id(column int) string {
	packed := p.View(column)
	if packed == nil {
		return p.Text(column)
	}
	return uuid.UUID(packed).String()
}
