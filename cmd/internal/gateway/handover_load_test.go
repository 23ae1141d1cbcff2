package gateway

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"innkeeper/cmd/internal/adaptertest"
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
		{"restart", func(int) error { return l.harness.Restart(t.Context(), apiName) }},
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
	l.harness.awaitStatus(apiName, func(s supervisor.Status) bool { return s.Predecessor == 0 })
	generation := l.harness.Status().Adapters[0].Generation
	l.harness.must(l.harness.Stop(context.Background()))
	l.harness.balanced(apiName)
	handles := l.harness.Status().Adapters[0].Handles
	t.Logf("%d clients, generation %d, %s; %d handles opened, %d closed, %d left\n%-14s | %9s | %s\n%s", clients, generation, time.Since(began).Round(time.Second),
		handles.Opened, handles.Closed, handles.Opened-handles.Closed,
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
	harness  *harness
	agent    *paced
	tally    *handoverTally
	url      string
	file     string // of the module
	code     []byte
	manifest string
}

func newHandoverLoad(t *testing.T) *handoverLoad {
	code := adaptertest.APIServer(t)
	text, _, err := module.Manifest(code)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	l := &handoverLoad{t: t, agent: newPaced(), tally: &handoverTally{}, file: filepath.Join(dir, "api_server.wasm"), code: code, manifest: string(text)}
	l.write(0)
	l.harness = openIn(t, dir, plan{toml: l.toml(0), agent: l.agent})
	l.harness.await(apiName, supervisor.Connected)
	l.url = l.harness.url(apiName)
	return l
}

// toml is the configuration after that many changes: of a setting that is live, and of a budget, which a hand-over puts in force.
func (l *handoverLoad) toml(changes int) string {
	return adapter(apiName, l.file, `listen = "127.0.0.1:0"`, `key = "`+goodKey+`"`, fmt.Sprintf(`model_name = "name%d"`, changes),
		fmt.Sprintf(`budgets = { handover = "1m", drain = "1m%ds" }`, changes))
}

// write puts the module there whole, as another file each time.
func (l *handoverLoad) write(n int) {
	l.t.Helper()
	manifest := strings.Replace(l.manifest, "version = \"", fmt.Sprintf("version = \"%d.", n), 1)
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
	l.harness.configure(l.toml(n + 1))
	return l.reloaded()
}

func (l *handoverLoad) replace(n int) error {
	l.write(n + 1)
	return l.reloaded()
}

func (l *handoverLoad) reloaded() error {
	touched, err := l.harness.Reload(l.t.Context())
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
	work.goesOn()
	l.agent.release(name)
	work.ends()
	l.harness.awaitStatus(apiName, func(s supervisor.Status) bool { return s.Predecessor == 0 && s.Update.State == "" })
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
