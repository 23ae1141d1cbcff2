package sqlite

import (
	"strconv"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
)

// Code is a result code of SQLite, primary or extended. It is an error to compare with: errors.Is(err, sqlite.BUSY)
// matches SQLITE_BUSY and its extended codes. https://www.sqlite.org/rescode.html
type Code int

// The primary result codes that an adapter may meet.
const (
	ERROR      Code = Code(abi.SQLiteError) // the SQL is wrong, or no other code fits
	PERM       Code = Code(abi.SQLitePerm)
	ABORT      Code = Code(abi.SQLiteAbort)
	BUSY       Code = Code(abi.SQLiteBusy) // another connection holds a lock
	LOCKED     Code = Code(abi.SQLiteLocked)
	NOMEM      Code = Code(abi.SQLiteNoMem)
	READONLY   Code = Code(abi.SQLiteReadOnly)
	INTERRUPT  Code = Code(abi.SQLiteInterrupt) // the host's time budget for one call was used up
	IOERR      Code = Code(abi.SQLiteIOErr)
	CORRUPT    Code = Code(abi.SQLiteCorrupt) // the file is damaged
	FULL       Code = Code(abi.SQLiteFull)
	CANTOPEN   Code = Code(abi.SQLiteCantOpen)
	SCHEMA     Code = Code(abi.SQLiteSchema)
	TOOBIG     Code = Code(abi.SQLiteTooBig)
	CONSTRAINT Code = Code(abi.SQLiteConstraint)
	MISMATCH   Code = Code(abi.SQLiteMismatch)
	MISUSE     Code = Code(abi.SQLiteMisuse)
	AUTH       Code = Code(abi.SQLiteAuth)   // the host does not allow it, such as ATTACH
	RANGE      Code = Code(abi.SQLiteRange)  // a parameter or column that is not there
	NOTADB     Code = Code(abi.SQLiteNotADB) // the file is no database
)

// Primary is the primary code of an extended one.
func (c Code) Primary() Code { return c & 0xff }

// Error is SQLite's name of the primary code, with the number when it is extended.
func (c Code) Error() string {
	name := abi.SQLiteName(int32(c.Primary()))
	if c == c.Primary() {
		return name
	}
	return name + " (" + strconv.Itoa(int(c)) + ")"
}

// Error is an error of SQLite itself. What the host refuses, such as a database that the manifest does not name, is an
// abi.Errno instead.
type Error struct {
	// Code is the result code, extended if there is one.
	Code Code
	// Message is SQLite's message, such as "no such table: t"; it may be empty.
	Message string
}

// Error is the code and the message.
func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code.Error()
	}
	return e.Code.Error() + ": " + e.Message
}

// Is reports whether the target is the error's code, or its primary code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && (code == e.Code || code == e.Code.Primary())
}

// As makes the error a reason to end, for a setup that returns it: a damaged database is for a person to look at, anything else
// may pass.
func (e *Error) As(target any) bool {
	exit, ok := target.(**sdk.ExitError)
	if !ok {
		return false
	}
	switch e.Code.Primary() {
	case CORRUPT, NOTADB:
		*exit = &sdk.ExitError{Code: "database_corrupt", Message: e.Error()}
	default:
		*exit = &sdk.ExitError{Code: "database", Message: e.Error(), Retryable: true}
	}
	return true
}

// result makes an error of an SQLite result.
func (db *DB) result(r int32) error {
	switch {
	case r == abi.SQLiteOK:
		return nil
	case r < 0:
		return abi.Errno(-r)
	}
	e := &Error{Code: Code(r)}
	if db.handle != 0 {
		message, err := db.scratch.Fill(0, func(b []byte) int32 { return db.host.Errmsg(db.handle, b) })
		if err == nil {
			e.Message = string(message)
		}
	}
	return e
}
