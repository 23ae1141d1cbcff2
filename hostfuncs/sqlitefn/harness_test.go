package sqlitefn_test

import (
	"context"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/sqlitefn"
	"innkeeper/runtime/ledger"
)

const (
	ok   int32 = 0
	row  int32 = 100
	done int32 = 101
)

// instance is a family with its ledger, as the host would hold them for one run of a guest.
type instance struct {
	*sqlitefn.Family
	t      testing.TB
	ledger *ledger.Ledger
	dir    string
	kill   context.CancelFunc

	mu     sync.Mutex
	fatals []string
}

type option func(*sqlitefn.Config)

func withDir(dir string) option { return func(c *sqlitefn.Config) { c.Dir = dir } }

func withLimits(l sqlitefn.Limits) option { return func(c *sqlitefn.Config) { c.Limits = l } }

func withQuota(q ledger.Quota) option {
	return func(c *sqlitefn.Config) { c.Ledger = ledger.New(q) }
}

// start makes an instance. The test's end tears it down and checks that nothing is left.
func start(t testing.TB, options ...option) *instance {
	t.Helper()
	in := &instance{t: t}
	ctx, kill := context.WithCancel(context.Background())
	in.kill = kill
	cfg := sqlitefn.Config{
		Dir:    filepath.Join(t.TempDir(), "adapter"),
		Labels: []string{"main", "other"},
		Ledger: ledger.New(ledger.Quota{}),
		Fatal: func(code, message string) {
			in.mu.Lock()
			defer in.mu.Unlock()
			in.fatals = append(in.fatals, code+": "+message)
		},
	}
	for _, o := range options {
		o(&cfg)
	}
	in.ledger, in.dir = cfg.Ledger, cfg.Dir
	in.Family = sqlitefn.New(ctx, cfg)
	t.Cleanup(func() {
		kill()
		in.checkOut()
	})
	return in
}

// checkOut tears the instance down and asserts the invariants: ledger empty and balanced, no descriptor in its folder. It
// looks before any garbage collection could help.
func (in *instance) checkOut() {
	in.t.Helper()
	if err := in.ledger.CloseAll(context.Background()); err != nil {
		in.t.Errorf("CloseAll: %v", err)
	}
	for kind, c := range in.ledger.Counts() {
		if c.Open != 0 || c.Failed != 0 || c.Opened != c.Closed {
			in.t.Errorf("kind[%s]: %+v", kind, c)
		}
	}
	for _, target := range descriptors() {
		if strings.HasPrefix(target, in.dir+"/") {
			in.t.Errorf("left open: %s", target)
		}
	}
}

func (in *instance) file(name string) string { return filepath.Join(in.dir, name) }

// assertNoSiblings asserts that closing took -wal and -shm away.
func (in *instance) assertNoSiblings(label string) {
	in.t.Helper()
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		if _, err := os.Lstat(in.file(label + ".db" + suffix)); err == nil {
			in.t.Errorf("%s.db%s is still there", label, suffix)
		}
	}
}

func (in *instance) open(label string) uint32 {
	in.t.Helper()
	var connection uint32
	in.want(ok, in.Open([]byte(label), &connection))
	return connection
}

func (in *instance) exec(connection uint32, sql string) {
	in.t.Helper()
	if got := in.Exec(connection, []byte(sql)); got != ok {
		in.t.Fatalf("exec %.200q: %d %s", sql, got, in.errmsg(connection))
	}
}

func (in *instance) prepare(connection uint32, sql string) uint32 {
	in.t.Helper()
	var statement, tail uint32
	if got := in.Prepare(connection, []byte(sql), &statement, &tail); got != ok {
		in.t.Fatalf("prepare %.200q: %d %s", sql, got, in.errmsg(connection))
	}
	return statement
}

// query returns the first row of a statement, or the result code of what failed.
func (in *instance) query(connection uint32, sql string) ([]any, int32) {
	in.t.Helper()
	var statement, tail uint32
	if got := in.Prepare(connection, []byte(sql), &statement, &tail); got != ok {
		return nil, got
	}
	defer in.Finalize(statement)
	if got := in.Step(statement); got != row {
		return nil, got
	}
	return in.row(statement), row
}

func (in *instance) one(connection uint32, sql string) any {
	in.t.Helper()
	values, got := in.query(connection, sql)
	if got != row {
		in.t.Fatalf("query %.200q: %d %s", sql, got, in.errmsg(connection))
	}
	return values[0]
}

func (in *instance) row(statement uint32) []any {
	in.t.Helper()
	size := in.Row(statement, nil)
	if size < 0 {
		in.t.Fatalf("row: %v", abi.Errno(-size))
	}
	buffer := make([]byte, size)
	if got := in.Row(statement, buffer); got != size {
		in.t.Fatalf("row: %d, then %d", size, got)
	}
	return decodeRow(in.t, buffer)
}

func decodeRow(t testing.TB, b []byte) (values []any) {
	t.Helper()
	for len(b) > 0 {
		kind := b[0]
		b = b[1:]
		switch kind {
		case 1:
			values = append(values, int64(binary.LittleEndian.Uint64(b)))
			b = b[8:]
		case 2:
			values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(b)))
			b = b[8:]
		case 3, 4:
			n := binary.LittleEndian.Uint32(b)
			value := b[4 : 4+n]
			if kind == 3 {
				values = append(values, string(value))
			} else {
				values = append(values, append([]byte{}, value...))
			}
			b = b[4+n:]
		case 5:
			values = append(values, nil)
		default:
			t.Fatalf("row: type %d", kind)
		}
	}
	return values
}

func (in *instance) errmsg(connection uint32) string {
	buffer := make([]byte, 4096)
	n := in.Errmsg(connection, buffer)
	if n < 0 {
		return abi.Errno(-n).Error()
	}
	return string(buffer[:min(int(n), len(buffer))])
}

func (in *instance) want(want, got int32) {
	in.t.Helper()
	if got != want {
		in.t.Fatalf("result %d, want %d", got, want)
	}
}

func (in *instance) wantErrno(want abi.Errno, got int32) {
	in.t.Helper()
	if got != want.Result() {
		in.t.Fatalf("result %d, want %v (%d)", got, want, want.Result())
	}
}

// descriptors lists what the process's descriptors point to; nothing where the system has no such folder.
func descriptors() (targets []string) {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}
