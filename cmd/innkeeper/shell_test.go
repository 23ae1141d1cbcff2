package main

import (
	"bytes"
	"context"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/module"
	"innkeeper/runtime/module/wasmtest"
)

// shell runs command lines in a folder of its own, as a person would, within this process.
type shell struct {
	t        *testing.T
	dir      string
	env      map[string]string
	terminal bool
	in       string
	signals  chan os.Signal
}

func newShell(t *testing.T) *shell {
	t.Helper()
	dir, err := os.MkdirTemp("", "ik") // short enough for a socket on every system
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	sh := &shell{t: t, dir: dir, env: map[string]string{}, signals: make(chan os.Signal, 4)}
	sh.env[configEnv] = sh.path("innkeeper.toml")
	return sh
}

func (sh *shell) path(name string) string { return filepath.Join(sh.dir, name) }

func (sh *shell) write(name, text string) string {
	sh.t.Helper()
	if err := os.WriteFile(sh.path(name), []byte(text), 0o600); err != nil {
		sh.t.Fatal(err)
	}
	return sh.path(name)
}

func (sh *shell) read(name string) string {
	sh.t.Helper()
	text, err := os.ReadFile(sh.path(name))
	if err != nil {
		sh.t.Fatal(err)
	}
	return string(text)
}

// result is what a command line did.
type result struct {
	code     int
	out, err string
}

func (sh *shell) stdio(out, err *buffer) stdio {
	return stdio{
		in: strings.NewReader(sh.in), out: out, err: err, program: "innkeeper",
		env:      func(name string) (string, bool) { v, ok := sh.env[name]; return v, ok },
		terminal: func(any) bool { return sh.terminal },
		signals:  func() (<-chan os.Signal, func()) { return sh.signals, func() {} },
	}
}

func (sh *shell) run(args ...string) result {
	sh.t.Helper()
	var out, err buffer
	code := run(sh.t.Context(), args, sh.stdio(&out, &err))
	return result{code, out.String(), err.String()}
}

// want runs a command line and checks its code and that both streams together hold the texts.
func (sh *shell) want(code int, args []string, texts ...string) result {
	sh.t.Helper()
	r := sh.run(args...)
	if r.code != code {
		sh.t.Errorf("%q: code %d, want %d\nout: %s\nerr: %s", args, r.code, code, r.out, r.err)
	}
	for _, text := range texts {
		if !strings.Contains(r.out+r.err, text) {
			sh.t.Errorf("%q: does not say %q\nout: %s\nerr: %s", args, text, r.out, r.err)
		}
	}
	return r
}

// started is a command line that runs in the background.
type started struct {
	out, err *buffer
	code     chan int
}

func (sh *shell) start(args ...string) *started { return sh.startWith(func(*stdio) {}, args...) }

func (sh *shell) startWith(change func(*stdio), args ...string) *started {
	s := &started{&buffer{}, &buffer{}, make(chan int, 1)}
	io := sh.stdio(s.out, s.err)
	change(&io)
	go func() { s.code <- run(context.Background(), args, io) }()
	return s
}

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// A key that the checks accept.
const goodKey = "q7Jw0zPv2Lk9xTeR5mYd"

// quietManifest is of a module that has one required setting.
const quietManifest = `name = "quiet"
version = "1.0"
families = ["lifecycle", "event"]
[settings.token]
type = "string"
required = true
secret = true
`

// quiet returns a guest that says it is ready, waits for the first event, which is the shutdown, and ends.
func (sh *shell) quiet() string {
	return sh.guest("quiet.wasm", quietManifest, quietGuest)
}

func quietGuest(b *wasmtest.Builder) {
	ready := b.Import("innkeeper:lifecycle@1", "ready", "", wasmtest.I32)
	wait := b.Import("innkeeper:event@1", "wait", wasmtest.I64, wasmtest.I32)
	b.Main("", wasmtest.Call(ready), wasmtest.Drop, wasmtest.I64Const(-1), wasmtest.Call(wait), wasmtest.Drop)
}

// stubborn returns a guest that takes every event, the shutdown too, and waits for the next.
func (sh *shell) stubborn() string {
	return sh.guest("stubborn.wasm", quietManifest, func(b *wasmtest.Builder) {
		ready := b.Import("innkeeper:lifecycle@1", "ready", "", wasmtest.I32)
		wait := b.Import("innkeeper:event@1", "wait", wasmtest.I64, wasmtest.I32)
		recv := b.Import("innkeeper:event@1", "recv", wasmtest.I32+wasmtest.I32, wasmtest.I32)
		again := wasmtest.Loop(
			wasmtest.I64Const(-1), wasmtest.Call(wait), wasmtest.Drop,
			wasmtest.I32Const(4096), wasmtest.I32Const(4096), wasmtest.Call(recv), wasmtest.Drop, wasmtest.Br(0),
		)
		b.Main("", wasmtest.Call(ready), wasmtest.Drop, again)
	})
}

// guest writes a module with a manifest.
func (sh *shell) guest(name, manifest string, build func(*wasmtest.Builder)) string {
	sh.t.Helper()
	b := wasmtest.New()
	build(b)
	packed, err := module.AppendManifest(b.Build(), []byte(manifest))
	if err != nil {
		sh.t.Fatal(err)
	}
	return sh.write(name, string(packed))
}

// host serves a controller at the shell's data folder, as a running innkeeper would.
func (sh *shell) host(c admin.Controller) {
	sh.t.Helper()
	server, err := admin.Listen(sh.path("data"))
	if err != nil {
		sh.t.Fatal(err)
	}
	server.Serve(c, nil, slog.New(slog.DiscardHandler))
	sh.t.Cleanup(func() {
		if err := server.Close(context.Background()); err != nil {
			sh.t.Error(err)
		}
	})
}

// fakeHost is a host whose adapters are set by the test.
type fakeHost struct {
	mu       sync.Mutex
	adapters []admin.Adapter
	left     []admin.Leftover // what the host has taken over
	// on is called with each command, such as "restart api_server", under the lock.
	on  func(ctx context.Context, h *fakeHost, command string) error
	ran []string
	// changes are what subscribers see.
	changes chan admin.Change
}

var _ host = (*fakeHost)(nil)

func (h *fakeHost) Status() admin.Status {
	h.mu.Lock()
	defer h.mu.Unlock()
	adapters := append([]admin.Adapter{}, h.adapters...)
	return admin.Status{Adapters: adapters, TakenOver: admin.TakenOver{Held: h.left}, Process: admin.Process{PID: 4242, Version: "v1", FDs: 9, Goroutines: 5, RSSBytes: 3 << 20, DataDir: "/d"}}
}

func (h *fakeHost) do(ctx context.Context, command string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ran = append(h.ran, command)
	if h.on == nil {
		return nil
	}
	return h.on(ctx, h, command)
}

func (h *fakeHost) Restart(_ context.Context, name string, _ bool) (admin.Pending, error) {
	return h.pending("restart " + name)
}

func (h *fakeHost) Pause(_ context.Context, name string) (admin.Pending, error) {
	return h.pending("pause " + name)
}

func (h *fakeHost) Resume(_ context.Context, name string) (admin.Pending, error) {
	return h.pending("resume " + name)
}

func (h *fakeHost) Stop(ctx context.Context) error { return h.do(ctx, "stop") }

func (h *fakeHost) Reload(context.Context) (admin.Reloaded, error) {
	wait, err := h.pending("reload")
	var touched []string
	for _, adapter := range h.Status().Adapters[:min(len(h.adapters), 1)] {
		touched = append(touched, adapter.Name)
	}
	return admin.Reloaded{Touched: touched, Wait: wait}, err
}

func (h *fakeHost) Subscribe(ctx context.Context) iter.Seq[admin.Change] {
	return func(yield func(admin.Change) bool) {
		for {
			select {
			case change, more := <-h.changes:
				if !more || !yield(change) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (h *fakeHost) Config() *config.Config { return &config.Config{} }

// pending is a command that is carried out when it is waited for.
func (h *fakeHost) pending(command string) (admin.Pending, error) {
	return func(ctx context.Context) error { return h.do(ctx, command) }, nil
}

// files lists the shell's folder.
func (sh *shell) files() []string {
	sh.t.Helper()
	entries, err := os.ReadDir(sh.dir)
	if err != nil {
		sh.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
