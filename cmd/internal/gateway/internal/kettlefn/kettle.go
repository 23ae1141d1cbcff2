// Package kettlefn is a family of host functions that exists for a test: it shows everything that a family brings, in one
// package. A guest puts kettles on; one without water boils at once, the others stay on until their handles are closed.
package kettlefn

import (
	"context"
	"sync"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/family"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/handles"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/runtime/ledger"
)

// KindKettle is the kind of a kettle's handle.
const KindKettle ledger.Kind = "kettle.kettle"

// Kettles is how many one instance may have on.
const Kettles = 4

// EventBoiled ends a kettle.
const EventBoiled abi.EventKind = 0x7f00

// row is the family in the ABI's table.
func row() abi.Family {
	return abi.Family{
		Name: "kettle", Version: 1, Doc: "Kettles on a stove.",
		Functions: []abi.Function{{
			Name: "put", Params: []abi.Param{{Name: "litres", Type: abi.U32}}, Result: abi.ReturnsHandle,
			Errors: []abi.Cause{{Errno: abi.EMFILE, When: "too many are on"}}, Doc: "Puts a kettle on.",
		}},
		Events: []abi.EventType{{Name: "kettle_boiled", Kind: EventBoiled, Handle: "the kettle", Last: true, Doc: "It boils."}},
	}
}

// Watch is told what the host asks of the family.
type Watch interface {
	Drained()
	Closed()
}

// Plug is the family for a host.
func Plug(watch Watch) family.Plug {
	return family.Plug{
		Table: hostcall.Table{ABI: row(), Calls: []hostcall.Call{
			{Name: "put", Run: func(f any, _ guestmem.Memory, stack []uint64) int32 { return f.(*stove).put(uint32(stack[0])) }},
		}},
		Handles: []family.Handles{{Kind: KindKettle, Quota: Kettles}},
		New: func(core family.Core) family.Instance {
			s := &stove{core: core}
			return family.Instance{Functions: s, Drain: watch.Drained, Close: func(context.Context) error {
				s.on.Wait()
				watch.Closed()
				return nil
			}}
		},
	}
}

// stove is the family as one instance has it.
type stove struct {
	core family.Core
	on   sync.WaitGroup
}

func (s *stove) put(litres uint32) int32 {
	k := &kettle{off: make(chan struct{})}
	handle, err := s.core.Ledger.Register(s.core.Context, KindKettle, 0, "kettle.put", k)
	if err != nil {
		return handles.Errno(err).Result()
	}
	if litres == 0 {
		_ = s.core.Mailbox.PostLast(EventBoiled, handle, nil) // sealed: the instance is over
	} else {
		s.on.Go(func() { <-k.off })
	}
	return int32(handle)
}

// kettle is what stands behind a handle.
type kettle struct{ off chan struct{} }

func (k *kettle) CloseHandle(context.Context) error {
	close(k.off)
	return nil
}
