// Package sdktest is an in-memory host for unit tests of adapters: it plays the other side of the mailbox, brings scripted
// requests and agent turns, and captures answers, log records and reasons for ending.
//
// It does what the host's families do, call by call, which a test of the host looks after; limits and time-outs it has none. It owns
// no sockets, files or clocks, and has no SQLite (every such call gives ENOSYS): tests that need a database run in the sandbox. It knows the ABI, and of the SDK only how to run a loop.
package sdktest

import (
	"sync"

	"innkeeper/adapters/abi"
)

// Host is a host with one instance. Make it with [New], or with [Start] together with its loop. All methods may be called from
// any goroutine.
type Host struct {
	mailbox mailbox

	mu        sync.Mutex
	settings  string
	secrets   map[string]bool
	lastID    uint32
	exchanges map[uint32]*Exchange
	turns     map[uint32]*Turn
	onTurn    func(*Turn)
	refusal   abi.Errno
	models    []abi.AgentModel
	routes    []string // nil if the test declared none
	records   []Record
	ready     chan struct{}
	failure   *Failure

	outer *abi.Host // the sandbox's own host, of Sandbox

	predecessor      uint64 // generation of the instance before
	predecessorLives bool
}

// Record is one log record.
type Record struct {
	Level      int32
	Message    string
	Attributes string // a JSON object, or empty
}

// Failure is what the adapter gave as the reason of its end.
type Failure struct {
	Code      string
	Message   string
	Retryable bool
}

// New makes a host with settings "{}", no secrets, no models, and an agent that answers every turn with an error.
func New() *Host {
	h := &Host{
		settings:  "{}",
		secrets:   map[string]bool{},
		exchanges: map[uint32]*Exchange{},
		turns:     map[uint32]*Turn{},
		ready:     make(chan struct{}),
	}
	h.mailbox.wake = make(chan struct{}, 1)
	h.onTurn = func(t *Turn) { t.Fail(503, "no_agent", "the test set no agent") }
	return h
}

// ABI is the host as an adapter reaches it.
func (h *Host) ABI() abi.Host {
	host := abi.Host{
		Lifecycle: lifecycleFamily{h},
		Event:     eventFamily{h},
		Config:    configFamily{h},
		Log:       logFamily{h},
		SQLite:    noSQLite{},
		HTTP:      httpFamily{h},
		Agent:     agentFamily{h},
	}
	if h.outer != nil {
		return h.inSandbox(host)
	}
	return host
}

// SetSettings sets the JSON that config.read gives.
func (h *Host) SetSettings(json string) { h.locked(func() { h.settings = json }) }

// ChangeSettings is SetSettings for an adapter that runs: it is told.
func (h *Host) ChangeSettings(json string) {
	h.SetSettings(json)
	h.mailbox.post(abi.EventSettingsChanged, 0, nil)
}

// SetPredecessor says that an instance of that generation still finishes its work; the adapter is the next generation.
func (h *Host) SetPredecessor(generation uint64) {
	h.locked(func() { h.predecessor, h.predecessorLives = generation, true })
}

// EndPredecessor ends the instance of SetPredecessor. The adapter is told.
func (h *Host) EndPredecessor() {
	var generation uint64
	h.locked(func() { generation, h.predecessorLives = h.predecessor, false })
	ended := abi.PredecessorEnded{Generation: generation}
	h.mailbox.post(abi.EventPredecessorEnded, 0, ended.Append(nil))
}

// SetSecret declares a secret, and whether the operator has set it.
func (h *Host) SetSecret(name string, set bool) { h.locked(func() { h.secrets[name] = set }) }

// SetModels sets the models that agent.models gives.
func (h *Host) SetModels(models ...abi.AgentModel) { h.locked(func() { h.models = models }) }

// SetRoutes declares the routes of the manifest, by name. Without it the adapter cannot find out whether its routes are those of
// the manifest.
func (h *Host) SetRoutes(names ...string) {
	h.locked(func() { h.routes = append([]string{}, names...) })
}

// Ready is closed once the adapter has said that it can serve.
func (h *Host) Ready() <-chan struct{} { return h.ready }

// Failure is what the adapter said last of its end, nil if nothing.
func (h *Host) Failure() (f *Failure) {
	h.locked(func() { f = h.failure })
	return f
}

// Records are the log records so far.
func (h *Host) Records() (records []Record) {
	h.locked(func() { records = append(records, h.records...) })
	return records
}

// Open is how many exchanges and turns the adapter holds.
func (h *Host) Open() (exchanges, turns int) {
	h.locked(func() { exchanges, turns = len(h.exchanges), len(h.turns) })
	return exchanges, turns
}

// Shutdown asks the adapter to end.
func (h *Host) Shutdown(reason string, drainMillis uint32) {
	ask := abi.Shutdown{DrainMS: drainMillis, Reason: reason}
	h.mailbox.post(abi.EventShutdown, 0, ask.Append(nil))
}

// Close ends the mailbox: a waiting adapter gets ECANCELED, as at the end of its instance.
func (h *Host) Close() { h.mailbox.close() }

func (h *Host) locked(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
}

// next is a new handle. The caller holds h.mu.
func (h *Host) next() uint32 {
	h.lastID++
	return h.lastID
}

// answer is the rule of sized answers: copied if it fits, the size in any case.
func answer[T string | []byte](buffer []byte, text T) int32 {
	if len(text) <= len(buffer) {
		copy(buffer, text)
	}
	return int32(len(text))
}
