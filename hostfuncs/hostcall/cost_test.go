package hostcall_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/http"
	"runtime"
	"slices"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/agentfn"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/runtime/agent"
	"innkeeper/runtime/ledger"
	"innkeeper/runtime/limits"
)

// guestBytes is the memory of a guest that names areas as long as it has.
const guestBytes = 64 << 20

// callBytes is what one call may allocate, whatever lengths it is given.
const callBytes = 128 << 10

// areas are pairs of pointer and length: inside of the memory, some of them just so, overlapping, and outside.
var areas = [][2]uint64{
	{0, guestBytes}, {1, guestBytes - 1}, {guestBytes / 2, guestBytes / 2}, {guestBytes - 8, 8}, {0, 60 << 20}, {0, 1 << 20},
	{0, math.MaxUint32}, {1, math.MaxUint32}, {1 << 31, 1 << 31}, {guestBytes, 1}, {guestBytes, 0},
}

// walked makes a family that has what its functions can act on, and the handle of that for a parameter of the name.
func walked(t *testing.T, name string) (functions any, handle func(parameter string) uint64) {
	if name == "sqlite" {
		d := onRow(t)
		return d.Family, func(parameter string) uint64 {
			switch parameter {
			case "connection":
				return uint64(d.connection)
			case "statement":
				return uint64(d.statement)
			}
			return 1
		}
	}
	if name == "agent" {
		b := newBench(t, ledger.Quota{})
		f := agentfn.New(b.core.Context, agentfn.Config{
			Ledger: b.core.Ledger, Mailbox: b.core.Mailbox, Logger: b.core.Logger, Agent: func() agent.Agent { return patient{} },
			MaxTurnBytes: 8, MaxTurnsBytes: 8 + limits.TurnValueBytes,
		})
		t.Cleanup(func() { _ = f.Close(context.Background()) })
		return f, func(string) uint64 { return 0 }
	}
	if name == "http" {
		in := arriveWith(t, http.Header{
			"Connection": {"upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Protocol": {"a, b"}, "X-Other": {"1", "2"},
		})
		return in.Family, func(string) uint64 { return uint64(in.exchange) }
	}
	for _, p := range plugs() {
		if p.ABI.Name == name {
			return p.New(newBench(t, ledger.Quota{}).core).Functions, func(string) uint64 { return 0 }
		}
	}
	t.Fatalf("no family %s", name)
	return nil, nil
}

// No host function allocates by a length that its guest names. It looks at its bounds first, and at the room for its answer.
func TestNothingIsAllocatedByAGuestsLength(t *testing.T) {
	mem := make(memory, guestBytes)
	for _, fill := range []byte{0, 'a', '\n', '[', 0xff} {
		copy(mem, bytes.Repeat([]byte{fill}, 1<<20))
		for at := 1 << 20; at < len(mem); at *= 2 {
			copy(mem[at:], mem[:at])
		}
		for _, table := range tables() {
			for i, f := range table.ABI.Functions {
				if table.ABI.Name == "event" && f.Name == "wait" {
					continue // it would
				}
				t.Run(fmt.Sprintf("%s.%s of %#02x", table.ABI.Name, f.Name, fill), func(t *testing.T) {
					walk(t, table, table.Calls[i], f, mem)
				})
			}
		}
	}
}

// walk calls a function with every area in the place of every pointer.
func walk(t *testing.T, table hostcall.Table, call hostcall.Call, f abi.Function, mem memory) {
	functions, handle := walked(t, table.ABI.Name)
	for _, area := range areas {
		for hostile := range f.Params {
			stack := make([]uint64, 0, 8)
			for i, p := range f.Params {
				switch {
				case p.Type != abi.In && p.Type != abi.Out:
					stack = append(stack, handle(p.Name))
				case i == hostile:
					stack = append(stack, area[0], area[1])
				default:
					stack = append(stack, 0, 4)
				}
			}
			stack = slices.Grow(stack, 1)[:max(len(stack), 1)]
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			result := call.Run(functions, guestmem.Of(mem), stack)
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > callBytes {
				t.Errorf("%s with %#x: %d bytes were allocated; result %v", f.Params[hostile].Name, area, got, abi.FromResult(result))
			}
		}
	}
}
