package sqlitefn

import (
	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/handles"
)

// onConnection runs a call on a connection, alone with it.
func (f *Family) onConnection(id uint32, operation func(c *connection) int32) int32 {
	c, result := f.withConnection(id, operation)
	if c != nil {
		f.watch(c)
	}
	return result
}

func (f *Family) withConnection(id uint32, operation func(c *connection) int32) (*connection, int32) {
	entry, err := f.ledger.Acquire(KindConnection, id)
	if err != nil {
		return nil, handles.Errno(err).Result()
	}
	defer entry.Release()
	c := entry.Resource().(*connection)
	return c, c.do(func() int32 { return operation(c) })
}

// onStatement runs a call on a statement, alone with its connection.
func (f *Family) onStatement(id uint32, operation func(s *statement) int32) int32 {
	c, result := f.withStatement(id, operation)
	if c != nil {
		f.watch(c)
	}
	return result
}

func (f *Family) withStatement(id uint32, operation func(s *statement) int32) (*connection, int32) {
	entry, err := f.ledger.Acquire(KindStatement, id)
	if err != nil {
		return nil, handles.Errno(err).Result()
	}
	defer entry.Release()
	s := entry.Resource().(*statement)
	return s.conn, s.conn.do(func() int32 { return operation(s) })
}

// watch reports damage that a call found. It runs with nothing locked, because the host may answer by closing it all.
func (f *Family) watch(c *connection) {
	if damage := c.damage.Load(); damage != nil {
		f.reportDamage(damage)
	}
}

// Close implements sqlite.close.
func (f *Family) Close(id uint32) int32 {
	return handles.Errno(f.ledger.Close(f.closing, KindConnection, id)).Result()
}

// Finalize implements sqlite.finalize.
func (f *Family) Finalize(id uint32) int32 {
	return handles.Errno(f.ledger.Close(f.closing, KindStatement, id)).Result()
}

// Changes implements sqlite.changes.
func (f *Family) Changes(id uint32, value *int64) int32 {
	return f.onConnection(id, func(c *connection) int32 {
		*value = c.db.Changes()
		return abi.SQLiteOK
	})
}

// LastInsertRowid implements sqlite.last_insert_rowid.
func (f *Family) LastInsertRowid(id uint32, value *int64) int32 {
	return f.onConnection(id, func(c *connection) int32 {
		*value = c.db.LastInsertRowID()
		return abi.SQLiteOK
	})
}

// GetAutocommit implements sqlite.get_autocommit.
func (f *Family) GetAutocommit(id uint32) int32 {
	return f.onConnection(id, func(c *connection) int32 {
		if c.db.GetAutocommit() {
			return 1
		}
		return 0
	})
}

// errNone is what SQLite says when there was no error.
const errNone = "not an error"

// Errmsg implements sqlite.errmsg. It works on a lost connection too, to tell why it is lost.
func (f *Family) Errmsg(id uint32, buffer []byte) int32 {
	entry, err := f.ledger.Acquire(KindConnection, id)
	if err != nil {
		return handles.Errno(err).Result()
	}
	defer entry.Release()
	c := entry.Resource().(*connection)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lastError == "" {
		return guestmem.CopyOutString(buffer, errNone)
	}
	return guestmem.CopyOutString(buffer, c.lastError)
}
