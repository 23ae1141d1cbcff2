package sqlitefn_test

import (
	"bytes"
	"fmt"
	"math"
	"runtime"
	"runtime/metrics"
	"strings"
	"testing"
	"time"
	"weak"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
)

// allocated returns how much Go memory f allocates, in bytes: the least of a few tries, for the runtime counts what is allocated
// beside it, and some of what was allocated before.
func allocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 4 {
		before := heapAllocs()
		f()
		least = min(least, heapAllocs()-before)
	}
	return least
}

func heapAllocs() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// little is what a call may allocate whatever the guest names, in bytes. It is far below any of the sizes here.
const little = 64 << 10

func (in *instance) allocatesLittle(what string, f func()) {
	in.t.Helper()
	if n := allocated(f); n > little {
		in.t.Errorf("%s: allocated %d bytes", what, n)
	}
}

// stepped is a statement that stands on its first row.
func (in *instance) stepped(connection uint32, sql string) uint32 {
	in.t.Helper()
	statement := in.prepare(connection, sql)
	in.want(row, in.Step(statement))
	return statement
}

const large = 2_000_000 // of a value, in bytes; nearly the most

// wide is a statement on a row of n columns, all of them the same blob of zeros, which SQLite does not build before it is asked
// to.
func (in *instance) wide(connection uint32, n int) uint32 {
	in.t.Helper()
	statement := in.prepare(connection, "SELECT ?1"+strings.Repeat(", ?1", n-1))
	in.want(ok, in.BindZeroblob(statement, 1, large))
	in.want(row, in.Step(statement))
	return statement
}

// A row is measured before it is built: the connection has no room for a hundredth of this one.
func TestRowIsMeasuredBeforeItIsBuilt(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 8 << 20}))
	connection := in.open("main")
	statement := in.wide(connection, 500)
	in.allocatesLittle("500 columns", func() { in.wantErrno(abi.E2BIG, in.Row(statement, make([]byte, 8))) })

	statement = in.wide(connection, 8)
	const size = 8 * (large + 5)
	in.allocatesLittle("8 columns", func() { in.want(size, in.Row(statement, make([]byte, 8))) })
	statement = in.wide(connection, 9)
	in.wantErrno(abi.E2BIG, in.Row(statement, nil))
	in.want(ok, in.Exec(connection, []byte("SELECT 1"))) // it has not run out of memory
}

// A row that fits is written where it belongs, without another copy of it.
func TestRowIsWrittenIntoTheGuestsBuffer(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a, b, c, d, e); INSERT INTO t VALUES(randomblob(1000000), hex(randomblob(450000)), 7, 2.5, NULL)")
	statement := in.stepped(connection, "SELECT a, b, c, d, e, b, a FROM t")
	size := in.Row(statement, nil)
	buffer := make([]byte, size+3)
	copy(buffer[size:], "end")
	in.allocatesLittle("a row of 4 MB", func() { in.want(size, in.Row(statement, buffer)) })
	if string(buffer[size:]) != "end" {
		t.Errorf("written past the row: %q", buffer[size:])
	}
	values := decodeRow(t, buffer[:size])
	if len(values) != 7 || values[2] != int64(7) || values[3] != 2.5 || values[4] != nil || values[5] != values[1] ||
		!bytes.Equal(values[0].([]byte), values[6].([]byte)) || len(values[1].(string)) != 900_000 {
		t.Errorf("%d values, %.50q", len(values), values[1:5])
	}
	if in.one(connection, "SELECT length(a) + length(b) FROM t") != int64(1_900_000) {
		t.Error("the row is another one now")
	}
	untouched := make([]byte, size-1)
	in.want(size, in.Row(statement, untouched))
	if !bytes.Equal(untouched, make([]byte, size-1)) {
		t.Error("written although it does not fit")
	}
}

// Writing a large row ends with the instance.
func TestRowEndsWithTheInstance(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	statement := in.wide(connection, 8)
	small := in.stepped(connection, "SELECT 1")
	buffer := make([]byte, 8*(large+5))
	in.want(int32(len(buffer)), in.Row(statement, buffer))
	in.kill()
	in.wantErrno(abi.ECANCELED, in.Row(statement, buffer))
	in.want(9, in.Row(small, buffer)) // it costs less than a look
}

func TestColumnsAreMeasuredBeforeTheyAreBuilt(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 4 << 20}))
	connection := in.open("main")
	statement := in.wide(connection, 10)
	buffer := make([]byte, 8)
	in.allocatesLittle("columns", func() {
		for column := range uint32(10) { // more than there is memory for
			in.want(large, in.ColumnBlob(statement, column, buffer))
			in.want(large, in.ColumnText(statement, column, buffer))
		}
	})
	whole := make([]byte, large)
	in.allocatesLittle("a whole one", func() { in.want(large, in.ColumnBlob(statement, 0, whole)) })
}

func TestColumnNameIsMeasuredBeforeItIsCopied(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	name := strings.Repeat("n", 900_000)
	statement := in.prepare(connection, "SELECT 1 AS "+name)
	buffer := make([]byte, len(name))
	in.allocatesLittle("column_name", func() {
		in.want(int32(len(name)), in.ColumnName(statement, 0, buffer[:8]))
		in.want(int32(len(name)), in.ColumnName(statement, 0, buffer))
	})
	if string(buffer) != name {
		t.Error("another name")
	}
}

// What is kept of a message is little, and whole characters.
func TestErrmsgIsCut(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a); CREATE TRIGGER g BEFORE INSERT ON t BEGIN "+
		"SELECT RAISE(ABORT, '"+strings.Repeat("ä", 200_000)+"'); END")
	if got := in.Exec(connection, []byte("INSERT INTO t VALUES(1)")); got&0xff != 19 {
		t.Fatalf("result %d", got)
	}
	in.allocatesLittle("errmsg", func() {
		if n := in.Errmsg(connection, make([]byte, 8)); n != sqlitefn.ErrmsgBytes {
			t.Errorf("%d bytes", n)
		}
	})
	in.want(1, in.Exec(connection, []byte("SELECT * FROM "+strings.Repeat("ä", 200_000))))
	message := in.errmsg(connection)
	if len(message) > sqlitefn.ErrmsgBytes || strings.ToValidUTF8(message, "") != message || !strings.HasPrefix(message, "no such table") {
		t.Errorf("%d bytes: %.60q", len(message), message)
	}
}

// Nothing is allocated for what is longer than it may be, and nothing by the length of what follows the first statement.
func TestInputIsBoundedBeforeItIsCopied(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 16 << 20}))
	connection := in.open("main")
	statement := in.prepare(connection, "SELECT ?1, :name")
	huge := make([]byte, 256<<20) // untouched pages, so they cost nothing
	letters := bytes.Repeat([]byte("n"), 20<<20)
	for what, call := range map[string]func() int32{
		"open":                 func() int32 { return in.Open(huge, new(uint32)) - abi.EINVAL.Result() },
		"exec":                 func() int32 { return in.Exec(connection, huge) - 18 },
		"prepare":              func() int32 { return in.Prepare(connection, huge, new(uint32), new(uint32)) - 18 },
		"bind_text":            func() int32 { return in.BindText(statement, 1, huge) - 18 },
		"bind_blob":            func() int32 { return in.BindBlob(statement, 1, huge) - 18 },
		"bind_zeroblob":        func() int32 { return in.BindZeroblob(statement, 1, 1<<62) - 18 },
		"bind_parameter_index": func() int32 { return in.BindParameterIndex(statement, huge) },
		"a name of letters":    func() int32 { return in.BindParameterIndex(statement, letters) },
	} {
		in.allocatesLittle(what, func() { in.want(0, call()) })
	}
	value := make([]byte, large)
	in.allocatesLittle("a text and a blob of 2 MB", func() {
		in.want(ok, in.BindText(statement, 1, value))
		in.want(ok, in.BindBlob(statement, 2, value))
	})
}

// A statement keeps nothing of the text that it was made of, which is the guest's, nor a copy of what followed it.
func TestStatementsKeepNoText(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	text := []byte("SELECT 1;" + strings.Repeat(" ", 1_000_000))
	in.allocatesLittle("100 statements of a text of 1 MB", func() {
		for range 100 {
			var statement, tail uint32
			in.want(ok, in.Prepare(connection, text, &statement, &tail))
			in.want(9, int32(tail))
		}
	})
	kept := weak.Make(&text[0])
	text = nil
	runtime.GC()
	if kept.Value() != nil {
		t.Error("the text is still referred to")
	}
}

// A script is compiled in pieces: a connection that has no room for a copy of what follows each statement runs it all the same.
func TestScriptCostsWhatItsStatementsCost(t *testing.T) {
	in := start(t, withLimits(sqlitefn.Limits{MaxMemory: 1 << 20, CallBudget: time.Minute}))
	in.want(ok, in.Exec(in.open("main"), []byte(strings.Repeat("SELECT 1;", 100_000))))
}

// A statement is the same wherever the first piece of its text ends.
func TestStatementsLongerThanAPiece(t *testing.T) {
	in := start(t)
	connection := in.open("main")
	in.exec(connection, "CREATE TABLE t(a)")
	for padding := 900; padding < 1100; padding++ {
		spaces := strings.Repeat(" ", padding)
		in.exec(connection, "DELETE FROM t; INSERT INTO t VALUES(1);"+spaces+"/* ; */INSERT INTO t VALUES('"+spaces+";x'); UPDATE t SET a='y' WHERE a=1")
		if got := in.one(connection, "SELECT group_concat(trim(a)) FROM t"); got != "y,;x" {
			t.Fatalf("padding %d: %v", padding, got)
		}
		var statement, tail uint32
		first := fmt.Sprintf("SELECT%s 1, '%s' ;", spaces, strings.Repeat("a", padding))
		in.want(ok, in.Prepare(connection, []byte(first+" SELECT 2"), &statement, &tail))
		in.want(int32(len(first)), int32(tail))
		in.want(row, in.Step(statement))
		in.want(ok, in.Finalize(statement))
	}
	in.want(1, in.Exec(connection, []byte("SELECT 1;"+strings.Repeat(" ", 5000)+"SELEC 2")))
	if got := in.errmsg(connection); got != `near "SELEC": syntax error` {
		t.Error(got)
	}
}
