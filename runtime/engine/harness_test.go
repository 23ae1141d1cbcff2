package engine_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guesthost"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/lifecyclefn"
	"innkeeper/hostfuncs/logfn"
	"innkeeper/hostfuncs/wasifn"
	"innkeeper/runtime/engine"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/manifest"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
	"innkeeper/runtime/outcome"
	"innkeeper/runtime/share"
)

const (
	testPages  = 64 // 4 MiB
	goPages    = 4096
	testModule = "test"
)

// patience is for budgets that must not end in a test.
const patience = time.Minute

// brief is for budgets that are to end.
const brief = 30 * time.Millisecond

// onBothEngines runs a test with wazero's compiler and with its interpreter: a guest must not be able to tell.
func onBothEngines(t *testing.T, test func(t *testing.T, interpreter bool)) {
	t.Helper()
	t.Run("compiler", func(t *testing.T) { t.Parallel(); test(t, false) })
	t.Run("interpreter", func(t *testing.T) { t.Parallel(); test(t, true) })
}

// host is what a test lends to its guests as import module "test", every function () -> ().
type host map[string]func(ctx context.Context)

func (h host) ImportName() string { return testModule }

func (h host) Export(builder wazero.HostModuleBuilder) {
	for name, f := range h {
		builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(ctx context.Context, _ []uint64) { f(ctx) }), nil, nil).Export(name)
	}
}

func compile(t testing.TB, raw []byte, functions host, interpreter bool) *engine.Program {
	t.Helper()
	program, err := engine.Compile(t.Context(), config(t, raw, functions, interpreter, testPages))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := program.Close(context.Background()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return program
}

// plugs are the families that the tests' guests use.
func plugs() []family.Plug {
	return []family.Plug{lifecyclefn.Plug(), eventfn.Plug(), logfn.Plug()}
}

// config admits and meters a module as it is done for an adapter.
func config(t testing.TB, raw []byte, functions host, interpreter bool, pages uint32) engine.Config {
	t.Helper()
	var tables []hostcall.Table
	for _, plug := range plugs() {
		tables = append(tables, plug.Table)
	}
	families, err := hostcall.Modules(tables, func(string) bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	modules := []engine.HostModule{wasifn.Module{}, functions}
	for _, family := range families {
		modules = append(modules, family)
	}
	admitted, err := module.Admit(raw, policy(t, modules))
	if err != nil {
		t.Fatal(err)
	}
	metered, err := admitted.Instrument(module.Meter{MaxPages: pages})
	if err != nil {
		t.Fatal(err)
	}
	return engine.Config{
		Wasm: metered, HostModules: modules, MemoryPages: pages, Interpreter: interpreter,
		Checkpoint: engine.Checkpoint{Module: module.MeterModule, Function: module.MeterFunction},
	}
}

// policy allows everything that the modules export.
func policy(t testing.TB, modules []engine.HostModule) module.Policy {
	t.Helper()
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
	defer r.Close(context.Background())
	all := map[string]module.Family{}
	for _, m := range modules {
		builder := r.NewHostModuleBuilder(m.ImportName())
		m.Export(builder)
		compiled, err := builder.Compile(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		functions := map[string]module.FuncType{}
		for name, f := range compiled.ExportedFunctions() {
			functions[name] = module.FuncType{Params: valueTypes(f.ParamTypes()), Results: valueTypes(f.ResultTypes())}
		}
		all[m.ImportName()] = module.Family{Name: m.ImportName(), Granted: true, Functions: functions}
	}
	return module.Policy{Families: all}
}

func valueTypes(types []byte) (out []module.ValueType) {
	for _, t := range types {
		out = append(out, module.ValueType(t))
	}
	return out
}

// stay is one instance with what a test wants to know of it.
type stay struct {
	engine.Instance
	guest     *guesthost.Guest
	intercept func(family, function string) (int32, bool)
	printed   bytes.Buffer
	stdout    io.Writer // instead of printed

	mu     sync.Mutex
	events []string // the callbacks in their order: "ready", "detach: REASON", "finish"
}

// newStay prepares an instance whose budgets do not end; change them before run.
func newStay(families ...string) *stay { return newStaySharing(nil, families...) }

// newStaySharing prepares an instance that shares the processor with others.
func newStaySharing(turns *share.Turns, families ...string) *stay {
	s := &stay{}
	s.guest = guesthost.New(context.Background(), guesthost.Config{
		Facts:    family.Facts{Manifest: &manifest.Manifest{Families: families}, Logger: slog.New(slog.DiscardHandler)},
		Families: plugs(), Turns: turns,
	})
	s.Instance = engine.Instance{
		Context: wasifn.With(hostcall.With(s.guest.Context, s.guest.Calls(func(family, function string) (int32, bool) {
			if s.intercept == nil {
				return 0, false
			}
			return s.intercept(family, function)
		})), wasifn.Program{Stdout: printer{s}}),
		Kill: s.guest.Kill, Mailbox: s.guest.Mailbox, Ledger: s.guest.Ledger, Ready: s.guest.Ready,
		OnReady: func() { s.note("ready") },
		Detach:  func(reason string) { s.note("detach: " + reason) },
		Failure: s.guest.Failure,
		Finish: func(ctx context.Context) error {
			s.note("finish")
			return s.guest.Finish(ctx)
		},
		Budgets: engine.Budgets{Connect: patience, Stall: patience, Close: patience},
	}
	return s
}

// printer is the guest's output: what a test put there, or what was printed.
type printer struct{ *stay }

func (p printer) Write(text []byte) (int, error) {
	if p.stdout != nil {
		return p.stdout.Write(text)
	}
	return p.printed.Write(text)
}

func (s *stay) note(what string) {
	s.mu.Lock()
	s.events = append(s.events, what)
	s.mu.Unlock()
}

// finished checks what must be true after every run, and gives the exit.
func (s *stay) finished(t testing.TB, exit outcome.Outcome) outcome.Outcome {
	t.Helper()
	if exit.Teardown != nil || exit.Left != nil {
		t.Errorf("teardown %v, left %+v", exit.Teardown, exit.Left)
	}
	if open := s.guest.Ledger.Open(); open != 0 {
		t.Errorf("%d handles are open after the run", open)
	}
	if s.Context.Err() == nil {
		t.Error("the instance's context goes on after the run")
	}
	for kind, count := range s.guest.Ledger.Counts() {
		if count.Opened != count.Closed {
			t.Errorf("%s: %+v", kind, count)
		}
	}
	return exit
}

func (s *stay) run(t testing.TB, program *engine.Program) outcome.Outcome {
	t.Helper()
	return s.finished(t, program.Run(context.Background(), s.Instance))
}

func check(t testing.TB, got outcome.Outcome, verdict outcome.Verdict, code string) {
	t.Helper()
	if got.Verdict != verdict || got.Code != code {
		t.Errorf("verdict %d code %q (%s), want %d %q", got.Verdict, got.Code, got.Message, verdict, code)
	}
}

// resource is a handle for tests.
type resource struct {
	closed atomic.Int32
	close  func(ctx context.Context) error
}

func (r *resource) CloseHandle(ctx context.Context) error {
	r.closed.Add(1)
	if r.close == nil {
		return nil
	}
	return r.close(ctx)
}

var _ ledger.Resource = (*resource)(nil)

// open registers a handle as a host function would.
func (s *stay) open(t testing.TB, r *resource) (uint32, error) {
	t.Helper()
	return s.guest.Ledger.Register(context.Background(), "test", 0, "test", r)
}

// Imports of guests, to be called before any function is added.
func importReady(b *wt.Builder) uint32 {
	return b.Import("innkeeper:lifecycle@1", "ready", "", wt.I32)
}
func importWait(b *wt.Builder) uint32 { return b.Import("innkeeper:event@1", "wait", wt.I64, wt.I32) }
func importRecv(b *wt.Builder) uint32 {
	return b.Import("innkeeper:event@1", "recv", wt.I32x(2), wt.I32)
}
func importTest(b *wt.Builder, name string) uint32 { return b.Import(testModule, name, "", "") }

// server says ready and then does what body says.
func server(body func(b *wt.Builder, wait uint32) wt.Code) []byte {
	b := wt.New()
	ready, wait := importReady(b), importWait(b)
	b.Main(wt.I32x(1), wt.Call(ready), wt.Drop, body(b, wait))
	return b.Build()
}

// untilEvent waits for an event and returns.
func untilEvent(_ *wt.Builder, wait uint32) wt.Code { return wt.I64Const(-1) + wt.Call(wait) + wt.Drop }

// buildGuest compiles one of the Go programs in testdata/guests.
func buildGuest(t testing.TB, name string) []byte {
	t.Helper()
	output := filepath.Join(t.TempDir(), name+".wasm")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", output, "../../testdata/guests/"+name)
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	raw, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// asked is a wish that a run ends, with time to do so.
func asked(reason string) outcome.Stop { return outcome.Stop{Reason: reason, Budget: patience} }
