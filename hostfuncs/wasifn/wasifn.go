// Package wasifn is WASI preview 1 as guests see it: clocks, random, arguments, environment, exit, stdout and stderr from
// wazero, and polling over the instance's mailbox.
//
// It owns poll_oneoff and fd_fdstat_get, so that descriptor 3 is the mailbox and a Go guest's own poller sleeps on "next
// event or next timer". There are no files, folders and sockets, so every call that needs one fails. It knows nothing of
// what an event is.
package wasifn

import (
	"context"

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

// Export adds wazero's functions and then, under the same names, those of this package: the later export wins.
func (Module) Export(builder wazero.HostModuleBuilder) {
	wasi.NewFunctionExporter().ExportFunctions(builder)
	exportFileFunctions(builder)
	const i32 = api.ValueTypeI32
	export(builder, "poll_oneoff", []api.ValueType{i32, i32, i32, i32}, pollOneoff)
	export(builder, "fd_fdstat_get", []api.ValueType{i32, i32}, fdstatGet)
}

type body func(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno

// export adds one function whose result is an errno, which in WASI is not negated.
func export(builder wazero.HostModuleBuilder, name string, types []api.ValueType, run body) {
	call := func(ctx context.Context, guest api.Module, stack []uint64) {
		hostcall.Check(ctx)
		errno := run(ctx, guestmem.Of(guest.Memory()), stack)
		hostcall.Check(ctx)
		stack[0] = uint64(uint32(errno))
	}
	builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(call), types, []api.ValueType{api.ValueTypeI32}).Export(name)
}

// The parts of an fdstat that guests look at.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-fdstat-record
const (
	fdstatSize            = 24
	filetypeCharacter     = 2
	filetypeSocketStream  = 6
	fdflagNonblock        = 4
	rightsAll             = 1<<30 - 1
	lastStandardFD        = 2
	fdstatFlagsOffset     = 2
	fdstatRightsOffset    = 8
	fdstatInheritedOffset = 16
)

// fdstatGet describes the standard streams as character devices and the mailbox as a socket that does not block.
func fdstatGet(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	fd := uint32(stack[0])
	if fd > abi.FDEvents {
		return abi.EBADF
	}
	stat, errno := mem.Bytes(uint32(stack[1]), fdstatSize)
	if errno != abi.OK {
		return errno
	}
	clear(stat)
	stat[0] = filetypeCharacter
	if fd == abi.FDEvents {
		stat[0], stat[fdstatFlagsOffset] = filetypeSocketStream, fdflagNonblock
	}
	putU64(stat[fdstatRightsOffset:], rightsAll)
	putU64(stat[fdstatInheritedOffset:], rightsAll)
	return abi.OK
}
