package rawsql

import (
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// Call is a call of a function of SQL that is written in Go. It has the arguments and takes the result, which is NULL
// if none is set. It is valid until the function returns.
type Call struct {
	tls     *libc.TLS
	context uintptr // sqlite3_context*
	args    uintptr // sqlite3_value**
}

// entry is a function as SQLite calls it.
type entry func(tls *libc.TLS, context uintptr, n int32, args uintptr)

// Define defines a function of SQL with a number of arguments. Its result depends on nothing but the arguments. Through
// the driver, a call takes three times as long, and allocates memory for each argument.
func (c *Conn) Define(name string, args int, call func(Call)) error {
	text, err := libc.CString(name)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, text)
	// SQLite gets the address that a value of a function type is. The slice keeps what is there.
	run := entry(func(tls *libc.TLS, context uintptr, _ int32, args uintptr) { call(Call{tls, context, args}) })
	c.functions = append(c.functions, run)
	const kind = sqlite3.SQLITE_UTF8 | sqlite3.SQLITE_DETERMINISTIC
	return c.check(sqlite3.Xsqlite3_create_function_v2(c.tls, c.db, text, int32(args), kind, 0,
		*(*uintptr)(unsafe.Pointer(&run)), 0, 0, 0))
}

// arg returns SQLite's value of an argument.
func (call Call) arg(i int) uintptr {
	return pointer(libc.GoBytes(call.args+uintptr(i*wordSize), wordSize))
}

// Text returns an argument that is a text, "" for others. It is SQLite's memory: the function must not keep it.
func (call Call) Text(i int) string {
	value := call.arg(i)
	if sqlite3.Xsqlite3_value_type(call.tls, value) != sqlite3.SQLITE_TEXT {
		return ""
	}
	return textOf(call.tls, value)
}

// Num returns an argument that is a number, 0 for others.
func (call Call) Num(i int) int64 { return sqlite3.Xsqlite3_value_int64(call.tls, call.arg(i)) }

// Return sets the result: a number, a text or bytes.
func (call Call) Return(result Arg) {
	bytes, n := uintptr(unsafe.Pointer(unsafe.StringData(result.Text))), int32(len(result.Text))
	const copied = ^uintptr(0) // SQLITE_TRANSIENT
	switch result.Kind {
	case Int:
		sqlite3.Xsqlite3_result_int64(call.tls, call.context, result.Num)
	case Text:
		sqlite3.Xsqlite3_result_text(call.tls, call.context, bytes, n, copied)
	case Bytes:
		sqlite3.Xsqlite3_result_blob(call.tls, call.context, bytes, n, copied)
	}
}

// ReturnBool sets the result to 1 or 0.
func (call Call) ReturnBool(result bool) {
	n := int32(0)
	if result {
		n = 1
	}
	sqlite3.Xsqlite3_result_int(call.tls, call.context, n)
}

// Fail makes the statement fail.
func (call Call) Fail(err error) {
	text := err.Error()
	sqlite3.Xsqlite3_result_error(call.tls, call.context, uintptr(unsafe.Pointer(unsafe.StringData(text))),
		int32(len(text)))
}

// textOf returns the text that a value has, without a copy.
func textOf(tls *libc.TLS, value uintptr) string {
	at := sqlite3.Xsqlite3_value_text(tls, value)
	bytes := libc.GoBytes(at, int(sqlite3.Xsqlite3_value_bytes(tls, value)))
	return unsafe.String(unsafe.SliceData(bytes), len(bytes))
}
