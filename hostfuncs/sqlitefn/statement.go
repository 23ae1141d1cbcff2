package sqlitefn

import (
	"bytes"
	"context"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/handles"
	"innkeeper/runtime/ledger"
)

// statement is one prepared statement. Its connection's lock guards it.
type statement struct {
	conn   *connection
	stmt   *sqlite3.Stmt
	handle int32 // SQLite's pointer to it
}

var _ ledger.Resource = (*statement)(nil)

// CloseHandle finalizes the statement. If nothing is left of its connection, nothing is of the statement.
func (s *statement) CloseHandle(ctx context.Context) error {
	if err := s.conn.lockWithin(ctx); err != nil {
		return err
	}
	defer s.conn.mu.Unlock()
	if s.conn.db != nil && !s.conn.crashed {
		s.conn.finalize(s.stmt)
	}
	return nil
}

// Prepare implements sqlite.prepare.
func (f *Family) Prepare(parent uint32, sql []byte, handle, tail *uint32) int32 {
	if err := f.ledger.Room(KindStatement); err != nil {
		return handles.Errno(err).Result()
	}
	entry, err := f.ledger.Acquire(KindConnection, parent)
	if err != nil {
		return handles.Errno(err).Result()
	}
	c := entry.Resource().(*connection)
	defer f.watch(c)
	defer entry.Release()
	var made *statement
	result := c.do(func() int32 {
		stmt, used, result := c.prepare(sql)
		if result == abi.SQLiteOK {
			*tail = uint32(used)
		}
		if stmt != nil {
			made = &statement{c, stmt, c.inside.statement(stmt)}
		}
		return result
	})
	if made == nil {
		return result
	}
	// Not under the connection's lock: a ledger that takes no more closes the statement at once, which takes that lock.
	id, err := f.ledger.Register(f.closing, KindStatement, parent, c.opener, made)
	if err != nil {
		return handles.Errno(err).Result()
	}
	*handle = id
	return abi.SQLiteOK
}

// prepare compiles the first statement of the text, and gives the number of bytes that it takes. The statement is nil if there
// is none.
func (c *connection) prepare(sql []byte) (stmt *sqlite3.Stmt, used int, result int32) {
	if result := c.accept(sql); result != abi.SQLiteOK {
		return nil, 0, result
	}
	result = c.timed(func() int32 {
		var err error
		stmt, used, err = c.compile(sql)
		return c.result(err)
	})
	return stmt, used, result
}

// sqlPiece is how much of a text is compiled at first, in bytes: nearly every statement is shorter.
const sqlPiece = 1 << 10

// compile compiles the first statement of the text. The library copies all of what it is given for one statement of it, which makes
// a script of thousands of them quadratic. So it is given a piece, and a larger one until the statement ends before the
// piece does: nothing that follows can change it then. The text is not copied on the way: its bytes are used during this
// call only.
func (c *connection) compile(sql []byte) (stmt *sqlite3.Stmt, used int, err error) {
	for size := sqlPiece; ; size *= 4 {
		piece := textOf(sql[:min(size, len(sql))])
		stmt, rest, err := c.db.Prepare(piece)
		if len(piece) == len(sql) || stmt != nil && rest != "" {
			return stmt, len(piece) - len(rest), err
		}
		if stmt != nil {
			stmt.Close()
		}
	}
}

// accept refuses text that is too long before the library copies it into the connection's memory, and text with a NUL,
// at which SQLite would stop without a word.
func (c *connection) accept(sql []byte) int32 {
	if len(sql) > SQLBytes {
		return c.result(sqlite3.TOOBIG)
	}
	if bytes.IndexByte(sql, 0) >= 0 {
		return abi.EINVAL.Result()
	}
	return abi.SQLiteOK
}

// Exec implements sqlite.exec. The whole text has the time of one call.
func (f *Family) Exec(id uint32, sql []byte) int32 {
	return f.onConnection(id, func(c *connection) int32 {
		if result := c.accept(sql); result != abi.SQLiteOK {
			return result
		}
		return c.timed(func() int32 { return c.exec(sql) })
	})
}

func (c *connection) exec(sql []byte) int32 {
	for len(sql) > 0 {
		stmt, used, err := c.compile(sql)
		if err != nil {
			return c.result(err)
		}
		if stmt == nil {
			break
		}
		if result := c.run(stmt); result != abi.SQLiteDone {
			return result
		}
		sql = sql[used:]
	}
	return abi.SQLiteOK
}

// run steps a statement to its end and finalizes it, but not if that ends in a panic, see wasDone.
func (c *connection) run(stmt *sqlite3.Stmt) int32 {
	for {
		if result := c.step(stmt); result != abi.SQLiteRow {
			stmt.Close()
			return result
		}
	}
}

// Step implements sqlite.step.
func (f *Family) Step(id uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 {
		return s.conn.timed(func() int32 { return s.conn.step(s.stmt) })
	})
}

func (c *connection) step(stmt *sqlite3.Stmt) int32 {
	if !c.mayGrow(stmt) {
		return int32(sqlite3.FULL)
	}
	c.authorizer.stepping = true
	more := stmt.Step()
	c.authorizer.stepping = false
	if more {
		return abi.SQLiteRow
	}
	if err := stmt.Err(); err != nil {
		return c.result(err)
	}
	return abi.SQLiteDone
}

// Reset implements sqlite.reset. As in SQLite, the result is that of the last step if it failed.
func (f *Family) Reset(id uint32) int32 {
	return f.onStatement(id, func(s *statement) int32 { return s.conn.result(s.stmt.Reset()) })
}
