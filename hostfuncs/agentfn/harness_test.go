package agentfn_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"log/slog"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/eventfn"
	"innkeeper/hostfuncs/family"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/mailbox"
)

const kindTurn ledger.Kind = "agent.turn"

// run is an agent that is one function.
type run func(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error

func (r run) Run(ctx context.Context, turn agent.Turn, emit func(agent.Event) error) error {
	return r(ctx, turn, emit)
}
func (run) Models(context.Context) []agent.Model {
	return []agent.Model{{ID: "model", OwnedBy: "innkeeper"}, {ID: "other", OwnedBy: "someone"}}
}
func (run) Close() error { return nil }

func text(s string) agent.Event { return agent.Event{Kind: agent.KindText, Text: s} }

func done() agent.Event {
	return agent.Event{Kind: agent.KindDone, Done: &agent.Done{FinishReason: agent.FinishStop, Model: "model"}}
}

// harness is an instance's share of the host, with the test in the place of the guest.
type harness struct {
	t      testing.TB
	agent  *agentfn.Family
	events *eventfn.Family
	ledger *ledger.Ledger
	box    *mailbox.Mailbox
	log    *bytes.Buffer // read it only when no turn runs
	cancel context.CancelFunc
	buffer []byte
}

// newHarness makes a harness for the agent; change may adjust its configuration.
func newHarness(t testing.TB, a agent.Agent, change ...func(*agentfn.Config)) *harness {
	ctx, cancel := context.WithCancel(context.Background())
	h := &harness{t: t, cancel: cancel, log: &bytes.Buffer{}, buffer: make([]byte, 256<<10)}
	h.ledger = ledger.New(ledger.Quota{Total: 100, Kinds: map[ledger.Kind]int{kindTurn: 50}})
	h.box = mailbox.New(mailbox.Bounds{New: 100, DeltaBytes: 64 << 10}, func(handle uint32) { h.ledger.Retire(handle) })
	cfg := agentfn.Config{Ledger: h.ledger, Mailbox: h.box, Agent: func() agent.Agent { return a }, Logger: slog.New(slog.NewTextHandler(h.log, nil))}
	for _, c := range change {
		c(&cfg)
	}
	h.agent = agentfn.New(ctx, cfg)
	h.events = eventfn.New(family.Core{Context: ctx, Mailbox: h.box})
	return h
}

// close tears the instance down as an engine does, and looks that nothing is left.
func (h *harness) close() {
	h.t.Helper()
	h.cancel()
	if err := h.ledger.CloseAll(context.Background()); err != nil {
		h.t.Errorf("close all: %v", err)
	}
	if err := h.agent.Close(context.Background()); err != nil {
		h.t.Errorf("close: %v", err)
	}
	h.box.Close()
	if n := h.agent.Running(); n != 0 {
		h.t.Errorf("%d turns run after the teardown", n)
	}
	if c := h.ledger.Counts()[kindTurn]; c.Open != 0 || c.Opened != c.Closed {
		h.t.Errorf("handles after the teardown: %+v", c)
	}
}

func (h *harness) start(request string) uint32 {
	h.t.Helper()
	handle := h.agent.Start([]byte(request))
	if handle <= 0 {
		h.t.Fatalf("start: %v", abi.FromResult(handle))
	}
	return uint32(handle)
}

// event is one event as a guest reads it.
type event struct {
	kind    abi.EventKind
	handle  uint32
	payload string
}

// next fetches an event; ok is false if none is there.
func (h *harness) next() (e event, ok bool) {
	h.t.Helper()
	n := h.events.Recv(h.buffer)
	if n == abi.EAGAIN.Result() {
		return event{}, false
	}
	if n < abi.EventHeaderSize || int(n) > len(h.buffer) {
		h.t.Fatalf("recv: %d", n)
	}
	return event{
		abi.EventKind(binary.LittleEndian.Uint32(h.buffer)),
		binary.LittleEndian.Uint32(h.buffer[4:]),
		string(h.buffer[abi.EventHeaderSize:n]),
	}, true
}

// await waits for an event and fetches it.
func (h *harness) await() event {
	h.t.Helper()
	if r := h.events.Wait(-1); r != 1 {
		h.t.Fatalf("wait: %d", r)
	}
	e, ok := h.next()
	if !ok {
		h.t.Fatal("wait told of an event that is not there")
	}
	return e
}

// rest fetches events up to the last one of a turn, and returns all that was there by then.
func (h *harness) rest() []event {
	h.t.Helper()
	var list []event
	for {
		e := h.await()
		list = append(list, e)
		if e.kind == abi.EventAgentDone || e.kind == abi.EventAgentFailed {
			return list
		}
	}
}

// none fails if any event waits.
func (h *harness) none() {
	h.t.Helper()
	if e, ok := h.next(); ok {
		h.t.Errorf("unwanted event %#x of handle %d: %q", e.kind, e.handle, e.payload)
	}
}

func (h *harness) want(what string, got int32, want abi.Errno) {
	h.t.Helper()
	if got != want.Result() {
		h.t.Errorf("%s: got %v, want %v", what, abi.FromResult(got), want)
	}
}
