package sqlitefn

import (
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/safetext"
)

// damageError says that a database file, or its write-ahead log, is not what SQLite wrote there.
type damageError struct {
	path string
	why  string
	code sqlite3.ErrorCode
}

// newDamage makes it. What SQLite says of a damaged file can hold anything that is in the file.
func newDamage(path, why string, code sqlite3.ErrorCode) *damageError {
	return &damageError{path, safetext.Line(why, shownBytes), code}
}

// shownBytes is how much of what SQLite or a file says an operator gets to see, in bytes.
const shownBytes = 300

func (e *damageError) Error() string {
	return fmt.Sprintf("database[%s]: %s; the file was left as it is: move it and its -wal and -shm files away to start "+
		"with an empty database, or put a backup in its place, then start the adapter again", e.path, e.why)
}

// extendedCode returns SQLite's code for an error of the library.
func extendedCode(err error) sqlite3.ExtendedErrorCode {
	switch e := err.(type) {
	case *sqlite3.Error:
		return e.ExtendedCode()
	case sqlite3.ExtendedErrorCode:
		return e
	case sqlite3.ErrorCode:
		return e.ExtendedCode()
	}
	var code sqlite3.ExtendedErrorCode
	if errors.As(err, &code) {
		return code
	}
	return sqlite3.ERROR.ExtendedCode()
}

// message returns what sqlite3_errmsg says of an error. The system's own error is not in it: that one names the host's files.
// https://www.sqlite.org/c3ref/errcode.html
func message(err error) string {
	text := err.Error()
	var full *sqlite3.Error
	if errors.As(err, &full) {
		text = full.Error()
		if system := full.Unwrap(); system != nil {
			text = strings.TrimSuffix(text, ": "+system.Error())
		}
		standard := full.ExtendedCode().Error()
		if own := strings.TrimPrefix(strings.TrimPrefix(text, standard), ": "); own != "" {
			return own
		}
	}
	return strings.TrimPrefix(text, "sqlite3: ")
}

// kept is the part of a message that a connection keeps for errmsg.
func kept(message string) string {
	if len(message) <= ErrmsgBytes {
		return message
	}
	return strings.ToValidUTF8(message[:ErrmsgBytes], "")
}

func isWriteError(code sqlite3.ExtendedErrorCode) bool {
	return code == sqlite3.IOERR_WRITE || code == sqlite3.IOERR_SHMSIZE || code == sqlite3.IOERR_FSYNC
}

func isDamage(code sqlite3.ErrorCode) bool { return code == sqlite3.CORRUPT || code == sqlite3.NOTADB }

// isOutOfMemory reports whether a panic of the library means that the connection's memory is used up. The library panics
// with an unexported error of that text, or with the system's ENOMEM.
func isOutOfMemory(panicked any) bool {
	err, ok := panicked.(error)
	return ok && (err.Error() == sqlite3.NOMEM.Error() || errors.Is(err, syscall.ENOMEM))
}

// wasDone reports whether SQLite had come to the end of what it did when the library panicked: it told the library that it is out of
// memory, and its own state is in order. Any other panic, such as the system's ENOMEM when its memory grows, comes from the middle.
// Nothing may call SQLite then, for it would go on from there: a finalize commits the half that was done.
func wasDone(panicked any) bool {
	err, ok := panicked.(error)
	return ok && err.Error() == sqlite3.NOMEM.Error()
}

// panicErrno returns the result of a call that ended in a panic of the library.
func panicErrno(panicked any) abi.Errno {
	if isOutOfMemory(panicked) {
		return abi.ENOMEM
	}
	return abi.EIO
}

// attempt runs step and turns a panic into an error. A fault in memory that is mapped from a file, such as a -shm file cut
// short by somebody, is a panic too and not the end of the process.
func attempt(step func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return step()
}

type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
