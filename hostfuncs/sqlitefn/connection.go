package sqlitefn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/budget"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/safetext"
)

// connection is one open database. SQLite's connection and its statements are one thing to the outside: whoever uses any
// of them holds mu. It is the innermost lock: a ledger entry may be held when it is taken, never the other way round.
type connection struct {
	path     string
	file     *file // shared by the connections to it
	share    share
	opener   string // of its statements
	limits   Limits
	vfs      string // as in Config
	log      *slog.Logger
	deadline *deadline
	watchdog *watchdog
	inside   internals

	// damage is set once and then ends all use of the file's connections but errmsg and close. They share it.
	damage *atomic.Pointer[damageError]

	// descriptors gets back what the connection has taken; nil before it is open.
	descriptors *budget.Budget

	mu         sync.Mutex
	db         *sqlite3.Conn // nil once closed
	authorizer authorizer
	files      []io.Closer // the files behind db, for the case that SQLite cannot close them any more
	closed     bool        // CloseHandle has come
	sound      bool        // the file was read when it was opened, and found in order
	lost       bool        // the library panicked: nothing but closing is left
	crashed    bool        // the memory was taken away, or is of a call that ended in the middle: nothing but the files is left
	lastError  string      // what errmsg says
	logged     uint32      // bits of the primary codes that the operator was told of
	frameSize  int64       // of a page in the write-ahead log, in bytes
}

var _ ledger.Resource = (*connection)(nil)

// do runs one operation on the database. A panic of the library poisons the connection, for its state is unknown then.
func (c *connection) do(operation func() int32) (result int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost || c.damage.Load() != nil {
		return abi.ENOTRECOVERABLE.Result()
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer c.rescue(&result)
	return operation()
}

// timed runs the part of an operation whose length the guest decides, under the deadline and the watchdog.
func (c *connection) timed(operation func() int32) int32 {
	c.deadline.start()
	c.watchdog.begin(c.deadline.over)
	defer c.settle()
	return operation()
}

func (c *connection) settle() {
	if c.watchdog.end() {
		c.lost, c.crashed = true, true
	}
}

func (c *connection) rescue(result *int32) {
	p := recover()
	if p == nil {
		return
	}
	c.lost = true
	if c.crashed {
		c.lastError = "interrupted"
		*result = abi.ETIMEDOUT.Result()
		c.log.Warn("sqlite: call could not be interrupted, connection lost", "file", c.path, "budget", c.limits.CallBudget)
		return
	}
	c.crashed = !wasDone(p)
	*result = panicErrno(p).Result()
	if isOutOfMemory(p) {
		c.lastError = "out of memory"
		c.log.Warn("sqlite: out of memory, connection lost", "file", c.path, "limit_bytes", c.limits.MaxMemory)
		return
	}
	c.lastError = "disk I/O error"
	c.log.Error("sqlite: fault, connection lost", "file", c.path, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// result returns SQLite's code for what a call of the library returned. An error is kept for errmsg.
func (c *connection) result(err error) int32 {
	if err == nil {
		return abi.SQLiteOK
	}
	code := extendedCode(err)
	c.lastError = kept(message(err))
	if isWriteError(code) && diskFull(c.path) {
		// The library says "input/output error" where SQLite has a code for it, and has lost the system's reason by now.
		code, c.lastError = sqlite3.FULL.ExtendedCode(), "database or disk is full"
	}
	switch primary := code.Code(); {
	case isDamage(primary):
		c.damage.CompareAndSwap(nil, newDamage(c.path, c.lastError, primary))
	case primary == sqlite3.IOERR || primary == sqlite3.FULL || primary == sqlite3.CANTOPEN || primary == sqlite3.READONLY:
		c.logOnce(primary, err)
	}
	return int32(code)
}

// logOnce tells the operator of a trouble with the machine, once for each connection and code, so that a guest that tries
// again and again does not fill the log.
func (c *connection) logOnce(code sqlite3.ErrorCode, err error) {
	bit := uint32(1) << (code & 31)
	if c.logged&bit != 0 {
		return
	}
	c.logged |= bit
	if code == sqlite3.FULL && !diskFull(c.path) {
		c.log.Warn("sqlite: a database has used up its part of the adapter's disk quota", "file", c.path,
			"part_bytes", c.share.database, "hint", "raise disk in the adapter's limits, or have the adapter store less")
		return
	}
	c.log.Error("sqlite: operation failed", "file", c.path, "error", safetext.Line(err.Error(), shownBytes))
}

// CloseHandle closes the connection: what is left of its statements first, for SQLite closes nothing while one is open. An
// open transaction is rolled back. Out of memory, the first try may fail and the second succeed; if both do, or after a fault, the
// files are closed without SQLite, so that no descriptor and no lock stays.
func (c *connection) CloseHandle(ctx context.Context) error {
	if err := c.lockWithin(ctx); err != nil {
		return err
	}
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	defer c.descriptors.Give(ConnectionDescriptors)
	if c.db == nil {
		c.file.leave(c.path, false)
		return nil // it was never opened
	}
	if c.watchdog != nil {
		c.watchdog.close()
		c.watchdog = nil
	}
	err := c.end(ctx)
	c.file.leave(c.path, err == nil && c.sound && !c.lost && !c.crashed && c.damage.Load() == nil)
	c.db, c.files, c.inside = nil, nil, internals{}
	return err
}

func (c *connection) end(ctx context.Context) error {
	if c.crashed {
		return c.abandon()
	}
	err := c.shut(ctx)
	if err != nil && !c.crashed {
		err = c.shut(ctx)
	}
	if err == nil {
		return nil
	}
	c.log.Error("sqlite: connection could not be closed, closing its files", "file", c.path, "error", err)
	return c.abandon() // which is all that closing is to do: what SQLite said is told, and is no handle left open
}

func (c *connection) shut(ctx context.Context) error {
	for _, stmt := range slices.Collect(c.db.Stmts()) {
		if err := c.finalize(stmt); c.crashed {
			return err
		}
	}
	if err := c.attempt(func() error { return c.protect(ctx) }); err != nil {
		return err
	}
	return c.attempt(c.db.Close)
}

// finalize destroys a statement. SQLite's finalize reports the statement's last error, which is no news, as a panic if that was out
// of memory; the statement is gone then, but for a fault. One that has not run to its end is committed by it.
func (c *connection) finalize(stmt *sqlite3.Stmt) error { return c.attempt(stmt.Close) }

// attempt runs a step of SQLite outside of a guest's call. As in one, a panic costs the connection.
func (c *connection) attempt(step func() error) error {
	err := attempt(step)
	var fault *panicError
	if errors.As(err, &fault) {
		c.lost = true
		c.crashed = c.crashed || !wasDone(fault.value)
	}
	return err
}

// abandon closes the connection without SQLite: its files, which frees its locks, and its memory. What is in the files is
// as after the death of a process.
func (c *connection) abandon() error {
	c.crashed = true
	var errs []error
	for _, file := range c.files {
		errs = append(errs, attempt(file.Close))
	}
	errs = append(errs, release(c.inside.memory))
	return errors.Join(errs...)
}

// busyPoll is how often a closer looks again at a connection that another thread's call is using.
const busyPoll = time.Millisecond

func (c *connection) lockWithin(ctx context.Context) error {
	for !c.mu.TryLock() {
		select {
		case <-ctx.Done():
			return fmt.Errorf("database[%s] still in use by a call: %w", c.path, context.Cause(ctx))
		case <-time.After(busyPoll):
		}
	}
	return nil
}
