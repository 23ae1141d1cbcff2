// Package guestmem is the only package that touches a guest's linear memory.
//
// It owns the bounds logic: a pointer and a length from a guest become a Go slice here or nowhere. It knows nothing of
// what the bytes mean, and it never allocates by a length that a guest named.
package guestmem

import (
	"encoding/binary"
	"math"

	"innkeeper/adapters/abi"
)

// View is what the package needs of a linear memory; wazero's api.Memory satisfies it.
type View interface {
	// Read gives a view of byteCount bytes at offset, or false if they are not all inside.
	Read(offset, byteCount uint32) ([]byte, bool)
}

// Memory is a guest's linear memory during one host call. A view from it is valid until that call returns: afterwards the
// guest may grow its memory, and the view goes stale.
type Memory struct{ view View }

// Of returns the memory behind view.
func Of(view View) Memory { return Memory{view} }

// Bytes returns a view of length bytes at pointer, for reading or for writing. It fails with EFAULT if they are not all inside
// of the memory. A length of zero is fine with a pointer up to the end of the memory.
func (m Memory) Bytes(pointer, length uint32) ([]byte, abi.Errno) {
	b, ok := m.view.Read(pointer, length)
	if !ok {
		return nil, abi.EFAULT
	}
	return b[:length:length], abi.OK
}

// PutU32 writes four bytes, little endian.
func (m Memory) PutU32(pointer, value uint32) abi.Errno {
	b, errno := m.Bytes(pointer, 4)
	if errno == abi.OK {
		binary.LittleEndian.PutUint32(b, value)
	}
	return errno
}

// PutI64 writes eight bytes, little endian.
func (m Memory) PutI64(pointer uint32, value int64) abi.Errno {
	b, errno := m.Bytes(pointer, 8)
	if errno == abi.OK {
		binary.LittleEndian.PutUint64(b, uint64(value))
	}
	return errno
}

// PutF64 writes eight bytes, IEEE 754, little endian.
func (m Memory) PutF64(pointer uint32, value float64) abi.Errno {
	return m.PutI64(pointer, int64(math.Float64bits(value)))
}

// CopyOut copies answer into a guest's buffer if it fits, and returns the answer's size either way: the result of every
// function whose result is a size. Nothing is written if it does not fit.
func CopyOut(buffer, answer []byte) int32 {
	if len(answer) > math.MaxInt32 {
		return abi.E2BIG.Result()
	}
	if len(answer) <= len(buffer) {
		copy(buffer, answer)
	}
	return int32(len(answer))
}

// CopyOutString does what [CopyOut] does with a string.
func CopyOutString(buffer []byte, answer string) int32 {
	if len(answer) > math.MaxInt32 {
		return abi.E2BIG.Result()
	}
	if len(answer) <= len(buffer) {
		copy(buffer, answer)
	}
	return int32(len(answer))
}
