package sqlite_test

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
	"innkeeper/adapters/sdk/sdktest"
	"innkeeper/adapters/sdk/sqlite"
)

// fakeSQLite answers as SQLite would to the few texts that the tests use, and writes down what was asked.
type fakeSQLite struct {
	abi.SQLite // calls that no test makes panic
	calls      []string
	rows       [][]byte // what step and row give
	row        []byte
	failing    map[string]int32
	inside     bool
}

func (f *fakeSQLite) note(call string) int32 {
	f.calls = append(f.calls, call)
	return f.failing[call]
}

func (f *fakeSQLite) Open(label []byte, connection *uint32) int32 {
	*connection = 7
	return f.note("open " + string(label))
}
func (f *fakeSQLite) Close(connection uint32) int32 { return f.note("close") }
func (f *fakeSQLite) Exec(_ uint32, sql []byte) int32 {
	result := f.note(string(sql))
	if result == 0 {
		f.inside = string(sql) == "BEGIN IMMEDIATE"
	}
	return result
}

func (f *fakeSQLite) Prepare(_ uint32, sql []byte, statement, tail *uint32) int32 {
	first, _, _ := strings.Cut(string(sql), ";")
	*statement, *tail = 9, uint32(min(len(first)+1, len(sql)))
	if strings.TrimSpace(string(sql)) == "" {
		*statement = 0
	}
	return f.note("prepare " + string(sql))
}
func (f *fakeSQLite) Finalize(uint32) int32 { return f.note("finalize") }
func (f *fakeSQLite) Reset(uint32) int32    { return f.note("reset") }
func (f *fakeSQLite) GetAutocommit(uint32) int32 {
	if f.inside {
		return 0
	}
	return 1
}
func (f *fakeSQLite) Step(uint32) int32 {
	if result := f.note("step"); result != 0 {
		return result
	}
	if len(f.rows) == 0 {
		return 101
	}
	f.row, f.rows = f.rows[0], f.rows[1:]
	return 100
}
func (f *fakeSQLite) Row(_ uint32, buffer []byte) int32 {
	f.note("row")
	if len(f.row) <= len(buffer) {
		copy(buffer, f.row)
	}
	return int32(len(f.row))
}
func (f *fakeSQLite) Errmsg(_ uint32, buffer []byte) int32 { return int32(copy(buffer, "the message")) }
func (f *fakeSQLite) BindInt64(_, i uint32, v int64) int32 {
	return f.note("bind " + strconv.Itoa(int(i)) + " int " + strconv.FormatInt(v, 10))
}
func (f *fakeSQLite) BindDouble(_, i uint32, v float64) int32 {
	return f.note("bind " + strconv.Itoa(int(i)) + " float " + strconv.FormatFloat(v, 'g', -1, 64))
}
func (f *fakeSQLite) BindText(_, i uint32, v []byte) int32 {
	return f.note("bind " + strconv.Itoa(int(i)) + " text " + string(v))
}
func (f *fakeSQLite) BindBlob(_, i uint32, v []byte) int32 {
	return f.note("bind " + strconv.Itoa(int(i)) + " blob " + string(v))
}
func (f *fakeSQLite) BindNull(_, i uint32) int32 {
	return f.note("bind " + strconv.Itoa(int(i)) + " null")
}
func (f *fakeSQLite) ColumnInt64(_, i uint32, v *int64) int32 {
	*v = 42
	return f.note("column_int64 " + strconv.Itoa(int(i)))
}
func (f *fakeSQLite) ColumnText(_, i uint32, buffer []byte) int32 {
	f.note("column_text " + strconv.Itoa(int(i)))
	return int32(copy(buffer, "1.5"))
}

// withDB runs f on an open database of the fake.
func withDB(t *testing.T, fake *fakeSQLite, f func(*sqlite.DB)) {
	t.Helper()
	host := sdktest.New().ABI()
	host.SQLite = fake
	sdk.New(host).Run(func(l *sdk.Loop) error {
		db, err := sqlite.Open(l, "main")
		if err != nil {
			t.Error(err)
			return err
		}
		f(db)
		return errors.New("enough")
	})
}

// rowOf lays out a row as sqlite.row does.
func rowOf(values ...any) []byte {
	var b []byte
	for _, value := range values {
		switch v := value.(type) {
		case nil:
			b = abi.AppendSQLiteValueNull(b)
		case int64:
			b = abi.AppendSQLiteValueInteger(b, v)
		case float64:
			b = abi.AppendSQLiteValueFloat(b, v)
		case string:
			b = abi.AppendSQLiteValueText(b, []byte(v))
		case []byte:
			b = abi.AppendSQLiteValueBlob(b, v)
		}
	}
	return b
}

func TestRowsAreReadWithOneCall(t *testing.T) {
	long := strings.Repeat("x", 5000)
	fake := &fakeSQLite{rows: [][]byte{rowOf(int64(-3), 2.5, "text", []byte{0, 1}, nil), rowOf(long)}}
	withDB(t, fake, func(db *sqlite.DB) {
		stmt, err := db.Prepare("SELECT 1")
		if err != nil {
			t.Fatal(err)
		}
		if more, err := stmt.Step(); !more || err != nil {
			t.Fatalf("step: %t, %v", more, err)
		}
		if stmt.ColumnInt64(0) != -3 || stmt.ColumnFloat64(1) != 2.5 || stmt.ColumnText(2) != "text" || string(stmt.ColumnBytes(3)) != "\x00\x01" {
			t.Error("the columns are not what the row holds")
		}
		if !stmt.ColumnIsNull(4) || stmt.ColumnText(4) != "" || stmt.ColumnInt(4) != 0 || stmt.ColumnFloat64(4) != 0 || stmt.ColumnIsNull(3) {
			t.Error("NULL is not NULL")
		}
		if stmt.ColumnFloat64(0) != -3 || stmt.ColumnType(2) != sqlite.TEXT || !stmt.ColumnIsNull(5) || !stmt.ColumnIsNull(-1) {
			t.Error("an integer as float, a type, or a column that is not there")
		}
		if want := []string{"open main", "prepare SELECT 1", "step", "row"}; !slices.Equal(fake.calls, want) {
			t.Errorf("host calls %q, want %q", fake.calls, want)
		}
		// What is of another type is converted by SQLite.
		if stmt.ColumnInt64(2) != 42 || stmt.ColumnText(1) != "1.5" {
			t.Error("conversions")
		}
		stmt.Step()
		if stmt.ColumnText(0) != long || stmt.RowError() != nil {
			t.Errorf("a row larger than the buffer: %d bytes, %v", len(stmt.ColumnText(0)), stmt.RowError())
		}
		if more, err := stmt.Step(); more || err != nil {
			t.Errorf("after the last row: %t, %v", more, err)
		}
	})
}

func TestMalformedRows(t *testing.T) {
	for _, bad := range [][]byte{{9}, {1, 2, 3}, {3, 9, 0}, {3, 9, 0, 0, 0, 'x'}} {
		withDB(t, &fakeSQLite{rows: [][]byte{bad}}, func(db *sqlite.DB) {
			stmt, _ := db.Prepare("SELECT 1")
			stmt.Step()
			if stmt.ColumnText(0) != "" || !errors.Is(stmt.RowError(), abi.EIO) {
				t.Errorf("row %v: %v", bad, stmt.RowError())
			}
		})
	}
}

func TestExecBindsInOrder(t *testing.T) {
	fake := &fakeSQLite{}
	withDB(t, fake, func(db *sqlite.DB) {
		if err := db.Exec("INSERT", nil, true, 7, int64(8), 0.5, "t", []byte("b"), []byte(nil)); err != nil {
			t.Error(err)
		}
	})
	want := []string{"open main", "prepare INSERT", "bind 1 null", "bind 2 int 1", "bind 3 int 7", "bind 4 int 8", "bind 5 float 0.5", "bind 6 text t",
		"bind 7 blob b", "bind 8 null", "step", "reset", "finalize"}
	if !slices.Equal(fake.calls, want) {
		t.Errorf("host calls %q, want %q", fake.calls, want)
	}
}

func TestExecClosesTheStatementWhateverHappens(t *testing.T) {
	for _, failing := range []map[string]int32{{"step": 19}, {"bind 1 int 1": 25}} {
		fake := &fakeSQLite{failing: failing}
		withDB(t, fake, func(db *sqlite.DB) {
			if err := db.Exec("INSERT", 1); err == nil {
				t.Error("no error")
			}
		})
		if !slices.Contains(fake.calls, "finalize") {
			t.Errorf("host calls %q", fake.calls)
		}
	}
	fake := &fakeSQLite{}
	withDB(t, fake, func(db *sqlite.DB) {
		err := db.Exec("INSERT", struct{}{})
		if err == nil || !strings.Contains(err.Error(), "parameter[1]") {
			t.Errorf("error %v", err)
		}
	})
	if !slices.Contains(fake.calls, "finalize") {
		t.Errorf("host calls %q", fake.calls)
	}
}

func TestPrepareTakesOneStatement(t *testing.T) {
	fake := &fakeSQLite{}
	withDB(t, fake, func(db *sqlite.DB) {
		for _, sql := range []string{"", "SELECT 1; SELECT 2"} {
			if _, err := db.Prepare(sql); !errors.Is(err, sqlite.MISUSE) {
				t.Errorf("%q: %v", sql, err)
			}
		}
		if _, err := db.Prepare("SELECT 1;\n "); err != nil {
			t.Error(err)
		}
	})
	if n := len(slices.DeleteFunc(fake.calls, func(c string) bool { return c != "finalize" })); n != 1 {
		t.Errorf("%d statements closed, want the one that was too many", n)
	}
}

func TestSQLiteErrors(t *testing.T) {
	withDB(t, &fakeSQLite{failing: map[string]int32{"A": 5 | 1<<8, "B": abi.EBADF.Result()}}, func(db *sqlite.DB) {
		err := db.Exec("A")
		var failed *sqlite.Error
		if !errors.As(err, &failed) || failed.Message != "the message" || failed.Code != 261 {
			t.Errorf("error %#v", err)
		}
		if !errors.Is(err, sqlite.BUSY) || !errors.Is(err, sqlite.Code(261)) || errors.Is(err, sqlite.LOCKED) {
			t.Error("errors.Is does not tell the codes apart")
		}
		if got := err.Error(); got != "SQLITE_BUSY (261): the message" {
			t.Errorf("text %q", got)
		}
		if err := db.Exec("B"); !errors.Is(err, abi.EBADF) {
			t.Errorf("what the host refuses: %v", err)
		}
	})
}

func TestTransaction(t *testing.T) {
	boom := errors.New("boom")
	tests := []struct {
		name    string
		failing map[string]int32
		f       func() error
		want    []string
		err     error
	}{
		{"commit", nil, func() error { return nil }, []string{"BEGIN IMMEDIATE", "COMMIT"}, nil},
		{"rollback", nil, func() error { return boom }, []string{"BEGIN IMMEDIATE", "ROLLBACK"}, boom},
		{"no begin", map[string]int32{"BEGIN IMMEDIATE": 5}, nil, []string{"BEGIN IMMEDIATE"}, sqlite.BUSY},
		{"no commit", map[string]int32{"COMMIT": 5}, func() error { return nil }, []string{"BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"}, sqlite.BUSY},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fake := &fakeSQLite{failing: test.failing}
			withDB(t, fake, func(db *sqlite.DB) {
				if err := db.Transaction(test.f); !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
					t.Errorf("error %v, want %v", err, test.err)
				}
			})
			if got := fake.calls[1:]; !slices.Equal(got, test.want) {
				t.Errorf("host calls %q, want %q", got, test.want)
			}
		})
	}
}

func TestTransactionRollsBackOnPanic(t *testing.T) {
	fake := &fakeSQLite{}
	withDB(t, fake, func(db *sqlite.DB) {
		defer func() {
			if recover() != "boom" {
				t.Error("the panic did not come through")
			}
		}()
		db.Transaction(func() error { panic("boom") })
	})
	if got := fake.calls[len(fake.calls)-1]; got != "ROLLBACK" {
		t.Errorf("host calls %q", fake.calls)
	}
}

func TestCloseIsIdempotentAndNilSafe(t *testing.T) {
	fake := &fakeSQLite{}
	withDB(t, fake, func(db *sqlite.DB) {
		stmt, _ := db.Prepare("SELECT 1")
		for _, err := range []error{stmt.Close(), stmt.Close(), db.Close(), db.Close(), (*sqlite.DB)(nil).Close(), (*sqlite.Stmt)(nil).Close()} {
			if err != nil {
				t.Error(err)
			}
		}
	})
	if want := []string{"open main", "prepare SELECT 1", "finalize", "close"}; !slices.Equal(fake.calls, want) {
		t.Errorf("host calls %q, want %q", fake.calls, want)
	}
}

func TestHostWithoutDatabases(t *testing.T) {
	sdktest.Start(t, sdktest.New(), func(l *sdk.Loop) error {
		if _, err := sqlite.Open(l, "main"); !errors.Is(err, abi.ENOSYS) {
			t.Errorf("error %v", err)
		}
		return nil
	})
}
