package wasifn

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
	"innkeeper/hostfuncs/hostcall"
)

// Program is what a guest's program is given when it starts.
type Program struct {
	Args []string
	// Stdout and Stderr take what the guest prints; nil throws it away. A writer must not wait for the outside.
	Stdout, Stderr io.Writer
	// Now is the wall clock that the guest sees; nil is the system's. It is a seam for clocks that jump.
	Now func() time.Time
}

// now is the time of the guest's wall clock.
func (p *Program) now() time.Time {
	if p.Now == nil {
		return time.Now()
	}
	return p.Now()
}

type programKey struct{}

// With puts the program into the context that its guest is run with. A guest without one has no arguments, and prints nothing.
func With(ctx context.Context, program Program) context.Context {
	return context.WithValue(ctx, programKey{}, &program)
}

func programOf(ctx context.Context) *Program {
	if program, ok := ctx.Value(programKey{}).(*Program); ok {
		return program
	}
	return &Program{}
}

// procExit ends the guest. The error passes through wazero and becomes that of the run.
func procExit(ctx context.Context, stack []uint64) {
	hostcall.Check(ctx)
	panic(sys.NewExitError(uint32(stack[0])))
}

func argsGet(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	return putStrings(mem, programOf(ctx).Args, uint32(stack[0]), uint32(stack[1]))
}

func argsSizesGet(ctx context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	return putSizes(mem, programOf(ctx).Args, uint32(stack[0]), uint32(stack[1]))
}

// environGet and environSizesGet hand out no variable: a guest's settings come by the family config.
func environGet(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	return putStrings(mem, nil, uint32(stack[0]), uint32(stack[1]))
}

func environSizesGet(_ context.Context, mem guestmem.Memory, stack []uint64) abi.Errno {
	return putSizes(mem, nil, uint32(stack[0]), uint32(stack[1]))
}

// putStrings writes a pointer to each string at list, and the strings with a zero byte behind each at text.
func putStrings(mem guestmem.Memory, values []string, list, text uint32) abi.Errno {
	pointers, errno := mem.Bytes(list, uint32(len(values))*4)
	if errno != abi.OK {
		return errno
	}
	room, errno := mem.Bytes(text, textSize(values))
	if errno != abi.OK {
		return errno
	}
	at := 0
	for i, value := range values {
		binary.LittleEndian.PutUint32(pointers[i*4:], text+uint32(at))
		at += copy(room[at:], value)
		room[at] = 0
		at++
	}
	return abi.OK
}

func putSizes(mem guestmem.Memory, values []string, count, size uint32) abi.Errno {
	if errno := mem.PutU32(count, uint32(len(values))); errno != abi.OK {
		return errno
	}
	return mem.PutU32(size, textSize(values))
}

// textSize is the size of all strings, each with a zero byte behind it.
func textSize(values []string) (size uint32) {
	for _, value := range values {
		size += uint32(len(value)) + 1
	}
	return size
}

// schedYield does nothing: a guest has one thread, and the host's share of the processor is none of its business.
func schedYield(context.Context, guestmem.Memory, []uint64) abi.Errno { return abi.OK }

// procRaise was taken out of WASI; there are no signals.
func procRaise(context.Context, guestmem.Memory, []uint64) abi.Errno { return abi.ENOSYS }
