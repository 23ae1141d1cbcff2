package hostcall_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

// database is an open connection with a statement that stands on a row.
type database struct {
	*bench
	*sqlitefn.Family
	connection, statement uint32
}

func openSQLite(t *testing.T, quota ledger.Quota, bounds sqlitefn.Limits) *database {
	t.Helper()
	b := newBench(t, quota)
	d := &database{bench: b, Family: sqlitefn.New(b.core.Context, sqlitefn.Config{
		Dir: b.core.Folder, Labels: []string{"main"}, Ledger: b.core.Ledger, Limits: bounds,
	})}
	if got := d.Open([]byte("main"), &d.connection); got != abi.SQLiteOK {
		t.Fatalf("open: %d", got)
	}
	return d
}

func (d *database) prepare(t *testing.T, sql string) (statement uint32) {
	t.Helper()
	var tail uint32
	if got := d.Prepare(d.connection, []byte(sql), &statement, &tail); got != abi.SQLiteOK {
		t.Fatalf("prepare %s: %d", sql, got)
	}
	return statement
}

// onRow is a database whose statement stands on a row.
func onRow(t *testing.T) *database {
	t.Helper()
	d := openSQLite(t, ledger.Quota{}, sqlitefn.Limits{})
	d.statement = d.prepare(t, "SELECT 1, ?")
	if got := d.Step(d.statement); got != abi.SQLiteRow {
		t.Fatalf("step: %d", got)
	}
	return d
}

// onWideRow is a database whose statement stands on a row of n blobs of two million bytes.
func onWideRow(t *testing.T, limits sqlitefn.Limits, n int) *database {
	t.Helper()
	d := openSQLite(t, ledger.Quota{}, limits)
	d.statement = d.prepare(t, "SELECT ?1"+strings.Repeat(", ?1", n-1))
	if got := d.BindZeroblob(d.statement, 1, 2_000_000); got != abi.SQLiteOK {
		t.Fatalf("bind: %d", got)
	}
	if got := d.Step(d.statement); got != abi.SQLiteRow {
		t.Fatalf("step: %d", got)
	}
	return d
}

// memoryBomb sorts more than a connection of four MiB can hold.
const memoryBomb = "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n LIMIT 1000000) SELECT i FROM n ORDER BY random()"

// endlessStep is one step of SQLite's machine that runs for minutes.
const endlessStep = "SELECT instr(printf('%.*c', 1300000, 'a'), printf('%.*c', 650000, 'a')||'b')"

// lost is a database that a call has used all memory of.
func lost(t *testing.T) *database {
	t.Helper()
	d := openSQLite(t, ledger.Quota{}, sqlitefn.Limits{MaxMemory: 4 << 20, CallBudget: time.Minute})
	d.statement = d.prepare(t, memoryBomb)
	if got := d.Step(d.statement); got != abi.ENOMEM.Result() {
		t.Fatalf("step: %d", got)
	}
	return d
}

// broken is a database whose mapped file somebody has cut.
func broken(t *testing.T) *database {
	t.Helper()
	d := openSQLite(t, ledger.Quota{}, sqlitefn.Limits{})
	if got := d.Exec(d.connection, []byte("CREATE TABLE t(a)")); got != abi.SQLiteOK {
		t.Fatalf("exec: %d", got)
	}
	d.statement = d.prepare(t, "INSERT INTO t VALUES(1)")
	if err := os.Truncate(filepath.Join(d.core.Folder, "main.db-shm"), 0); err != nil {
		t.Fatal(err)
	}
	return d
}

// brink fills the connection's memory with a value more each time, until a call that wants memory itself finds too little.
func brink(t *testing.T, call func(d *database, value []byte) int32) int32 {
	t.Helper()
	value := bytes.Repeat([]byte("v"), 1<<20)
	for fills := range 10 {
		d := openSQLite(t, ledger.Quota{}, sqlitefn.Limits{MaxMemory: 4 << 20, MaxLength: 1 << 20})
		for range fills {
			if got := d.BindText(d.prepare(t, "SELECT ?"), 1, value); got != abi.SQLiteOK {
				t.Fatalf("the memory is full already: %d", got)
			}
		}
		d.statement = d.prepare(t, "SELECT ?")
		if got := call(d, value); got < 0 {
			return got
		}
	}
	return 0
}

func sqliteFaults(t *testing.T) map[fault]provocation {
	gone := sync.OnceValue(func() *database { return lost(t) })
	faults := openFaults()
	for what, provoke := range statementFaults() {
		faults[what] = provoke
	}
	for _, table := range tables() {
		if table.ABI.Name != "sqlite" {
			continue
		}
		for i, f := range table.ABI.Functions {
			for _, errno := range f.Errnos() {
				if errno != abi.ENOTRECOVERABLE {
					continue
				}
				call := table.Calls[i]
				faults[fault{"sqlite." + f.Name, errno}] = func(*testing.T) int32 {
					d := gone()
					stack := make([]uint64, len(f.Wasm()))
					stack[0] = uint64(d.connection)
					if f.Params[0].Name == "statement" {
						stack[0] = uint64(d.statement)
					}
					return call.Run(d.Family, guestmem.Of(make(memory, 64<<10)), stack)
				}
			}
		}
	}
	return faults
}

// openWith opens a database that is not there yet, but for what place puts there.
func openWith(t *testing.T, bounds sqlitefn.Limits, place func(path string) error) int32 {
	t.Helper()
	b := newBench(t, ledger.Quota{})
	if err := place(filepath.Join(b.core.Folder, "main.db")); err != nil {
		t.Fatal(err)
	}
	var connection uint32
	return sqlitefn.New(b.core.Context, sqlitefn.Config{
		Dir: b.core.Folder, Labels: []string{"main"}, Ledger: b.core.Ledger, Limits: bounds,
	}).Open([]byte("main"), &connection)
}

// openWithLittle opens with more memory each time: too little for the library to start in, which it does not call out of memory,
// then too little for the database.
func openWithLittle(t *testing.T, want abi.Errno) (got int32) {
	t.Helper()
	for memory := int64(64 << 10); memory < 1<<20; memory += 32 << 10 {
		got = openWith(t, sqlitefn.Limits{MaxMemory: memory}, func(string) error { return nil })
		if got == want.Result() {
			break
		}
	}
	return got
}

func openFaults() map[fault]provocation {
	open := func(d *database, label string) int32 {
		var connection uint32
		return d.Open([]byte(label), &connection)
	}
	fresh := func(t *testing.T) *database { return openSQLite(t, ledger.Quota{}, sqlitefn.Limits{}) }
	return map[fault]provocation{
		{"sqlite.open", abi.EINVAL}: func(t *testing.T) int32 { return open(fresh(t), "No Label") },
		{"sqlite.open", abi.EACCES}: func(t *testing.T) int32 { return open(fresh(t), "other") },
		{"sqlite.open", abi.EMFILE}: func(t *testing.T) int32 {
			return open(openSQLite(t, ledger.Quota{Kinds: map[ledger.Kind]int{sqlitefn.KindConnection: 1}}, sqlitefn.Limits{}), "main")
		},
		{"sqlite.open", abi.ENFILE}: func(t *testing.T) int32 {
			return open(openSQLite(t, ledger.Quota{Total: 1}, sqlitefn.Limits{}), "main")
		},
		{"sqlite.open", abi.EPERM}: func(t *testing.T) int32 {
			return openWith(t, sqlitefn.Limits{}, func(path string) error { return os.Mkdir(path, 0o700) })
		},
		{"sqlite.open", abi.ENOMEM}: func(t *testing.T) int32 { return openWithLittle(t, abi.ENOMEM) },
		{"sqlite.open", abi.EIO}:    func(t *testing.T) int32 { return openWithLittle(t, abi.EIO) },
		{"sqlite.open", abi.ECANCELED}: func(t *testing.T) int32 {
			d := fresh(t)
			d.kill()
			return open(d, "main")
		},
	}
}

func statementFaults() map[fault]provocation {
	prepare := func(d *database, sql string) int32 {
		var statement, tail uint32
		return d.Prepare(d.connection, []byte(sql), &statement, &tail)
	}
	noColumn := func(call func(d *database, column uint32) int32) provocation {
		return func(t *testing.T) int32 { return call(onRow(t), 7) }
	}
	late := sqlitefn.Limits{CallBudget: 100 * time.Millisecond}
	small := sqlitefn.Limits{MaxMemory: 4 << 20, CallBudget: time.Minute}
	return map[fault]provocation{
		{"sqlite.exec", abi.EINVAL}:    func(t *testing.T) int32 { d := onRow(t); return d.Exec(d.connection, []byte("SELECT 1\x00")) },
		{"sqlite.prepare", abi.EINVAL}: func(t *testing.T) int32 { return prepare(onRow(t), "SELECT 1\x00") },
		{"sqlite.exec", abi.ETIMEDOUT}: func(t *testing.T) int32 {
			d := openSQLite(t, ledger.Quota{}, late)
			return d.Exec(d.connection, []byte(endlessStep))
		},
		{"sqlite.step", abi.ETIMEDOUT}: func(t *testing.T) int32 {
			d := openSQLite(t, ledger.Quota{}, late)
			return d.Step(d.prepare(t, endlessStep))
		},
		{"sqlite.exec", abi.ENOMEM}: func(t *testing.T) int32 {
			d := openSQLite(t, ledger.Quota{}, small)
			return d.Exec(d.connection, []byte(memoryBomb))
		},
		{"sqlite.step", abi.ENOMEM}: func(t *testing.T) int32 {
			d := openSQLite(t, ledger.Quota{}, small)
			return d.Step(d.prepare(t, memoryBomb))
		},
		{"sqlite.prepare", abi.ENOMEM}: func(t *testing.T) int32 {
			return brink(t, func(d *database, value []byte) int32 { return prepare(d, "SELECT '"+string(value[:1000_000])+"'") })
		},
		{"sqlite.bind_text", abi.ENOMEM}: func(t *testing.T) int32 {
			return brink(t, func(d *database, value []byte) int32 { return d.BindText(d.statement, 1, value) })
		},
		{"sqlite.bind_blob", abi.ENOMEM}: func(t *testing.T) int32 {
			return brink(t, func(d *database, value []byte) int32 { return d.BindBlob(d.statement, 1, value) })
		},
		{"sqlite.exec", abi.EIO}: func(t *testing.T) int32 {
			d := broken(t)
			return d.Exec(d.connection, []byte("INSERT INTO t VALUES(1)"))
		},
		{"sqlite.step", abi.EIO}: func(t *testing.T) int32 { d := broken(t); return d.Step(d.statement) },
		{"sqlite.prepare", abi.EMFILE}: func(t *testing.T) int32 {
			return prepare(openSQLite(t, ledger.Quota{Kinds: map[ledger.Kind]int{sqlitefn.KindStatement: 0}}, sqlitefn.Limits{}), "SELECT 1")
		},
		{"sqlite.prepare", abi.ENFILE}: func(t *testing.T) int32 {
			return prepare(openSQLite(t, ledger.Quota{Total: 1}, sqlitefn.Limits{}), "SELECT 1")
		},
		{"sqlite.prepare", abi.ECANCELED}: func(t *testing.T) int32 {
			d := onRow(t)
			d.core.Ledger.Seal()
			return prepare(d, "SELECT 1")
		},
		{"sqlite.bind_zeroblob", abi.EINVAL}: func(t *testing.T) int32 { d := onRow(t); return d.BindZeroblob(d.statement, 1, -1) },
		{"sqlite.column_name", abi.ERANGE}:   noColumn(func(d *database, c uint32) int32 { return d.ColumnName(d.statement, c, nil) }),
		{"sqlite.column_type", abi.ERANGE}:   noColumn(func(d *database, c uint32) int32 { return d.ColumnType(d.statement, c) }),
		{"sqlite.column_int64", abi.ERANGE}:  noColumn(func(d *database, c uint32) int32 { return d.ColumnInt64(d.statement, c, new(int64)) }),
		{"sqlite.column_double", abi.ERANGE}: noColumn(func(d *database, c uint32) int32 { return d.ColumnDouble(d.statement, c, new(float64)) }),
		{"sqlite.column_text", abi.ERANGE}:   noColumn(func(d *database, c uint32) int32 { return d.ColumnText(d.statement, c, nil) }),
		{"sqlite.column_blob", abi.ERANGE}:   noColumn(func(d *database, c uint32) int32 { return d.ColumnBlob(d.statement, c, nil) }),
		{"sqlite.row", abi.ERANGE}: func(t *testing.T) int32 {
			d := openSQLite(t, ledger.Quota{}, sqlitefn.Limits{})
			return d.Row(d.prepare(t, "SELECT 1"), nil)
		},
		{"sqlite.row", abi.E2BIG}: func(t *testing.T) int32 { d := onWideRow(t, sqlitefn.Limits{}, 500); return d.Row(d.statement, nil) },
		{"sqlite.row", abi.ETIMEDOUT}: func(t *testing.T) int32 {
			d := onWideRow(t, sqlitefn.Limits{CallBudget: time.Nanosecond}, 8)
			return d.Row(d.statement, make([]byte, sqlitefn.RowBytes))
		},
		{"sqlite.row", abi.ECANCELED}: func(t *testing.T) int32 {
			d := onWideRow(t, sqlitefn.Limits{}, 8)
			d.kill()
			return d.Row(d.statement, make([]byte, sqlitefn.RowBytes))
		},
	}
}
