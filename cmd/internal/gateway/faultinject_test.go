package gateway

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
)

// The seams at which host operations can be made to go wrong.
const (
	seamCalls   = "calls"   // a guest's calls of host functions
	seamNetwork = "network" // opening a socket, accepting, reading and writing
	seamAgent   = "agent"   // the start of a turn, and each piece of the answer
)

// fault is a way in which operations go wrong.
type fault struct {
	seam    string
	mode    string // error, panic, delay or cancel
	lasting bool   // not only the n-th, but each from there on
}

// starves reports whether callers wait for as long as it lasts: connections are made by the system, and nobody accepts them.
func (f fault) starves() bool { return f.seam == seamNetwork && f.mode == "error" && f.lasting }

// faults are all ways, those that delay or the others. A socket of the operating system does not panic: what panics is code of the house, of which the calls and
// the agent are the edges.
func faults(delays bool) (all []fault) {
	modes := []string{"error", "cancel", "panic"}
	if delays {
		modes = []string{"delay"}
	}
	for _, seam := range []string{seamCalls, seamNetwork, seamAgent} {
		for _, mode := range modes {
			if seam != seamNetwork || mode != "panic" {
				all = append(all, fault{seam, mode, false}, fault{seam, mode, true})
			}
		}
	}
	return all
}

// injector counts the operations of one seam while it is armed, and makes the n-th go wrong.
type injector struct {
	fault
	delay time.Duration // longer than a host call may take
	kill  func()

	mu            sync.Mutex
	armed         bool
	target, calls int64
	refused       bool // a call of the database failed with an error
}

// arm begins to count; the n-th operation goes wrong, none for 0.
func (i *injector) arm(n int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.armed, i.target, i.calls, i.refused = true, n, 0, false
}

// disarm ends it, and gives how many operations there were.
func (i *injector) disarm() int64 {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.armed = false
	return i.calls
}

// due counts an operation, and reports whether it is to go wrong.
func (i *injector) due(seam string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.armed || i.seam != seam {
		return false
	}
	i.calls++
	return i.target > 0 && (i.calls == i.target || i.lasting && i.calls > i.target)
}

// errInjected is what an operation fails with.
var errInjected = errors.New("injected")

// meet is called before each operation. The error is for the operation to fail with.
func (i *injector) meet(seam string) error {
	if !i.due(seam) {
		return nil
	}
	switch i.mode {
	case "error":
		return errInjected
	case "panic":
		panic(errBroke)
	case "delay":
		time.Sleep(i.delay) // the operation itself is what takes too long
	case "cancel":
		i.kill()
	}
	return nil
}

// call is a [Options.Intercept].
func (i *injector) call(family, _ string) (int32, bool) {
	if i.meet(seamCalls) != nil {
		i.mu.Lock()
		i.refused = i.refused || family == "sqlite"
		i.mu.Unlock()
		return abi.EIO.Result(), true
	}
	return 0, false
}

// listen opens a socket all of whose operations may fail.
func (i *injector) listen(ctx context.Context, network, address string) (net.Listener, error) {
	if err := i.meet(seamNetwork); err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: os.NewSyscallError("socket", syscall.EMFILE)}
	}
	socket, err := new(net.ListenConfig).Listen(ctx, network, address)
	return faultyListener{socket, i}, err
}

// faultyListener is a socket whose connections may fail to be accepted, for want of descriptors.
type faultyListener struct {
	net.Listener
	faults *injector
}

func (l faultyListener) Accept() (net.Conn, error) {
	if l.faults.meet(seamNetwork) != nil {
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return faultyConn{conn, l.faults}, nil
}

// faultyConn is a connection whose peer may be gone at any time.
type faultyConn struct {
	net.Conn
	faults *injector
}

func (c faultyConn) Read(p []byte) (int, error) {
	if c.faults.meet(seamNetwork) != nil {
		return 0, &net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)}
	}
	return c.Conn.Read(p)
}

func (c faultyConn) Write(p []byte) (int, error) {
	if c.faults.meet(seamNetwork) != nil {
		return 0, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
	}
	return c.Conn.Write(p)
}

// faultyAgent says two words.
type faultyAgent struct{ faults *injector }

func (faultyAgent) Models(context.Context) []agent.Model { return []agent.Model{{ID: "m"}} }
func (faultyAgent) Close() error                         { return nil }

func (a faultyAgent) Run(ctx context.Context, _ agent.Turn, emit func(agent.Event) error) error {
	if err := a.faults.meet(seamAgent); err != nil {
		return err
	}
	for _, event := range []agent.Event{
		{Kind: agent.KindText, Text: "first "}, {Kind: agent.KindText, Text: "last"},
		{Kind: agent.KindDone, Done: &agent.Done{FinishReason: agent.FinishStop}},
	} {
		err := a.faults.meet(seamAgent)
		if err == nil {
			err = emit(event)
		}
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
