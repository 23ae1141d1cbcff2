package sdktest

import (
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk"
)

// firstInSandbox is the first handle that a host of [Sandbox] gives out itself: those of the sandbox's own host count from 1.
const firstInSandbox = 1 << 30

// Sandbox is [New] for a test that runs in the sandbox:
//
//	GOOS=wasip1 GOARCH=wasm go test -exec 'innkeeper testexec' .
//
// Databases and the log are the host's own there; settings, secrets and routes are those of the manifest, and an agent answers turns,
// unless the test says otherwise before [Start]. Requests still come from the test. One such host at a time can run. Natively it skips
// the test.
func Sandbox(t testing.TB) *Host {
	t.Helper()
	outer, ok := sdk.Sandbox()
	if !ok {
		t.Skip("it needs the sandbox: GOOS=wasip1 GOARCH=wasm go test -exec 'innkeeper testexec'")
	}
	h := New()
	h.outer, h.lastID = &outer, firstInSandbox
	h.settings, h.onTurn = "", nil
	return h
}

// connect brings the events of the sandbox's own host, while an adapter runs.
func (h *Host) connect() (disconnect func()) {
	if h.outer == nil {
		return func() {}
	}
	return forward(h.outer.Event, &h.mailbox)
}

// inSandbox puts the families of the sandbox's own host in the place of those that the test says nothing of.
func (h *Host) inSandbox(fake abi.Host) abi.Host {
	h.mu.Lock()
	defer h.mu.Unlock()
	fake.SQLite = h.outer.SQLite
	fake.Log = sandboxLog{logFamily{h}, h.outer.Log}
	fake.Lifecycle = sandboxLifecycle{lifecycleFamily{h}, h.outer.Lifecycle}
	if h.settings == "" && len(h.secrets) == 0 {
		fake.Config = h.outer.Config
	}
	if h.routes == nil {
		fake.HTTP = sandboxHTTP{httpFamily{h}, h.outer.HTTP}
	}
	if h.onTurn == nil {
		fake.Agent = h.outer.Agent
	}
	return fake
}

// sandboxLog writes to both hosts.
type sandboxLog struct {
	logFamily
	outer abi.Log
}

func (f sandboxLog) Write(level int32, message, attributes []byte) int32 {
	f.logFamily.Write(level, message, attributes)
	return f.outer.Write(level, message, attributes)
}

// sandboxLifecycle is the test's, but for who the guest is.
type sandboxLifecycle struct {
	lifecycleFamily
	outer abi.Lifecycle
}

func (f sandboxLifecycle) Info(buffer []byte) int32 { return f.outer.Info(buffer) }

// sandboxHTTP is the test's, but for the manifest's routes.
type sandboxHTTP struct {
	httpFamily
	outer abi.HTTP
}

func (f sandboxHTTP) Routes(buffer []byte) int32 { return f.outer.Routes(buffer) }
