package machinefaults

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"innkeeper/cmd/internal/adaptertest"
	"innkeeper/runtime/admin"
)

var (
	amount = flag.String("machine", "", `"short" or "full": how much is run; nothing without it`)
	report sync.Map // rows of the table, by the test's name
)

// patience is how long something may take that must happen on a busy machine.
const patience = time.Minute

const (
	apiName = "api_server"
	key     = "q7Jw0zPv2Lk9xTeR5mYd"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *amount == "" {
		fmt.Println("the machine's faults are not tried here: run make faults")
		return
	}
	code := m.Run()
	var rows []string
	report.Range(func(name, outcome any) bool {
		rows = append(rows, fmt.Sprintf("%s | %s", name, outcome))
		return true
	})
	slices.Sort(rows)
	fmt.Printf("\nfault | outcome\n%s\n", strings.Join(rows, "\n"))
	os.Exit(code)
}

// pick is how many: in the full form, and in the short one.
func pick(full, short int) int {
	if *amount == "full" {
		return full
	}
	return short
}

// note puts a row into the table.
func note(t *testing.T, format string, args ...any) {
	t.Helper()
	text := fmt.Sprintf(format, args...)
	report.Store(t.Name(), text)
	t.Log(text)
}

// skip says loudly what this machine does not let a test do.
func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	note(t, "SKIPPED: "+format, args...)
	t.SkipNow()
}

// binary is innkeeper, built once from the sources as they are.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "ikbin")
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "innkeeper")
	build := exec.Command("go", "build", "-o", file, "innkeeper/cmd/innkeeper")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

// world is a folder with a configuration, and the process that runs with it.
type world struct {
	t      *testing.T
	dir    string
	data   string // where the data folder is, which may be on another disk
	before string // a shell command that runs in the process before it becomes innkeeper
	stderr io.Writer

	cmd    *exec.Cmd
	log    *safeBuffer
	exited chan struct{}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "ik") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w := &world{t: t, dir: dir, data: filepath.Join(dir, "data")}
	t.Cleanup(func() {
		if t.Failed() && w.log != nil {
			t.Logf("the log:\n%.4000s", w.log.String())
		}
		w.kill()
	})
	return w
}

func (w *world) path(name string) string { return filepath.Join(w.dir, name) }

// configure writes the configuration.
func (w *world) configure(toml string) {
	w.t.Helper()
	if err := os.WriteFile(w.path("innkeeper.toml"), fmt.Appendf(nil, "data_dir = %q\n%s", w.data, toml), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// api is the table of the API server, with more lines.
func (w *world) api(lines ...string) string {
	w.t.Helper()
	return fmt.Sprintf("[adapters.api_server]\nmodule = %q\nlisten = \"127.0.0.1:0\"\nkey = %q\n%s\n",
		adaptertest.APIServerFile(w.t, w.dir), key, strings.Join(lines, "\n"))
}

// compiled is a cache in which the API server was compiled once.
var compiled struct {
	once sync.Once
	dir  string
}

// warm puts the compiled API server into the data folder, so that a start takes a moment.
func (w *world) warm() {
	w.t.Helper()
	compiled.once.Do(func() {
		first := newWorld(w.t)
		first.configure(first.api())
		first.start()
		first.connected(apiName)
		first.ends(syscall.SIGTERM, 0)
		dir, err := os.MkdirTemp("", "ikcache")
		if err == nil {
			err = os.CopyFS(filepath.Join(dir, ".cache"), os.DirFS(filepath.Join(first.data, ".cache")))
		}
		if err != nil {
			w.t.Fatal(err)
		}
		compiled.dir = dir
	})
	if err := os.CopyFS(w.data, os.DirFS(compiled.dir)); err != nil {
		w.t.Fatal(err)
	}
}

// start starts the process.
func (w *world) start() {
	w.t.Helper()
	file, err := binary()
	if err != nil {
		w.t.Fatal(err)
	}
	w.log = &safeBuffer{}
	w.cmd = exec.Command("sh", "-c", w.before+"\nexec \"$@\"", "sh", file, "run", "-c", w.path("innkeeper.toml"))
	w.cmd.Dir = w.dir
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	if w.stderr != nil {
		w.cmd.Stderr = w.stderr
	}
	if err := w.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.exited = make(chan struct{})
	go func(cmd *exec.Cmd, exited chan struct{}) {
		_ = cmd.Wait() // its state says how
		close(exited)
	}(w.cmd, w.exited)
}

func (w *world) kill() {
	if w.cmd != nil && w.cmd.Process != nil {
		_ = w.cmd.Process.Kill()
		<-w.exited
	}
}

// ends sends a signal and checks the exit code; it gives how long that took.
func (w *world) ends(with os.Signal, codes ...int) time.Duration {
	w.t.Helper()
	began := time.Now()
	if err := w.cmd.Process.Signal(with); err != nil {
		w.t.Error(err)
	}
	if got := w.code(); !slices.Contains(codes, got) {
		w.t.Errorf("ended with %d, want %v", got, codes)
	}
	return time.Since(began)
}

// code waits for the end of the process, and gives its exit code; that of a signal is negative.
func (w *world) code() int {
	w.t.Helper()
	select {
	case <-w.exited:
		return w.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		w.t.Fatal("the process does not end")
		return 0
	}
}

// until asks until something holds, at most for as long as a busy machine may take.
func (w *world) until(what string, holds func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(2 * time.Millisecond) {
		select {
		case <-w.exited:
			w.t.Fatalf("%s: the process ended with %d", what, w.cmd.ProcessState.ExitCode())
		default:
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("never: %s", what)
		}
	}
}

// status asks the process, which must answer within a second.
func (w *world) status() (admin.Status, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return admin.NewClient(w.data).Status(ctx)
}

// adapter is what the status says of one adapter; zero if there is no answer.
func (w *world) adapter(name string) (found admin.Adapter) {
	status, err := w.status()
	if err != nil {
		return found
	}
	for _, a := range status.Adapters {
		if a.Name == name {
			return a
		}
	}
	return found
}

// comes waits until an adapter is in a state.
func (w *world) comes(name, state string) {
	w.t.Helper()
	w.until(name+" "+state, func() bool { return w.adapter(name).State == state })
}

func (w *world) connected(name string) { w.t.Helper(); w.comes(name, "connected") }

// ask sends a request to the API server.
func (w *world) ask(method, path, body string) (status int, text []byte, err error) {
	address := w.adapter(apiName).Listen
	if address == "" {
		return 0, nil, errors.New("it does not listen")
	}
	return ask(address, method, path, body)
}

// client sends each request on a connection of its own.
var client = &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}

func ask(address, method, path, body string) (status int, text []byte, err error) {
	request, err := http.NewRequest(method, "http://"+address+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	return response.StatusCode, text, err
}

// chats checks that the API server answers.
func (w *world) chats() {
	w.t.Helper()
	status, text, err := w.ask("POST", "/v1/chat/completions", `{"model":"any","messages":[{"role":"user","content":"hello there"}]}`)
	if err != nil || status != http.StatusOK || !bytes.Contains(text, []byte("hello there")) {
		w.t.Errorf("no answer: %d %v %s", status, err, text)
	}
}

// safeBuffer is a bytes.Buffer for the goroutine that copies a process's output.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
