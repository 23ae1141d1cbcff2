package main

import (
	"errors"
	"path/filepath"
	"strconv"

	"github.com/ncruces/go-sqlite3"

	"innkeeper/adapters/abi"
)

// pragmas are those that the gateway sets.
const pragmas = "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON"

// openDirect opens a database as a program would that needs no confinement.
func openDirect(path string) (*sqlite3.Conn, error) {
	db, err := sqlite3.Open(path)
	if err != nil {
		return nil, err
	}
	if err := db.Exec(pragmas); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// bareSQLite is the host functions of SQLite and nothing but SQLite: no ledger, no locks, no authorizer, no limits. So
// what was written against the SDK can be measured against the database itself. Functions that the benchmark does not use are not
// there.
type bareSQLite struct {
	abi.SQLite
	dir   string
	conns []*sqlite3.Conn // the handle is the index and one
	stmts []*sqlite3.Stmt
	row   []byte
}

func (b *bareSQLite) close() error {
	var errs []error
	for _, stmt := range b.stmts {
		errs = append(errs, stmt.Close())
	}
	for _, conn := range b.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}

func (b *bareSQLite) conn(handle uint32) *sqlite3.Conn { return b.conns[handle-1] }
func (b *bareSQLite) stmt(handle uint32) *sqlite3.Stmt { return b.stmts[handle-1] }

// code is an error as an SQLite result code.
func code(err error) int32 {
	if err == nil {
		return 0
	}
	var extended sqlite3.ExtendedErrorCode
	if errors.As(err, &extended) {
		return int32(extended)
	}
	return int32(sqlite3.ERROR)
}

func (b *bareSQLite) Open(label []byte, handle *uint32) int32 {
	db, err := openDirect(filepath.Join(b.dir, string(label)+".db"))
	if err != nil {
		return code(err)
	}
	b.conns = append(b.conns, db)
	*handle = uint32(len(b.conns))
	return 0
}

func (b *bareSQLite) Exec(conn uint32, sql []byte) int32 { return code(b.conn(conn).Exec(string(sql))) }

func (b *bareSQLite) Prepare(conn uint32, sql []byte, handle, tail *uint32) int32 {
	stmt, rest, err := b.conn(conn).Prepare(string(sql))
	if err != nil {
		return code(err)
	}
	b.stmts = append(b.stmts, stmt)
	*handle, *tail = uint32(len(b.stmts)), uint32(len(sql)-len(rest))
	return 0
}

func (b *bareSQLite) BindInt64(stmt, index uint32, value int64) int32 {
	return code(b.stmt(stmt).BindInt64(int(index), value))
}

func (b *bareSQLite) BindText(stmt, index uint32, value []byte) int32 {
	return code(b.stmt(stmt).BindRawText(int(index), value))
}

func (b *bareSQLite) BindBlob(stmt, index uint32, value []byte) int32 {
	return code(b.stmt(stmt).BindBlob(int(index), value))
}

func (b *bareSQLite) BindNull(stmt, index uint32) int32 {
	return code(b.stmt(stmt).BindNull(int(index)))
}

func (b *bareSQLite) Step(stmt uint32) int32 {
	s := b.stmt(stmt)
	switch {
	case s.Step():
		return 100 // SQLITE_ROW
	case s.Err() != nil:
		return code(s.Err())
	default:
		return 101 // SQLITE_DONE
	}
}

func (b *bareSQLite) Reset(stmt uint32) int32 { return code(b.stmt(stmt).Reset()) }

// Finalize leaves the statement to close: handles are places in a list.
func (b *bareSQLite) Finalize(uint32) int32 { return 0 }

func (b *bareSQLite) Changes(conn uint32, value *int64) int32 {
	*value = b.conn(conn).Changes()
	return 0
}

func (b *bareSQLite) LastInsertRowid(conn uint32, value *int64) int32 {
	*value = b.conn(conn).LastInsertRowID()
	return 0
}

func (b *bareSQLite) GetAutocommit(conn uint32) int32 {
	if b.conn(conn).GetAutocommit() {
		return 1
	}
	return 0
}

func (b *bareSQLite) Errmsg(conn uint32, buffer []byte) int32 {
	return int32(copy(buffer, "error on connection "+strconv.Itoa(int(conn))))
}

// Row lays a row out as the ABI says.
func (b *bareSQLite) Row(stmt uint32, buffer []byte) int32 {
	s := b.stmt(stmt)
	row := b.row[:0]
	for i := range s.DataCount() {
		switch s.ColumnType(i) {
		case sqlite3.INTEGER:
			row = abi.AppendSQLiteValueInteger(row, s.ColumnInt64(i))
		case sqlite3.TEXT:
			row = abi.AppendSQLiteValueText(row, s.ColumnRawBlob(i))
		case sqlite3.BLOB:
			row = abi.AppendSQLiteValueBlob(row, s.ColumnRawBlob(i))
		default:
			row = abi.AppendSQLiteValueNull(row)
		}
	}
	b.row = row
	copy(buffer, row)
	return int32(len(row))
}
