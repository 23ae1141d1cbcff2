package machinefaults

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/module"
	wt "innkeeper/runtime/module/wasmtest"
)

// guest writes a module that does something, and gives the table of an adapter with it.
func (w *world) guest(name string, lines string, body func(b *wt.Builder) wt.Code) string {
	w.t.Helper()
	b := wt.New()
	b.Main("", body(b))
	manifest := fmt.Sprintf("name = %q\nversion = \"1\"\nexclusive = false\nfamilies = [\"lifecycle\", \"event\"]\n", name)
	packed, err := module.AppendManifest(b.Build(), []byte(manifest))
	if err == nil {
		err = os.WriteFile(w.path(name+".wasm"), packed, 0o600)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("[adapters.%s]\nmodule = %q\n%s\n", name, w.path(name+".wasm"), lines)
}

// waits is a guest that waits for one event, and ends with it.
func waits(b *wt.Builder) wt.Code {
	return wt.I64Const(-1) + wt.Call(b.Import("innkeeper:event@1", "wait", wt.I64, wt.I32)) + wt.Drop
}

// serves is a guest that is ready, and ends with its first event.
func serves(b *wt.Builder) wt.Code {
	ready := b.Import("innkeeper:lifecycle@1", "ready", "", wt.I32)
	return wt.Call(ready) + wt.Drop + waits(b)
}

// stays is a guest that takes every event, its end too, and waits for the next.
func stays(b *wt.Builder) wt.Code {
	ready := b.Import("innkeeper:lifecycle@1", "ready", "", wt.I32)
	wait := b.Import("innkeeper:event@1", "wait", wt.I64, wt.I32)
	recv := b.Import("innkeeper:event@1", "recv", wt.I32+wt.I32, wt.I32)
	return wt.Call(ready) + wt.Drop + wt.Forever(wt.I64Const(-1), wt.Call(wait), wt.Drop,
		wt.I32Const(4096), wt.I32Const(4096), wt.Call(recv), wt.Drop)
}

// moment is a state in which a signal comes.
type moment struct {
	name string
	// toml configures the world; come brings it into the state.
	toml func(w *world) string
	come func(w *world)
	// codes are how SIGTERM may end it, within the budget.
	codes  []int
	within time.Duration
}

func drained() []int { return []int{0} }
func cut() []int     { return []int{75} }

// either is for what was cut already by what SIGTERM came into, or by SIGTERM: both have the same budget.
func either() []int { return []int{0, 75} }

func moments() []moment {
	budgets := `budgets = { drain = "300ms", handover = "300ms", connect = "1h" }`
	only := func(name string, lines string, body func(*wt.Builder) wt.Code) func(*world) string {
		return func(w *world) string { return w.guest(name, budgets+"\n"+lines, body) }
	}
	in := func(name, state string) func(*world) { return func(w *world) { w.comes(name, state) } }
	long := `backoff = { initial = "1h", max = "1h" }`
	return []moment{
		{"compiling", func(w *world) string { return w.api(budgets) }, in(apiName, "starting"), drained(), 5 * time.Second},
		{"starting", only("slow", "", waits), in("slow", "starting"), drained(), 2 * time.Second},
		{"connected", only("quiet", "", serves), in("quiet", "connected"), drained(), 2 * time.Second},
		{"streaming", func(w *world) string { return "[agent]\ndelay = \"1m\"\n" + w.api(budgets) }, (*world).streams, drained(), 3 * time.Second},
		{"backoff", only("bad", long, func(*wt.Builder) wt.Code { return wt.Unreachable }), in("bad", "backoff"), drained(), 2 * time.Second},
		{"failed", only("wrong", "", func(b *wt.Builder) wt.Code { return wt.I32Const(78) + wt.Call(b.ProcExit()) }), in("wrong", "failed"), drained(), 2 * time.Second},
		{"paused", only("quiet", "", serves), (*world).pauses, drained(), 2 * time.Second},
		{"hand-over", only("stays", "", stays), (*world).handsOver, cut(), 3 * time.Second},
		{"stopping", only("stays", "", stays), (*world).stops, either(), 3 * time.Second},
	}
}

// streams waits until a stream is in progress that does not end by itself.
func (w *world) streams() {
	w.t.Helper()
	w.connected(apiName)
	conn, err := net.Dial("tcp", w.adapter(apiName).Listen)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { conn.Close() })
	body := `{"model":"any","stream":true,"messages":[{"role":"user","content":"two words"}]}`
	fmt.Fprintf(conn, "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", key, len(body), body)
	w.until("a turn is open", func() bool { return w.adapter(apiName).Handles.Open["agent.turn"] == 1 })
}

func (w *world) pauses() {
	w.t.Helper()
	w.connected("quiet")
	if err := admin.NewClient(w.data).Pause(w.t.Context(), "quiet", admin.Await); err != nil {
		w.t.Fatal(err)
	}
}

// handsOver waits until two generations live.
func (w *world) handsOver() {
	w.t.Helper()
	w.connected("stays")
	if err := admin.NewClient(w.data).Restart(w.t.Context(), "stays", false, admin.Await); err != nil {
		w.t.Fatal(err)
	}
}

// stops begins to stop, and leaves the rest to the next signal, which for SIGTERM would be the second: so it is a pause.
func (w *world) stops() {
	w.t.Helper()
	w.connected("stays")
	if err := admin.NewClient(w.data).Pause(w.t.Context(), "stays", admin.NoAwait); err != nil {
		w.t.Fatal(err)
	}
}

// SIGTERM ends the process in every state, in time and with the right code.
func TestSIGTERMInEveryState(t *testing.T) {
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			w := newWorld(t)
			w.configure(m.toml(w))
			if m.name == "streaming" {
				w.warm()
			}
			w.start()
			m.come(w)
			took := w.ends(syscall.SIGTERM, m.codes...)
			if took > m.within*3 { // three times: a busy machine
				t.Errorf("it took %s", took)
			}
			note(t, "exit code %d after %d ms", w.cmd.ProcessState.ExitCode(), took.Milliseconds())
		})
	}
}

// SIGHUP in every state reads the configuration again and leaves the process in order, a hundred times in a row; and one that is
// broken leaves what runs alone.
func TestSIGHUPInEveryState(t *testing.T) {
	for _, m := range moments() {
		t.Run(m.name, func(t *testing.T) {
			w := newWorld(t)
			toml := m.toml(w)
			w.configure(toml)
			if m.name == "streaming" {
				w.warm()
			}
			w.start()
			m.come(w)
			for n := range 100 {
				w.configure(toml + fmt.Sprintf("# %d\n", n))
				if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
					t.Fatal(err)
				}
			}
			w.configure("nonsense = 1\n")
			if err := w.cmd.Process.Signal(syscall.SIGHUP); err != nil {
				t.Fatal(err)
			}
			w.until("the broken file is named", func() bool { return strings.Contains(w.log.String(), "nonsense") })
			if _, err := w.status(); err != nil {
				t.Errorf("status: %v", err)
			}
			if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if code := w.code(); !slices.Contains(either(), code) {
				t.Errorf("ended with %d", code)
			}
			note(t, "100 reloads and a broken one: alive")
		})
	}
}

// A second SIGTERM ends the process at once.
func TestSecondSIGTERM(t *testing.T) {
	w := newWorld(t)
	w.configure(w.guest("stays", `budgets = { drain = "1h" }`, stays))
	w.start()
	w.connected("stays")
	if err := w.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	w.comes("stays", "stopping")
	took := w.ends(syscall.SIGTERM, 128+int(syscall.SIGTERM))
	note(t, "exit code 143 after %d ms", took.Milliseconds())
}

// A process that is stopped for longer than its budgets and then continued serves again by itself.
func TestStoppedAndContinued(t *testing.T) {
	w := newWorld(t)
	w.configure(w.api(`budgets = { stall = "1s" }`, `backoff = { initial = "10ms", max = "100ms" }`))
	w.warm()
	w.start()
	w.connected(apiName)
	asked, address := make(chan error, 1), w.adapter(apiName).Listen
	go func() {
		status, _, err := ask(address, "POST", "/v1/responses", `{"model":"any","input":"before"}`)
		if err == nil && status != http.StatusOK && status != http.StatusServiceUnavailable {
			err = fmt.Errorf("%d", status)
		}
		asked <- err
	}()
	if err := w.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Duration(pick(4000, 1500)) * time.Millisecond) // the machine's time is what this is about
	if err := w.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := <-asked; err != nil {
		t.Logf("the request meanwhile: %v", err) // cut, or answered
	}
	w.connected(apiName)
	w.chats()
	generation := w.adapter(apiName).Generation
	w.ends(syscall.SIGTERM, 0)
	w.sound()
	note(t, "connected again by itself, generation %d", generation)
}

// A reader of the log that does not read holds up nobody.
func TestFullPipeOnStderr(t *testing.T) {
	w := newWorld(t)
	w.configure("log_level = \"debug\"\n" + w.api())
	w.warm()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	w.stderr = writer
	fill(t, int(writer.Fd()))
	w.start()
	writer.Close()
	w.connected(apiName)
	for range 200 {
		w.chats()
	}
	if err := w.restart(); err != nil {
		t.Errorf("restart: %v", err)
	}
	if _, err := w.status(); err != nil {
		t.Errorf("status: %v", err)
	}
	took := w.ends(syscall.SIGTERM, 0)
	note(t, "serves, restarts, answers status; SIGTERM took %d ms", took.Milliseconds())
}

// fill writes to a pipe until it takes no more.
func fill(t *testing.T, fd int) {
	t.Helper()
	if err := syscall.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for block := make([]byte, 4096); len(block) > 0; {
		if _, err := syscall.Write(fd, block); err != nil {
			block = block[:len(block)/2]
		}
	}
	if err := syscall.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// A pipe in the place of a file is refused within the time for reading, wherever the file is named.
func TestPipeInThePlaceOfAFile(t *testing.T) {
	pipe := func(w *world, name string) string {
		w.t.Helper()
		if err := syscall.Mkfifo(w.path(name), 0o600); err != nil {
			w.t.Fatal(err)
		}
		return w.path(name)
	}
	t.Run("configuration", func(t *testing.T) {
		w := newWorld(t)
		pipe(w, "innkeeper.toml")
		w.start()
		if code := w.code(); code == 0 {
			t.Error("it ran")
		}
		note(t, "refused: %s", firstLine(w.log.String()))
	})
	t.Run("secret", func(t *testing.T) {
		w := newWorld(t)
		api := strings.Replace(w.api(), `key = "`+key+`"`, `key = "file:`+pipe(w, "secret")+`"`, 1)
		w.configure(api + w.guest("quiet", "", serves))
		w.start()
		w.connected("quiet")
		got := w.adapter(apiName)
		if got.State != "unconfigured" || got.Reason == "" {
			t.Errorf("%+v", got)
		}
		took := w.ends(syscall.SIGTERM, 0)
		note(t, "%s: %s; the neighbour runs; SIGTERM took %d ms", got.State, got.Reason, took.Milliseconds())
	})
	t.Run("module", func(t *testing.T) {
		w := newWorld(t)
		w.configure(w.guest("quiet", "", serves))
		w.start()
		w.connected("quiet")
		quiet := w.guest("quiet", "", serves)
		w.configure(quiet + "[adapters.piped]\nmodule = \"" + pipe(w, "piped.wasm") + "\"\n")
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		_, err := admin.NewClient(w.data).Reload(ctx, admin.Await)
		if ctx.Err() != nil {
			t.Error("the reload hangs")
		}
		if got := w.adapter("quiet"); got.State != "connected" || got.Generation != 1 {
			t.Errorf("the neighbour: %+v", got)
		}
		took := w.ends(syscall.SIGTERM, 0)
		note(t, "reload: %v; the neighbour goes on; SIGTERM took %d ms", err, took.Milliseconds())
	})
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}
