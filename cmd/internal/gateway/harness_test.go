package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/admin"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/artifact"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// patience is how long a test waits for what must happen. It is long: under the race detector a Go guest takes a minute to compile.
const patience = 2 * time.Minute

// plan is the gateway that a test wants.
type plan struct {
	toml     string                             // without data_dir
	tune     func(*config.Config)               // applied after every load
	agent    agent.Agent                        // nil: as configured
	observe  func(string, supervisor.Status)    // besides the history
	fault    func(string, string) (int32, bool) // Options.Intercept
	env      map[string]string                  // of the configuration
	builtins map[string]*artifact.Artifact      // the bundled modules
	logs     io.Writer                          // nil: dropped
	families func(func() agent.Agent) []family.Plug
	listen   func(ctx context.Context, network, address string) (net.Listener, error)
	now      func() time.Time  // the guests' wall clock
	forget   bool              // keep no history
	leaves   bool              // an instance is not going to end before the host does
	compiler artifact.Compiler // nil: the engine compiles when it loads
}

// harness is a running gateway whose configuration lies in a folder of its own.
type harness struct {
	*Gateway
	t    *testing.T
	dir  string
	plan plan
	past history
}

// open starts a gateway and stops it when the test ends.
func open(t *testing.T, p plan) *harness {
	t.Helper()
	return openIn(t, t.TempDir(), p)
}

// openIn is open in a folder where modules lie already.
func openIn(t *testing.T, dir string, p plan) *harness {
	t.Helper()
	h := newHarness(t, dir, p)
	h.start()
	return h
}

// newHarness is openIn without the start, for plans that need it.
func newHarness(t *testing.T, dir string, p plan) *harness {
	return &harness{t: t, dir: dir, plan: p, past: history{news: make(chan struct{}), seen: map[string]int{}, last: map[string]supervisor.Status{}}}
}

func (h *harness) start() {
	h.t.Helper()
	h.configure(h.plan.toml)
	conf, err := h.load()
	if err != nil {
		h.t.Fatal(err)
	}
	logs := h.plan.logs
	if logs == nil {
		logs = io.Discard
	}
	options := Options{
		Version: "test", Compiler: h.plan.compiler, Logger: slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Load: func(context.Context) (*config.Config, error) { return h.load() }, Intercept: h.plan.fault, Now: h.plan.now, observe: h.observe, Families: h.plan.families, listen: h.plan.listen,
	}
	if h.plan.agent != nil {
		options.NewAgent = func(conf config.Agent) (agent.Agent, error) {
			if h.plan.agent == nil {
				return new(house).newAgent(conf)
			}
			return h.plan.agent, nil
		}
	}
	if h.Gateway, err = Start(context.Background(), conf, options); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(h.stop)
}

func (h *harness) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Stop(ctx); err != nil && !(h.plan.leaves && errors.Is(err, ErrLeft)) {
		h.t.Errorf("stop: %v", err)
	}
}

// configure writes the configuration file; Reload reads it.
func (h *harness) configure(toml string) {
	h.t.Helper()
	text := fmt.Sprintf("data_dir = %q\n%s", h.dataDir(), toml)
	if err := os.WriteFile(h.tomlPath(), []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) tomlPath() string { return filepath.Join(h.dir, "innkeeper.toml") }
func (h *harness) dataDir() string  { return filepath.Join(h.dir, "data") }

func (h *harness) load() (*config.Config, error) {
	plugs := Families(nil)
	if h.plan.families != nil {
		plugs = h.plan.families(nil)
	}
	options := config.Options{Builtins: h.plan.builtins, Handles: handleQuotas(plugs), Module: func(path string) (*artifact.Artifact, error) {
		return Modules().Read(context.Background(), path)
	}}
	options.Env = func(name string) (string, bool) { v, ok := h.plan.env[name]; return v, ok }
	conf, err := config.Load(h.tomlPath(), options)
	if err == nil && h.plan.tune != nil {
		h.plan.tune(conf)
	}
	return conf, err
}

func (h *harness) observe(name string, status supervisor.Status) {
	if !h.plan.forget {
		h.past.add(name, status)
	}
	if h.plan.observe != nil {
		h.plan.observe(name, status)
	}
}

// await waits for the slot's next change into one of the states.
func (h *harness) await(name string, states ...supervisor.State) supervisor.Status {
	h.t.Helper()
	over := time.After(patience)
	for {
		status, found, news := h.past.take(name, states)
		if found {
			return status
		}
		select {
		case <-news:
		case <-over:
			h.t.Fatalf("%s never became %v:%s", name, states, &h.past)
		}
	}
}

// states are the states that the slot went through.
func (h *harness) states(name string) (all []supervisor.State) {
	h.past.mu.Lock()
	defer h.past.mu.Unlock()
	for _, c := range h.past.all {
		if c.name == name {
			all = append(all, c.status.State)
		}
	}
	return all
}

// Restart, Pause, Resume and Reload are the gateway's, with their outcome.

func (h *harness) Restart(ctx context.Context, name string) error {
	return outcomeOf(ctx, func() (admin.Pending, error) { return h.Gateway.Restart(ctx, name, false) })
}

func (h *harness) Pause(ctx context.Context, name string) error {
	return outcomeOf(ctx, func() (admin.Pending, error) { return h.Gateway.Pause(ctx, name) })
}

func (h *harness) Resume(ctx context.Context, name string) error {
	return outcomeOf(ctx, func() (admin.Pending, error) { return h.Gateway.Resume(ctx, name) })
}

func (h *harness) Reload(ctx context.Context) ([]string, error) {
	done, err := h.Gateway.Reload(ctx)
	if done.Wait != nil {
		err = errors.Join(err, done.Wait(ctx))
	}
	return done.Touched, err
}

func outcomeOf(ctx context.Context, begin func() (admin.Pending, error)) error {
	wait, err := begin()
	if err != nil {
		return err
	}
	return wait(ctx)
}

// awaitStatus waits until the slot is as wanted.
func (h *harness) awaitStatus(name string, wanted func(supervisor.Status) bool) supervisor.Status {
	h.t.Helper()
	over := time.After(patience)
	for {
		h.past.mu.Lock()
		news := h.past.news
		h.past.mu.Unlock()
		if status := h.slotOf(name).super.Status(); wanted(status) {
			return status
		}
		select {
		case <-news:
		case <-over:
			h.t.Fatalf("%s is %+v:%s", name, h.slotOf(name).super.Status(), &h.past)
		}
	}
}

// begun fails the test unless a command was carried out, whatever became of the run that it started.
func (h *harness) begun(err error) {
	h.t.Helper()
	if err != nil && !errors.Is(err, supervisor.ErrNotReady) {
		h.t.Fatal(err)
	}
}

// must fails the test if an operator's command failed.
func (h *harness) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// slotOf is the slot of that name.
func (h *harness) slotOf(name string) *slot {
	h.t.Helper()
	s, err := h.slot(name)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// url is where an adapter is served.
func (h *harness) url(name string) string {
	h.t.Helper()
	address := h.slotOf(name).status().Listen
	if address == "" {
		h.t.Fatalf("%s has no listener", name)
	}
	return "http://" + address + "/"
}

// get asks an adapter and returns status and body.
func (h *harness) get(name string) (int, string) {
	h.t.Helper()
	response, err := http.Get(h.url(name))
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// balanced checks that everything the slot's instances opened was closed.
func (h *harness) balanced(name string) {
	h.t.Helper()
	for kind, count := range h.slotOf(name).counts() {
		if count.Open != 0 || count.Failed != 0 || count.Opened != count.Closed {
			h.t.Errorf("%s %s: %+v", name, kind, count)
		}
	}
}

// adapter is a table of the configuration.
func adapter(name, module string, lines ...string) string {
	return fmt.Sprintf("[adapters.%s]\nmodule = %q\n%s\n", name, module, strings.Join(lines, "\n"))
}

// quick are budgets and backoff for tests.
const quick = `backoff = { initial = "1ms", max = "1ms" }
budgets = { connect = "20s", stall = "20s", drain = "5s", close = "5s", hold = "1ms" }`
