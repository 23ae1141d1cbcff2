// Package wasifn is WASI preview 1 as guests see it: clocks, random bytes, arguments, exit, output, and polling over the
// instance's mailbox.
//
// It owns every function, so that each looks at the context and none works by a length that the guest named without looking at
// it again. Descriptor 3 is the mailbox, so a Go guest's own poller sleeps on "next event or next timer". There are no
// files, folders, sockets and variables: what needs one fails. It knows nothing of what an event is.
package wasifn

import (
	"context"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
)

// Module exports WASI. Its zero value is ready for use.
type Module struct{}

// ImportName returns the module name that guests import from.
func (Module) ImportName() string { return wasi.ModuleName }

// Export adds all functions of WASI.
func (Module) Export(builder wazero.HostModuleBuilder) {
	for _, f := range functions(time.Now()) {
		builder.NewFunctionBuilder().WithGoModuleFunction(f.call(), types(f.params), []api.ValueType{api.ValueTypeI32}).Export(f.name)
	}
	builder.NewFunctionBuilder().WithGoFunction(api.GoFunc(procExit), types("i"), nil).Export("proc_exit")
}

// function is one function of WASI whose result is an errno, with its parameters: i is an i32, I an i64.
type function struct {
	name, params string
	run          body
}

type body func(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno

// call wraps a function for wazero. The errno is not negated in WASI. An instance that is over calls nothing any more, and one
// that was ended during a call does not come back from it.
func (f function) call() api.GoModuleFunc {
	return func(ctx context.Context, guest api.Module, stack []uint64) {
		hostcall.Check(ctx)
		errno := f.run(ctx, guestmem.Of(guest.Memory()), stack)
		hostcall.Check(ctx)
		stack[0] = uint64(uint32(errno))
	}
}

func types(params string) []api.ValueType {
	types := make([]api.ValueType, len(params))
	for i, letter := range params {
		types[i] = api.ValueTypeI32
		if letter == 'I' {
			types[i] = api.ValueTypeI64
		}
	}
	return types
}

// functions returns all of WASI but proc_exit, the only one that does not come back. The monotonic clock counts from started.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#functions
func functions(started time.Time) []function {
	clock := clock{started}
	return append(fileFunctions(), []function{
		{"args_get", "ii", argsGet}, {"args_sizes_get", "ii", argsSizesGet},
		{"environ_get", "ii", environGet}, {"environ_sizes_get", "ii", environSizesGet},
		{"clock_res_get", "ii", clockResGet}, {"clock_time_get", "iIi", clock.timeGet},
		{"random_get", "ii", randomGet},
		{"poll_oneoff", "iiii", pollOneoff},
		{"sched_yield", "", schedYield}, {"proc_raise", "i", procRaise},
		{"fd_read", "iiii", fdRead}, {"fd_write", "iiii", fdWrite}, {"fd_close", "i", fdStandard},
		{"fd_datasync", "i", fdStandard}, {"fd_sync", "i", fdStandard},
		{"fd_seek", "iIii", fdSeek}, {"fd_tell", "ii", fdSeek},
		{"fd_fdstat_get", "ii", fdstatGet}, {"fd_fdstat_set_flags", "ii", fdstatSetFlags}, {"fd_fdstat_set_rights", "iII", fdstatSetRights},
		{"fd_filestat_get", "ii", filestatGet},
	}...)
}
