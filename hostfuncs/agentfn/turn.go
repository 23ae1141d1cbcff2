package agentfn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"

	"innkeeper/adapters/abi"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/ledger"
)

// Why an agent's event goes no further.
var (
	errEnded  = errors.New("the turn is over")
	errSilent = errors.New("the agent ended without a last event")
	errUnfit  = errors.New("the turn has failed for a function call that no guest is shown")
)

// turn is one request to the agent, and what stands behind its handle.
type turn struct {
	family  *Family
	ctx     context.Context
	cancel  context.CancelFunc
	request []byte
	values  int // in the request
	cost    int // that the family was charged
	// scratch holds the payload of the delta that is being posted. Only the turn's goroutine uses it.
	scratch []byte
	// room is where scratch starts: most deltas are a word.
	room [128]byte

	// mu is held while an event is posted, so that CloseHandle knows: after it no event comes any more.
	mu     sync.Mutex
	handle uint32
	over   bool // the last event was posted, or the handle was closed

	calls toolCalls // only the turn's goroutine uses it
}

var _ ledger.Resource = (*turn)(nil)

func newTurn(f *Family) *turn {
	t := &turn{family: f}
	t.scratch = t.room[:0]
	t.ctx, t.cancel = context.WithCancel(f.ctx)
	return t
}

// number tells the turn its handle. A teardown may have closed it by then: it runs to its end in a moment, with nothing to say.
func (t *turn) number(handle uint32) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handle = handle
}

// CloseHandle ends the turn for the guest: no event of it comes any more. It waits for an event that is being posted,
// which the cancelled context lets go, but not for the agent; [Family.Close] does that.
func (t *turn) CloseHandle(context.Context) error {
	t.cancel()
	t.mu.Lock()
	defer t.mu.Unlock()
	t.over = true
	t.family.cfg.Mailbox.Drop(t.handle)
	return nil
}

// run is the turn's goroutine.
func (t *turn) run() {
	defer t.family.leave(t.cost)
	defer t.cancel()
	err := t.ask()
	t.request, t.scratch = nil, nil
	t.finish(err)
}

// ask runs the agent and turns its panic into an error.
func (t *turn) ask() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: debug.Stack()}
		}
	}()
	return t.family.cfg.Agent().Run(t.ctx, agent.Turn{Request: t.request, Values: t.values}, t.emit)
}

// finish makes sure that the guest was told how the turn ended, whatever the agent did.
func (t *turn) finish(err error) {
	var panicked *panicError
	if errors.As(err, &panicked) {
		t.family.report(slog.LevelError, "agent panicked", t, err, slog.String("stack", string(panicked.stack)))
	}
	t.mu.Lock()
	done := t.over || t.ctx.Err() != nil // the usual case, or nobody waits for an answer
	t.mu.Unlock()
	if done {
		return
	}
	failed := &agent.Failed{
		Status: http.StatusBadGateway, Type: agent.TypeUpstream, Code: "agent_error",
		Message: "the agent broke off without an answer", Cause: err,
	}
	switch {
	case panicked != nil:
		failed.Status, failed.Code = http.StatusInternalServerError, "internal_error"
		failed.Message = "the agent ran into an internal error"
	case err == nil:
		failed.Cause = errSilent
	}
	_ = t.emitLast(abi.EventAgentFailed, failed.Event()) // an error means that it was cancelled meanwhile
}

// panicError is a panic of the agent.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }
