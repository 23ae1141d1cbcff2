package wasifn

import (
	"context"
	"encoding/binary"
	"io"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
)

// Bounds of one call. A call that names more does a part of it and says so, as POSIX allows; every C library goes on then.
const (
	// maxVectors is how many pieces are looked at: IOV_MAX of every system that has one. Two are what a C library sends.
	maxVectors = 1024
	// maxWrite is how many bytes are printed.
	maxWrite = 1 << 20
	// stride is how many bytes go through between two looks at the context.
	stride = 64 << 10
)

// The standard descriptors. They are always open.
const (
	stdin          = 0
	stdout         = 1
	lastStandardFD = 2
)

// espipe is WASI's number for a descriptor that has no position.
const espipe abi.Errno = 70

// vectorSize is the size of an iovec: a pointer and a length.
const vectorSize = 8

// vectors returns the list of iovecs, cut to what one call may name.
func vectors(mem guestmem.Memory, list, count uint32) ([]byte, abi.Errno) {
	return mem.Bytes(list, min(count, maxVectors)*vectorSize)
}

// fdRead is at the end of standard input at once: a guest has none.
func fdRead(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	if uint32(stack[0]) != stdin {
		return abi.EBADF
	}
	if _, errno := vectors(mem, uint32(stack[1]), uint32(stack[2])); errno != abi.OK {
		return errno
	}
	return mem.PutU32(uint32(stack[3]), 0)
}

// fdWrite prints to one of the output streams.
func fdWrite(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	fd := uint32(stack[0])
	if fd != stdout && fd != lastStandardFD {
		return abi.EBADF
	}
	to := programOf(ctx).Stdout
	if fd == lastStandardFD {
		to = programOf(ctx).Stderr
	}
	list, errno := vectors(mem, uint32(stack[1]), uint32(stack[2]))
	if errno != abi.OK {
		return errno
	}
	if _, errno = mem.Bytes(uint32(stack[3]), 4); errno != abi.OK {
		return errno
	}
	written, errno := printVectors(ctx, mem, to, list)
	if errno != abi.OK && written == 0 {
		return errno
	}
	return mem.PutU32(uint32(stack[3]), uint32(written))
}

// printVectors prints the pieces in their order until one fails or the call has printed enough.
func printVectors(ctx context.Context, mem guestmem.Memory, to io.Writer, list []byte) (written int, errno abi.Errno) {
	for ; len(list) > 0 && written < maxWrite; list = list[vectorSize:] {
		piece, errno := mem.Bytes(binary.LittleEndian.Uint32(list), binary.LittleEndian.Uint32(list[4:]))
		if errno != abi.OK {
			return written, errno
		}
		n, err := printStrides(ctx, to, piece[:min(len(piece), maxWrite-written)])
		written += n
		if err != nil {
			return written, abi.EIO
		}
	}
	return written, abi.OK
}

func printStrides(ctx context.Context, to io.Writer, text []byte) (written int, err error) {
	for written < len(text) {
		hostcall.Stride(ctx)
		piece := text[written:min(len(text), written+stride)]
		if to != nil {
			if _, err := to.Write(piece); err != nil {
				return written, err
			}
		}
		written += len(piece)
	}
	return written, nil
}

// fdStandard is what there is to do to synchronize or close one of the standard streams: nothing.
func fdStandard(_ context.Context, _ guestmem.Memory, stack []uint64) abi.Errno {
	if uint32(stack[0]) > lastStandardFD {
		return abi.EBADF
	}
	return abi.OK
}

// fdSeek is the answer of a stream to who asks for its position.
func fdSeek(_ context.Context, _ guestmem.Memory, stack []uint64) abi.Errno {
	if uint32(stack[0]) > lastStandardFD {
		return abi.EBADF
	}
	return espipe
}
