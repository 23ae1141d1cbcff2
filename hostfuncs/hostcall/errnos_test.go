package hostcall_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/configfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
	"innkeeper/runtime/mailbox"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/outcome"
)

// provocation makes a function give an errno of its row.
type provocation func(t *testing.T) int32

// fault names a function and an errno of its row.
type fault struct {
	function string
	errno    abi.Errno
}

// Every errno that a row names comes about, with the real families; what cannot be provoked is listed with the reason. EFAULT and
// EBADF follow from the parameters and are tried on every function that can have them.
func TestEveryErrnoOfEveryRow(t *testing.T) {
	provoked := map[fault]provocation{}
	for _, part := range []map[fault]provocation{smallFaults(), sqliteFaults(t), httpFaults(), agentFaults()} {
		for f, provoke := range part {
			provoked[f] = provoke
		}
	}
	excused := unprovoked()
	for _, table := range tables() {
		for i, f := range table.ABI.Functions {
			call := table.Calls[i]
			for _, errno := range f.Errnos() {
				what := fault{table.ABI.Name + "." + f.Name, errno}
				provoke := provoked[what]
				switch errno {
				case abi.EFAULT:
					provoke = func(t *testing.T) int32 { return outside(t, table, call, f) }
				case abi.EBADF:
					provoke = func(t *testing.T) int32 { return noHandle(t, table, call, f) }
				}
				try(t, what, provoke, excused[what])
				delete(provoked, what)
				delete(excused, what)
			}
		}
	}
	for what := range provoked {
		t.Errorf("%s: a provocation of %s, which is not in its row", what.function, what.errno)
	}
	for what := range excused {
		t.Errorf("%s: an excuse for %s, which is not in its row", what.function, what.errno)
	}
}

func try(t *testing.T, what fault, provoke provocation, excuse string) {
	t.Helper()
	switch {
	case (provoke == nil) == (excuse == ""):
		t.Errorf("%s: %s wants a provocation, or a reason why there is none", what.function, what.errno)
	case provoke == nil:
		t.Logf("%s: %s cannot be provoked: %s", what.function, what.errno, excuse)
	default:
		t.Run(fmt.Sprintf("%s/%s", what.function, what.errno), func(t *testing.T) {
			if got := provoke(t); got != what.errno.Result() {
				t.Errorf("got %d (%v)", got, abi.FromResult(got))
			}
		})
	}
}

// unprovoked are the errnos that no test can bring about, and why.
func unprovoked() map[fault]string {
	const (
		guarded   = "every call of the library is guarded the same way; this one has nothing of its own that could use up memory"
		untouched = "every call of the library is guarded the same way; this one touches neither the file nor what is mapped from it"
		short     = "compiling is bounded by the bounds of the text, long before the time is up"
	)
	excuses := map[fault]string{
		{"sqlite.prepare", abi.ETIMEDOUT}: short,
		{"sqlite.close", abi.EIO}:         "where SQLite cannot close, its files are closed; that the system refuses that cannot be brought about",
	}
	for _, name := range []string{
		"changes", "last_insert_rowid", "get_autocommit", "bind_int64", "bind_double", "bind_null", "bind_zeroblob", "bind_parameter_count",
		"bind_parameter_index", "clear_bindings", "column_count", "column_name", "column_type", "column_int64", "column_double", "column_text", "column_blob", "row", "reset",
	} {
		excuses[fault{"sqlite." + name, abi.ENOMEM}] = guarded
	}
	for _, name := range []string{
		"prepare", "changes", "last_insert_rowid", "get_autocommit", "bind_int64", "bind_double", "bind_text", "bind_blob", "bind_null",
		"bind_zeroblob", "bind_parameter_count", "bind_parameter_index", "clear_bindings", "column_count", "column_name", "column_type",
		"column_int64", "column_double", "column_text", "column_blob", "row", "reset",
	} {
		excuses[fault{"sqlite." + name, abi.EIO}] = untouched
	}
	return excuses
}

// bench is what the families of one instance stand on.
type bench struct {
	core family.Core
	kill context.CancelFunc
}

// newBench makes it with a quota; its ledger is closed at the end of the test.
func newBench(t *testing.T, quota ledger.Quota) *bench {
	t.Helper()
	ctx, kill := context.WithCancel(context.Background())
	books := ledger.New(quota)
	b := &bench{kill: kill, core: family.Core{
		Facts: family.Facts{
			Manifest: &manifest.Manifest{Databases: []string{"main"}}, Folder: t.TempDir(), Logger: slog.New(slog.DiscardHandler),
			Secrets: map[string]bool{"key": true},
		},
		Context: ctx, Ledger: books,
		Mailbox:     mailbox.New(mailbox.Bounds{New: 8, DeltaBytes: 1 << 10}, func(handle uint32) { books.Retire(handle) }),
		Settings:    func() []byte { return []byte("{}") },
		Predecessor: func() uint64 { return 0 },
		Ready:       func() {}, Failed: func(outcome.Failure) {}, Fatal: func(string, string) {},
	}}
	t.Cleanup(func() {
		kill()
		b.core.Mailbox.Close()
		closing, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_ = books.CloseAll(closing) // some of the tests break what they open
	})
	return b
}

// memory is a guest's memory of 64 KiB.
type memory []byte

func (m memory) Read(offset, n uint32) ([]byte, bool) {
	if uint64(offset)+uint64(n) > uint64(len(m)) {
		return nil, false
	}
	return m[offset : offset+n], true
}

// plug makes the family of a table for one instance.
func plug(t *testing.T, table hostcall.Table) any {
	t.Helper()
	for _, p := range plugs() {
		if p.ABI.Name == table.ABI.Name {
			return p.New(newBench(t, ledger.Quota{}).core).Functions
		}
	}
	t.Fatalf("no plug of %s", table.ABI.Name)
	return nil
}

// outside calls a function with every pointer outside of the memory.
func outside(t *testing.T, table hostcall.Table, call hostcall.Call, f abi.Function) int32 {
	stack := make([]uint64, len(f.Wasm()))
	for i := range stack {
		stack[i] = 0xffff_fff0
	}
	return call.Run(plug(t, table), guestmem.Of(make(memory, 64<<10)), stack)
}

// noHandle calls a function with a number that is no handle, and nothing else wrong.
func noHandle(t *testing.T, table hostcall.Table, call hostcall.Call, f abi.Function) int32 {
	stack := make([]uint64, len(f.Wasm())+1)
	stack[0] = 12345
	return call.Run(plug(t, table), guestmem.Of(make(memory, 64<<10)), stack)
}

// smallFaults are those of the families that open nothing.
func smallFaults() map[fault]provocation {
	return map[fault]provocation{
		{"lifecycle.ready", abi.EEXIST}: func(t *testing.T) int32 {
			f := lifecyclefn.New(newBench(t, ledger.Quota{}).core)
			f.Ready()
			return f.Ready()
		},
		{"event.wait", abi.ECANCELED}: func(t *testing.T) int32 {
			b := newBench(t, ledger.Quota{})
			b.kill()
			return eventfn.New(b.core).Wait(-1)
		},
		{"event.recv", abi.EAGAIN}: func(t *testing.T) int32 {
			return eventfn.New(newBench(t, ledger.Quota{}).core).Recv(nil)
		},
		{"config.has_secret", abi.ENOENT}: func(t *testing.T) int32 {
			return configfn.New(newBench(t, ledger.Quota{}).core).HasSecret([]byte("other"))
		},
	}
}

// patient is an agent that answers only when its turn is over.
type patient struct{}

func (patient) Run(ctx context.Context, _ agent.Turn, _ func(agent.Event) error) error {
	<-ctx.Done()
	return context.Cause(ctx)
}
func (patient) Models(context.Context) []agent.Model { return nil }
func (patient) Close() error                         { return nil }

func agentFaults() map[fault]provocation {
	start := func(t *testing.T, quota ledger.Quota, request string, before func(f *agentfn.Family)) int32 {
		b := newBench(t, quota)
		f := agentfn.New(b.core.Context, agentfn.Config{
			Ledger: b.core.Ledger, Mailbox: b.core.Mailbox, Logger: b.core.Logger, Agent: func() agent.Agent { return patient{} },
			MaxTurnBytes: 8, MaxTurnsBytes: 8 + limits.TurnValueBytes,
		})
		t.Cleanup(func() {
			if err := f.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
		if before != nil {
			before(f)
		}
		return f.Start([]byte(request))
	}
	one := func(f *agentfn.Family) { f.Start([]byte("1234567")) }
	return map[fault]provocation{
		{"agent.start", abi.E2BIG}: func(t *testing.T) int32 { return start(t, ledger.Quota{}, "123456789", nil) },
		{"agent.start", abi.EMFILE}: func(t *testing.T) int32 {
			return start(t, ledger.Quota{Kinds: map[ledger.Kind]int{agentfn.KindTurn: 1}}, "{}", one)
		},
		{"agent.start", abi.ENFILE}: func(t *testing.T) int32 { return start(t, ledger.Quota{Total: 1}, "{}", one) },
		{"agent.start", abi.ENOMEM}: func(t *testing.T) int32 { return start(t, ledger.Quota{}, "123456", one) },
		{"agent.start", abi.ECANCELED}: func(t *testing.T) int32 {
			return start(t, ledger.Quota{}, "{}", func(f *agentfn.Family) { _ = f.Close(context.Background()) })
		},
	}
}
