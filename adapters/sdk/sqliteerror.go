package sdk

import (
	"strconv"

	"innkeeper/adapters/abi"
)

// SQLiteCode is a result code of SQLite, primary or extended. It is an error to compare with: errors.Is(err, SQLiteBusy)
// matches SQLITE_BUSY and its extended codes. https://www.sqlite.org/rescode.html
type SQLiteCode int

// The primary result codes that an adapter may meet.
const (
	SQLiteLogic      SQLiteCode = 1  // SQLITE_ERROR: the SQL is wrong, or no other code fits
	SQLitePerm       SQLiteCode = 3  // SQLITE_PERM
	SQLiteAbort      SQLiteCode = 4  // SQLITE_ABORT
	SQLiteBusy       SQLiteCode = 5  // SQLITE_BUSY: another connection holds a lock
	SQLiteLocked     SQLiteCode = 6  // SQLITE_LOCKED
	SQLiteNoMem      SQLiteCode = 7  // SQLITE_NOMEM
	SQLiteReadOnly   SQLiteCode = 8  // SQLITE_READONLY
	SQLiteInterrupt  SQLiteCode = 9  // SQLITE_INTERRUPT: the host's time budget for one call was used up
	SQLiteIOErr      SQLiteCode = 10 // SQLITE_IOERR
	SQLiteCorrupt    SQLiteCode = 11 // SQLITE_CORRUPT: the file is damaged
	SQLiteFull       SQLiteCode = 13 // SQLITE_FULL
	SQLiteCantOpen   SQLiteCode = 14 // SQLITE_CANTOPEN
	SQLiteSchema     SQLiteCode = 17 // SQLITE_SCHEMA
	SQLiteTooBig     SQLiteCode = 18 // SQLITE_TOOBIG
	SQLiteConstraint SQLiteCode = 19 // SQLITE_CONSTRAINT
	SQLiteMismatch   SQLiteCode = 20 // SQLITE_MISMATCH
	SQLiteMisuse     SQLiteCode = 21 // SQLITE_MISUSE
	SQLiteAuth       SQLiteCode = 23 // SQLITE_AUTH: the host does not allow it, such as ATTACH
	SQLiteRange      SQLiteCode = 25 // SQLITE_RANGE: a parameter or column that is not there
	SQLiteNotADB     SQLiteCode = 26 // SQLITE_NOTADB: the file is no database
)

// The results that are no errors.
const (
	sqliteOK   = 0
	sqliteRow  = 100
	sqliteDone = 101
)

// Primary is the primary code of an extended one.
func (c SQLiteCode) Primary() SQLiteCode { return c & 0xff }

// Error is SQLite's name of the primary code, with the number when it is extended.
func (c SQLiteCode) Error() string {
	name := c.Primary().name()
	if c == c.Primary() {
		return name
	}
	return name + " (" + strconv.Itoa(int(c)) + ")"
}

func (c SQLiteCode) name() string {
	switch c {
	case SQLiteLogic:
		return "SQLITE_ERROR"
	case SQLitePerm:
		return "SQLITE_PERM"
	case SQLiteAbort:
		return "SQLITE_ABORT"
	case SQLiteBusy:
		return "SQLITE_BUSY"
	case SQLiteLocked:
		return "SQLITE_LOCKED"
	case SQLiteNoMem:
		return "SQLITE_NOMEM"
	case SQLiteReadOnly:
		return "SQLITE_READONLY"
	case SQLiteInterrupt:
		return "SQLITE_INTERRUPT"
	case SQLiteIOErr:
		return "SQLITE_IOERR"
	case SQLiteCorrupt:
		return "SQLITE_CORRUPT"
	case SQLiteFull:
		return "SQLITE_FULL"
	case SQLiteCantOpen:
		return "SQLITE_CANTOPEN"
	case SQLiteSchema:
		return "SQLITE_SCHEMA"
	case SQLiteTooBig:
		return "SQLITE_TOOBIG"
	case SQLiteConstraint:
		return "SQLITE_CONSTRAINT"
	case SQLiteMismatch:
		return "SQLITE_MISMATCH"
	case SQLiteMisuse:
		return "SQLITE_MISUSE"
	case SQLiteAuth:
		return "SQLITE_AUTH"
	case SQLiteRange:
		return "SQLITE_RANGE"
	case SQLiteNotADB:
		return "SQLITE_NOTADB"
	}
	return "sqlite code " + strconv.Itoa(int(c))
}

// SQLiteError is an error of SQLite itself. What the host refuses, such as a database that the manifest does not name, is an
// abi.Errno instead.
type SQLiteError struct {
	// Code is the result code, extended if there is one.
	Code SQLiteCode
	// Message is SQLite's message, such as "no such table: t"; it may be empty.
	Message string
}

// Error is the code and the message.
func (e *SQLiteError) Error() string {
	if e.Message == "" {
		return e.Code.Error()
	}
	return e.Code.Error() + ": " + e.Message
}

// Is tells whether the target is the error's code, or its primary code.
func (e *SQLiteError) Is(target error) bool {
	code, ok := target.(SQLiteCode)
	return ok && (code == e.Code || code == e.Code.Primary())
}

// exitClass: a damaged database is for a person to look at; anything else may pass.
func (e *SQLiteError) exitClass() (code string, retryable bool) {
	switch e.Code.Primary() {
	case SQLiteCorrupt, SQLiteNotADB:
		return "database_corrupt", false
	}
	return "database", true
}

// result makes an error of an SQLite result.
func (db *DB) result(r int32) error {
	switch {
	case r == sqliteOK:
		return nil
	case r < 0:
		return abi.Errno(-r)
	}
	e := &SQLiteError{Code: SQLiteCode(r)}
	if db.handle != 0 {
		message, err := db.loop.scratch.fill(0, func(b []byte) int32 { return db.loop.host.SQLite.Errmsg(db.handle, b) })
		if err == nil {
			e.Message = string(message)
		}
	}
	return e
}
