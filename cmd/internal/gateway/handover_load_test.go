package gateway

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"innkeeper/adapters/bundled"
	"innkeeper/runtime/module"
	"innkeeper/runtime/supervisor"
)

// handovers is how many of each kind TestHandoverUnderLoad makes: `go test -v -run TestHandoverUnderLoad ./cmd/internal/gateway
// -args -handovers 24`. Without the flag it is a short form of the same table.
var handovers = flag.Int("handovers", 2, "restarts, reloads and replaced files, each, in TestHandoverUnderLoad")

// Restarts, reloads with a changed setting and replaced files, one after the other, while clients send plain and streamed
// requests, a stream outlasts each hand-over, and background responses, runs and keys are in progress: nobody notices.
func TestHandoverUnderLoad(t *testing.T) {
	clients := 16
	if *handovers >= 24 {
		clients = 64
	}
	l := newHandoverLoad(t)
	began := time.Now()
	stop := l.clients(clients)
	var rows strings.Builder
	for _, kind := range []struct {
		name string
		do   func(n int) error
	}{
		{"restart", func(int) error { return l.house.Restart(t.Context(), apiName) }},
		{"reload", l.reload},
		{"replaced file", l.replace},
	} {
		before := l.tally.snapshot()
		for n := range *handovers {
			l.handOver(fmt.Sprintf("%s %d", kind.name, n), func() error { return kind.do(n) })
		}
		fmt.Fprintf(&rows, "%-14s | %9d | %s\n", kind.name, *handovers, l.tally.snapshot().since(before))
	}
	stop()
	l.house.awaitStatus(apiName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	generation := l.house.Status().Adapters[0].Generation
	l.house.must(l.house.Stop(context.Background()))
	l.house.balanced(apiName)
	t.Logf("%d clients, generation %d, %s\n%-14s | %9s | %s\n%s", clients, generation, time.Since(began).Round(time.Second),
		"change", "hand-overs", header, &rows)
	if want := uint64(3**handovers + 1); generation != want {
		t.Errorf("generation %d, want %d", generation, want)
	}
	if bad := l.tally.snapshot().bad(); bad != 0 {
		t.Errorf("%d requests met a hand-over", bad)
	}
}

// handoverLoad is an API server under load.
type handoverLoad struct {
	t        *testing.T
	house    *house
	agent    *paced
	tally    *handoverTally
	url      string
	file     string // of the module
	code     []byte
	manifest string
	declared bool // the manifest says itself that the adapter can share its databases
}

func newHandoverLoad(t *testing.T) *handoverLoad {
	code, err := bundled.Module(apiName)
	if err != nil {
		t.Skip("built without the bundled adapters: run make bundled first")
	}
	text, _, err := module.Manifest(code)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &handoverLoad{t: t, agent: newPaced(), tally: &handoverTally{}, file: filepath.Join(dir, "api_server.wasm"), code: code, manifest: string(text)}
	l.declared = strings.Contains(l.manifest, "exclusive = false")
	l.write(0)
	l.house = openIn(t, dir, plan{toml: l.toml("first"), agent: l.agent})
	l.house.await(apiName, supervisor.Connected)
	l.url = l.house.url(apiName)
	return l
}

func (l *handoverLoad) toml(name string) string {
	return adapter(apiName, l.file, `listen = "127.0.0.1:0"`, `key = "`+goodKey+`"`, `model_name = "`+name+`"`,
		`budgets = { handover = "1m", drain = "1m" }`)
}

// write puts the module there whole, as another file each time.
func (l *handoverLoad) write(n int) {
	l.t.Helper()
	manifest := strings.Replace(l.manifest, "version = \"", fmt.Sprintf("version = \"%d.", n), 1)
	if !l.declared {
		manifest = "exclusive = false\n" + manifest
	}
	packed, err := module.AppendManifest(l.code, []byte(manifest))
	if err == nil {
		err = os.WriteFile(l.file+".new", packed, 0o600)
	}
	if err == nil {
		err = os.Rename(l.file+".new", l.file)
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *handoverLoad) reload(n int) error {
	l.house.configure(l.toml(fmt.Sprint("name", n)))
	return l.reloaded()
}

func (l *handoverLoad) replace(n int) error {
	l.write(n + 1)
	return l.reloaded()
}

func (l *handoverLoad) reloaded() error {
	touched, err := l.house.Reload(l.t.Context())
	if err == nil && len(touched) != 1 {
		err = fmt.Errorf("touched %v", touched)
	}
	return err
}

// handOver makes one hand-over with work in progress, which must come to its end afterwards, and waits for the predecessor's.
func (l *handoverLoad) handOver(name string, change func() error) {
	l.t.Helper()
	work := l.begin(name)
	if err := change(); err != nil {
		l.t.Errorf("%s: %v", name, err)
	}
	if l.declared {
		work.goesOn()
	}
	l.agent.release(name)
	work.ends()
	l.house.awaitStatus(apiName, func(s supervisor.Status) bool { return s.Predecessor == 0 && s.Update.State == "" })
}

// clients send plain and streamed requests without a pause, on kept and on new connections, until stop is called.
func (l *handoverLoad) clients(n int) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			transport := &http.Transport{DisableKeepAlives: i%4 == 3}
			defer transport.CloseIdleConnections()
			c := &http.Client{Transport: transport, Timeout: patience}
			for ctx.Err() == nil {
				l.tally.count(l.chat(c, i%2 == 1))
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
	l.t.Cleanup(stop)
	return stop
}

// Ways in which a hand-over could be noticed.
var (
	errUnavailable = errors.New("told to come back")
	errReset       = errors.New("connection lost")
	errCut         = errors.New("stream cut")
	errWork        = errors.New("work failed")
)

func (l *handoverLoad) chat(c *http.Client, stream bool) error {
	body := fmt.Sprintf(`{"model":"any","stream":%v,"messages":[{"role":"user","content":"hello"}]}`, stream)
	response, err := l.send(c, "POST", "v1/chat/completions", body, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", errReset, err)
	case stream && !strings.HasSuffix(string(text), "data: [DONE]\n\n"):
		return fmt.Errorf("%w: %q", errCut, text)
	case !strings.Contains(string(text), "first last") && !stream:
		return fmt.Errorf("%w: %q", errWork, text)
	}
	return nil
}

// send sends a request; a refusal is an error.
func (l *handoverLoad) send(c *http.Client, method, path, body, key string) (*http.Response, error) {
	request, err := http.NewRequest(method, l.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+goodKey)
	request.Header.Set("Content-Type", "application/json")
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errReset, err)
	}
	if response.StatusCode/100 == 2 {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode == http.StatusServiceUnavailable {
		return nil, fmt.Errorf("%w: %s", errUnavailable, text)
	}
	return nil, fmt.Errorf("%w: %s %s: %s", errWork, method, path, text)
}

// work is what is in progress over one hand-over: a stream, a background response with a follower, a run, and a request
// under an Idempotency-Key.
type work struct {
	l             *handoverLoad
	name          string
	stream        *http.Response
	lines         *bufio.Reader
	response, run string
	keyed         chan keyedAnswer
}

type keyedAnswer struct {
	text string
	err  error
}

func (l *handoverLoad) begin(name string) *work {
	l.t.Helper()
	w := &work{l: l, name: name, keyed: make(chan keyedAnswer, 2)}
	held := fmt.Sprintf(`{"role":"user","content":"hold %s"}`, name)
	var err error
	if w.stream, err = l.send(http.DefaultClient, "POST", "v1/chat/completions", `{"model":"any","stream":true,"messages":[`+held+`]}`, ""); err != nil {
		l.t.Fatal(err)
	}
	w.lines = bufio.NewReader(w.stream.Body)
	if line, err := w.lines.ReadString('\n'); err != nil {
		l.t.Fatalf("the stream begins with %q: %v", line, err)
	}
	w.response = w.create("v1/responses", `{"model":"any","background":true,"input":[`+held+`]}`)
	w.run = w.create("v1/runs", `{"model":"any","input":[`+held+`]}`)
	<-l.agent.gate(name).begun
	w.askKeyed()
	return w
}

// create starts work and returns its id.
func (w *work) create(path, body string) string {
	w.l.t.Helper()
	var object struct{ ID string }
	if err := w.l.object("POST", path, body, &object); err != nil {
		w.l.t.Fatalf("%s: %v", w.name, err)
	}
	return object.ID
}

func (l *handoverLoad) object(method, path, body string, into any) error {
	response, err := l.send(http.DefaultClient, method, path, body, "")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}

// askKeyed sends the same request under the same key.
func (w *work) askKeyed() {
	go func() {
		body := fmt.Sprintf(`{"model":"any","input":"hold %s"}`, w.name)
		response, err := w.l.send(http.DefaultClient, "POST", "v1/responses", body, "key-"+strings.ReplaceAll(w.name, " ", "-"))
		if err != nil {
			w.keyed <- keyedAnswer{err: err}
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		w.keyed <- keyedAnswer{string(text), err}
	}()
}

// goesOn checks that what was in progress is alive behind the successor.
func (w *work) goesOn() {
	w.l.t.Helper()
	w.is("v1/responses/"+w.response, "in_progress")
	w.askKeyed() // again: the answer in the making belongs to the predecessor
}

// ends checks that everything comes to its end.
func (w *work) ends() {
	w.l.t.Helper()
	defer w.stream.Body.Close()
	rest, err := io.ReadAll(w.lines)
	if err == nil && !strings.HasSuffix(string(rest), "data: [DONE]\n\n") {
		err = fmt.Errorf("%w: %q", errCut, rest)
	}
	w.l.tally.count(err)
	if !w.l.declared {
		<-w.keyed
		return
	}
	first, second := <-w.keyed, <-w.keyed
	w.l.tally.count(errors.Join(first.err, second.err))
	if first.text != second.text {
		w.l.t.Errorf("%s: two answers under one key:\n%s\n%s", w.name, first.text, second.text)
	}
	w.is("v1/responses/"+w.response, "completed")
	w.is("v1/runs/"+w.run, "completed")
}

// is waits until an object has a status; one that failed is counted.
func (w *work) is(path, status string) {
	w.l.t.Helper()
	var object struct{ Status string }
	for deadline := time.Now().Add(patience); ; {
		err := w.l.object("GET", path, "", &object)
		switch {
		case err == nil && object.Status == status:
			w.l.tally.count(nil)
			return
		case err == nil && (object.Status == "queued" || object.Status == "in_progress") && time.Now().Before(deadline):
			time.Sleep(10 * time.Millisecond) // a client polls, too
			continue
		case err == nil:
			err = fmt.Errorf("%w: %s: %s is %s, want %s", errWork, w.name, path, object.Status, status)
		}
		w.l.t.Error(err)
		w.l.tally.count(err)
		return
	}
}

// handoverTally counts what callers saw.
type handoverTally struct {
	requests, unavailable, resets, cut, failed atomic.Int64
}

func (c *handoverTally) count(err error) {
	c.requests.Add(1)
	switch {
	case err == nil:
	case errors.Is(err, errUnavailable):
		c.unavailable.Add(1)
	case errors.Is(err, errReset):
		c.resets.Add(1)
	case errors.Is(err, errCut):
		c.cut.Add(1)
	default:
		c.failed.Add(1)
	}
}

// handoverCounts is a tally at one moment, in the order of the header.
type handoverCounts [5]int64

const header = "requests |   503 | resets | cut streams | failed work"

func (c *handoverTally) snapshot() handoverCounts {
	return handoverCounts{c.requests.Load(), c.unavailable.Load(), c.resets.Load(), c.cut.Load(), c.failed.Load()}
}

func (c handoverCounts) since(before handoverCounts) handoverCounts {
	for i := range c {
		c[i] -= before[i]
	}
	return c
}

func (c handoverCounts) bad() int64 { return c[1] + c[2] + c[3] + c[4] }

func (c handoverCounts) String() string {
	return fmt.Sprintf("%8d | %5d | %6d | %11d | %11d", c[0], c[1], c[2], c[3], c[4])
}
