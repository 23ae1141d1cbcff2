// Package buffer is the memory that answers of host functions are written to, reused from call to call. The SDK's packages share
// it; it knows the rule of sized answers and no host function.
package buffer

import (
	"unsafe"

	"innkeeper/adapters/abi"
)

// keepBytes is the largest buffer that is kept for the next call. Larger answers are rare, and a guest's memory never
// shrinks.
const keepBytes = 1 << 20

// Buffer is memory for the answers of host functions. The zero value is ready to use.
type Buffer struct{ bytes []byte }

// Fill calls a host function that answers into a buffer ([abi.ReturnsSize]) and gives the answer as a view, valid until the
// next Fill. The hint is the size to expect.
func (b *Buffer) Fill(hint int, call func([]byte) int32) ([]byte, error) {
	b.grow(max(hint, 256))
	room := b.bytes
	if hint > len(room) {
		room = make([]byte, hint)
	}
	for {
		size := call(room)
		if size < 0 {
			return nil, abi.Errno(-size)
		}
		if int(size) <= len(room) {
			return room[:size], nil
		}
		room = make([]byte, RoundUp(int(size)))
		if len(room) <= keepBytes {
			b.bytes = room
		}
	}
}

// grow makes the kept buffer at least n bytes large, within keepBytes.
func (b *Buffer) grow(n int) {
	if n > len(b.bytes) && n <= keepBytes {
		b.bytes = make([]byte, min(RoundUp(n), keepBytes))
	}
}

// RoundUp is the next power of two, so that growing sizes do not allocate each time.
func RoundUp(n int) int {
	size := 256
	for size < n {
		size *= 2
	}
	return size
}

// View is a string's bytes without a copy, for host functions that only read them.
func View(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
