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
	ERROR      Code = 1  // SQLITE_ERROR: the SQL is wrong, or no other code fits
	PERM       Code = 3  // SQLITE_PERM
	ABORT      Code = 4  // SQLITE_ABORT
	BUSY       Code = 5  // SQLITE_BUSY: another connection holds a lock
	LOCKED     Code = 6  // SQLITE_LOCKED
	NOMEM      Code = 7  // SQLITE_NOMEM
	READONLY   Code = 8  // SQLITE_READONLY
	INTERRUPT  Code = 9  // SQLITE_INTERRUPT: the host's time budget for one call was used up
	IOERR      Code = 10 // SQLITE_IOERR
	CORRUPT    Code = 11 // SQLITE_CORRUPT: the file is damaged
	FULL       Code = 13 // SQLITE_FULL
	CANTOPEN   Code = 14 // SQLITE_CANTOPEN
	SCHEMA     Code = 17 // SQLITE_SCHEMA
	TOOBIG     Code = 18 // SQLITE_TOOBIG
	CONSTRAINT Code = 19 // SQLITE_CONSTRAINT
	MISMATCH   Code = 20 // SQLITE_MISMATCH
	MISUSE     Code = 21 // SQLITE_MISUSE
	AUTH       Code = 23 // SQLITE_AUTH: the host does not allow it, such as ATTACH
	RANGE      Code = 25 // SQLITE_RANGE: a parameter or column that is not there
	NOTADB     Code = 26 // SQLITE_NOTADB: the file is no database
)

// The results that are no errors.
const (
	sqliteOK   = 0
	sqliteRow  = 100
	sqliteDone = 101
)

// Primary is the primary code of an extended one.
func (c Code) Primary() Code { return c & 0xff }

// Error is SQLite's name of the primary code, with the number when it is extended.
func (c Code) Error() string {
	name := c.Primary().name()
	if c == c.Primary() {
		return name
	}
	return name + " (" + strconv.Itoa(int(c)) + ")"
}

func (c Code) name() string {
	switch c {
	case ERROR:
		return "SQLITE_ERROR"
	case PERM:
		return "SQLITE_PERM"
	case ABORT:
		return "SQLITE_ABORT"
	case BUSY:
		return "SQLITE_BUSY"
	case LOCKED:
		return "SQLITE_LOCKED"
	case NOMEM:
		return "SQLITE_NOMEM"
	case READONLY:
		return "SQLITE_READONLY"
	case INTERRUPT:
		return "SQLITE_INTERRUPT"
	case IOERR:
		return "SQLITE_IOERR"
	case CORRUPT:
		return "SQLITE_CORRUPT"
	case FULL:
		return "SQLITE_FULL"
	case CANTOPEN:
		return "SQLITE_CANTOPEN"
	case SCHEMA:
		return "SQLITE_SCHEMA"
	case TOOBIG:
		return "SQLITE_TOOBIG"
	case CONSTRAINT:
		return "SQLITE_CONSTRAINT"
	case MISMATCH:
		return "SQLITE_MISMATCH"
	case MISUSE:
		return "SQLITE_MISUSE"
	case AUTH:
		return "SQLITE_AUTH"
	case RANGE:
		return "SQLITE_RANGE"
	case NOTADB:
		return "SQLITE_NOTADB"
	}
	return "sqlite code " + strconv.Itoa(int(c))
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
	case r == sqliteOK:
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
