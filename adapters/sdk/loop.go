package sdk

import (
	"context"
	"sync"
	"time"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/buffer"
)

// batch is how many events are handled before timers and goroutines get their turn.
const batch = 64

// Loop is the event loop of one instance. Make it with [New], or let [Main] do so.
type Loop struct {
	host abi.Host

	// ctx ends with the loop, and Run waits for the group.
	ctx    context.Context
	cancel context.CancelCauseFunc
	group  sync.WaitGroup

	// mu is held while setup, callbacks and the functions of OnLoop run. The loop lets go of it while it waits, so goroutines
	// act between callbacks and never beside them. Everything below is under it.
	mu sync.Mutex

	event   []byte        // the event at hand
	scratch buffer.Buffer // small answers: headers, texts
	body    buffer.Buffer // the request body at hand

	exchanges table[Exchange]
	turns     table[Turn]
	timers    timerHeap

	// Set by the first use of a family, so that a guest links and imports what it uses, and no more.
	onHTTP  func(kind abi.EventKind, handle uint32, payload []byte)
	onAgent func(kind abi.EventKind, handle uint32, payload []byte)
	routes  routes
	// checkRoutes runs after setup; nil without HandleRoute.
	checkRoutes func() error

	onShutdown         func(Shutdown)
	onPredecessorEnded func(generation uint64)
	onSettings         func()

	holdReady bool
	stopping  bool // the host asked for the end
	exiting   bool // Exit was called
	exitErr   error

	guest  bool // the loop is all of a guest, and may block it
	parker parker
	parked bool      // the loop is in parker.Wait
	until  time.Time // and comes back by itself then; zero for never
	uses   uint8     // of the loop by goroutines
	looks  timerLooks
}

// Shutdown is the host's wish that the instance ends. No new exchange comes after it.
type Shutdown struct {
	// Reason is "restart", "reload", "stop", "pause" or "handover".
	Reason string
	// Drain is how long what is open may go on; then the host ends the instance.
	Drain time.Duration
}

// New makes a loop on a host. Guests use [Main]; tests and benchmarks give a host of their own, natively.
func New(host abi.Host) *Loop {
	l := &Loop{host: host, event: make([]byte, 4096), parker: &inProcess{event: host.Event}, looks: timerLooks{last: time.Now()}}
	l.ctx, l.cancel = context.WithCancelCause(context.Background())
	return l
}

// Host is the host that the loop runs on, for packages beside this one that put a family of host functions into Go's words, as
// package sqlite does.
func (l *Loop) Host() abi.Host { return l.host }

// Run calls setup, says ready and handles events until the adapter calls Exit or the host asks for the end and what was open has
// ended. It returns the exit code, after telling the host the reason if there was an error. A Loop runs once.
func (l *Loop) Run(setup func(*Loop) error) int {
	err := l.run(setup)
	l.join()
	return report(l.host.Lifecycle, err)
}

func (l *Loop) run(setup func(*Loop) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := setup(l); err != nil {
		return err
	}
	if l.checkRoutes != nil {
		if err := l.checkRoutes(); err != nil {
			return err
		}
	}
	if !l.holdReady {
		if err := l.Ready(); err != nil {
			return err
		}
	}
	for !l.over() {
		if err := l.turnOver(); err != nil {
			return err
		}
	}
	return l.exitErr
}

// over reports whether the loop has come to its end.
func (l *Loop) over() bool {
	return l.exiting || l.stopping && l.exchanges.count == 0 && l.turns.count == 0
}

// turnOver handles what has arrived, gives goroutines and timers their turn, and waits for more.
func (l *Loop) turnOver() error {
	handled, err := l.drain()
	if err != nil {
		return err
	}
	if l.yields() {
		l.yield()
	}
	timeout := l.timers.fire(l)
	if handled == batch || l.over() {
		return nil
	}
	return l.wait(timeout)
}

// drain handles events until none is there, but not more than a batch.
func (l *Loop) drain() (handled int, err error) {
	for handled < batch && !l.exiting {
		event, err := l.receive()
		if err != nil || event == nil {
			return handled, err
		}
		l.dispatch(event)
		handled++
	}
	return handled, nil
}

// receive fetches the next event as a view, nil if there is none.
func (l *Loop) receive() ([]byte, error) {
	for {
		size := l.host.Event.Recv(l.event)
		switch {
		case size == abi.EAGAIN.Result():
			return nil, nil
		case size < 0:
			return nil, Temporary("event_recv", "the host gave no event: "+abi.Errno(-size).Error())
		case int(size) <= len(l.event):
			return l.event[:size], nil
		}
		l.event = make([]byte, buffer.RoundUp(int(size)))
	}
}

// Ready tells the host that the adapter can serve; its slot becomes connected. Run calls it after setup, unless
// HoldReady was called.
func (l *Loop) Ready() error {
	l.holdReady = true
	if err := abi.FromResult(l.host.Lifecycle.Ready()); err != nil && err != abi.EEXIST {
		return Temporary("ready", "the host did not take ready: "+err.Error())
	}
	return nil
}

// HoldReady keeps Run from saying ready after setup. An adapter whose connection takes events to come about calls
// it in setup and Ready later.
func (l *Loop) HoldReady() { l.holdReady = true }

// Exit ends the loop once the current callback has returned. nil is done (exit code 0, the slot stops); [Permanent] is exit
// code 78; anything else is 75. The first call counts. What is open is closed by the host.
func (l *Loop) Exit(err error) {
	if !l.exiting {
		l.exiting, l.exitErr = true, err
	}
}

// OnShutdown sets what is called when the host wants the instance to end, and again if there is less time for it than the host
// said before. Set or not, the loop then ends, with exit code 0, as soon as no exchange and no turn is open; an adapter that does not
// want to wait for them calls Exit.
func (l *Loop) OnShutdown(f func(Shutdown)) { l.onShutdown = f }

// OnPredecessorEnded sets what is called when the older instance is over beside which this one was started, with its generation
// number: what it had not finished, nobody finishes any more.
func (l *Loop) OnPredecessorEnded(f func(generation uint64)) { l.onPredecessorEnded = f }

// OnSettings sets what is called when settings which the manifest calls live have changed. Settings and SettingsJSON give the new ones.
func (l *Loop) OnSettings(f func()) { l.onSettings = f }

// Stopping reports whether the host asked for the end.
func (l *Loop) Stopping() bool { return l.stopping }
