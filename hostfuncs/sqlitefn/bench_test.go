package sqlitefn_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// The benchmarks compare a call through the family with the same on go-sqlite3 alone, on an equally set up database.

func direct(b *testing.B, schema string) *sqlite3.Conn {
	b.Helper()
	db, err := sqlite3.Open(filepath.Join(b.TempDir(), "direct.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		for _, stmt := range slices.Collect(db.Stmts()) {
			stmt.Close()
		}
		check(b, db.Close())
	})
	if err := db.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; " + schema); err != nil {
		b.Fatal(err)
	}
	return db
}

func directPrepare(b *testing.B, db *sqlite3.Conn, sql string) *sqlite3.Stmt {
	b.Helper()
	stmt, _, err := db.Prepare(sql)
	if err != nil {
		b.Fatal(err)
	}
	return stmt
}

func check(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}

const pointSchema = "CREATE TABLE kv(k INTEGER PRIMARY KEY, v TEXT); " +
	"WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 1000) INSERT INTO kv SELECT i, 'value '||i FROM n"

func BenchmarkPointRead(b *testing.B) {
	const sql = "SELECT k, v FROM kv WHERE k = ?"
	b.Run("hostfuncs", func(b *testing.B) {
		in := start(b)
		connection := in.open("main")
		in.exec(connection, pointSchema)
		statement := in.prepare(connection, sql)
		buffer := make([]byte, 4096)
		var key int64
		b.ReportAllocs()
		for b.Loop() {
			key = key%1000 + 1
			in.BindInt64(statement, 1, key)
			if in.Step(statement) != row || in.Row(statement, buffer) <= 0 || in.Reset(statement) != ok {
				b.Fatal(in.errmsg(connection))
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		db := direct(b, pointSchema)
		stmt := directPrepare(b, db, sql)
		var key int64
		var value []byte
		b.ReportAllocs()
		for b.Loop() {
			key = key%1000 + 1
			stmt.BindInt64(1, key)
			if !stmt.Step() {
				b.Fatal(stmt.Err())
			}
			_ = stmt.ColumnInt64(0)
			value = append(value[:0], stmt.ColumnRawText(1)...)
			check(b, stmt.Reset())
		}
	})
}

func BenchmarkInsert(b *testing.B) {
	const schema = "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT)"
	const sql = "INSERT INTO t(b) VALUES(?)"
	text := []byte("a short text of forty characters or so..")
	b.Run("hostfuncs", func(b *testing.B) {
		in := start(b)
		connection := in.open("main")
		in.exec(connection, schema)
		statement := in.prepare(connection, sql)
		b.ReportAllocs()
		for b.Loop() {
			in.BindText(statement, 1, text)
			if in.Step(statement) != done || in.Reset(statement) != ok {
				b.Fatal(in.errmsg(connection))
			}
		}
	})
	b.Run("direct", func(b *testing.B) {
		db := direct(b, schema)
		stmt := directPrepare(b, db, sql)
		b.ReportAllocs()
		for b.Loop() {
			stmt.BindRawText(1, text)
			if stmt.Step() || stmt.Err() != nil {
				b.Fatal(stmt.Err())
			}
			check(b, stmt.Reset())
		}
	})
}

// A store of responses as the API server keeps it: 2 KB of JSON by id, the least recently used going first.
const (
	storeSchema = "CREATE TABLE responses(id TEXT PRIMARY KEY, data TEXT NOT NULL, accessed INTEGER NOT NULL); CREATE INDEX used ON responses(accessed)"
	storePut    = "INSERT INTO responses(id, data, accessed) VALUES(?,?,?) ON CONFLICT(id) DO UPDATE SET data=excluded.data, accessed=excluded.accessed"
	storeGet    = "SELECT data FROM responses WHERE id = ?"
	storeTouch  = "UPDATE responses SET accessed = ? WHERE id = ?"
)

var storeRow = append(append([]byte(`{"text":"`), bytes.Repeat([]byte("lorem ipsum "), 165)...), `"}`...)

func storeKeys() [][]byte {
	keys := make([][]byte, 100)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "resp_%028d", i*7919)
	}
	return keys
}

func BenchmarkStorePut(b *testing.B) {
	keys := storeKeys()
	b.Run("hostfuncs", func(b *testing.B) {
		in := start(b)
		connection := in.open("main")
		in.exec(connection, storeSchema)
		put := in.prepare(connection, storePut)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			in.BindText(put, 1, keys[n%len(keys)])
			in.BindText(put, 2, storeRow)
			in.BindInt64(put, 3, int64(n))
			if in.Step(put) != done || in.Reset(put) != ok {
				b.Fatal(in.errmsg(connection))
			}
			n++
		}
	})
	b.Run("direct", func(b *testing.B) {
		db := direct(b, storeSchema)
		put := directPrepare(b, db, storePut)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			put.BindRawText(1, keys[n%len(keys)])
			put.BindRawText(2, storeRow)
			put.BindInt64(3, int64(n))
			if put.Step() || put.Err() != nil {
				b.Fatal(put.Err())
			}
			check(b, put.Reset())
			n++
		}
	})
}

func BenchmarkStoreGet(b *testing.B) {
	keys := storeKeys()
	b.Run("hostfuncs", func(b *testing.B) {
		in := start(b)
		connection := in.open("main")
		in.exec(connection, storeSchema)
		put := in.prepare(connection, storePut)
		for n, key := range keys {
			in.BindText(put, 1, key)
			in.BindText(put, 2, storeRow)
			in.BindInt64(put, 3, int64(n))
			in.Step(put)
			in.Reset(put)
		}
		get, touch := in.prepare(connection, storeGet), in.prepare(connection, storeTouch)
		buffer := make([]byte, 4096)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			key := keys[n%len(keys)]
			in.BindText(get, 1, key)
			if in.Step(get) != row || in.Row(get, buffer) < int32(len(storeRow)) || in.Reset(get) != ok {
				b.Fatal(in.errmsg(connection))
			}
			in.BindInt64(touch, 1, int64(n))
			in.BindText(touch, 2, key)
			if in.Step(touch) != done || in.Reset(touch) != ok {
				b.Fatal(in.errmsg(connection))
			}
			n++
		}
	})
	b.Run("direct", func(b *testing.B) {
		db := direct(b, storeSchema)
		put := directPrepare(b, db, storePut)
		for n, key := range keys {
			put.BindRawText(1, key)
			put.BindRawText(2, storeRow)
			put.BindInt64(3, int64(n))
			check(b, put.Exec())
		}
		get, touch := directPrepare(b, db, storeGet), directPrepare(b, db, storeTouch)
		var value []byte
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			key := keys[n%len(keys)]
			get.BindRawText(1, key)
			if !get.Step() {
				b.Fatal(get.Err())
			}
			value = append(value[:0], get.ColumnRawText(0)...)
			check(b, get.Reset())
			touch.BindInt64(1, int64(n))
			touch.BindRawText(2, key)
			if touch.Step() || touch.Err() != nil {
				b.Fatal(touch.Err())
			}
			check(b, touch.Reset())
			n++
		}
	})
}

func BenchmarkOpenClose(b *testing.B) {
	in := start(b)
	in.want(0, in.Close(in.open("main")))
	b.ReportAllocs()
	for b.Loop() {
		in.want(0, in.Close(in.open("main")))
	}
}

func BenchmarkPrepareFinalize(b *testing.B) {
	in := start(b)
	connection := in.open("main")
	in.exec(connection, pointSchema)
	b.ReportAllocs()
	for b.Loop() {
		in.Finalize(in.prepare(connection, "SELECT v FROM kv WHERE k = ?"))
	}
}
