package wasifn

import (
	"context"
	"encoding/binary"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// The parts of an fdstat and a filestat that guests look at.
// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#-fdstat-record
const (
	fdstatSize            = 24
	filetypeCharacter     = 2
	filetypeSocketStream  = 6
	fdflagNonblock        = 4
	rightsAll             = 1<<30 - 1
	fdstatFlagsOffset     = 2
	fdstatRightsOffset    = 8
	fdstatInheritedOffset = 16

	filestatSize       = 64
	filestatTypeOffset = 16
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
	binary.LittleEndian.PutUint64(stat[fdstatRightsOffset:], rightsAll)
	binary.LittleEndian.PutUint64(stat[fdstatInheritedOffset:], rightsAll)
	return abi.OK
}

// fdstatSetFlags lets the standard streams be what they are.
func fdstatSetFlags(_ context.Context, _ guestmem.Memory, stack []uint64) abi.Errno {
	switch {
	case uint32(stack[0]) > lastStandardFD:
		return abi.EBADF
	case stack[1]&fdflagNonblock != 0:
		return abi.ENOSYS
	}
	return abi.OK
}

func fdstatSetRights(context.Context, guestmem.Memory, []uint64) abi.Errno { return abi.ENOSYS }

// filestatGet describes the standard streams as character devices of no size and no age.
func filestatGet(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	if uint32(stack[0]) > lastStandardFD {
		return abi.EBADF
	}
	stat, errno := mem.Bytes(uint32(stack[1]), filestatSize)
	if errno != abi.OK {
		return errno
	}
	clear(stat)
	stat[filestatTypeOffset] = filetypeCharacter
	return abi.OK
}
