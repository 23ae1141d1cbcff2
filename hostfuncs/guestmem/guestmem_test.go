package guestmem_test

import (
	"bytes"
	"encoding/binary"
	"math"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/guestmem"
)

// linear is a linear memory of a size, as wazero shows one.
type linear []byte

func (l linear) Read(offset, byteCount uint32) ([]byte, bool) {
	if uint64(offset)+uint64(byteCount) > uint64(len(l)) {
		return nil, false
	}
	return l[offset : offset+byteCount], true
}

const size = 64 << 10

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		pointer, length uint32
		want            abi.Errno
	}{
		{0, 0, abi.OK}, {0, size, abi.OK}, {size, 0, abi.OK}, {size - 1, 1, abi.OK},
		{size + 1, 0, abi.EFAULT}, {size, 1, abi.EFAULT}, {0, size + 1, abi.EFAULT}, {size - 1, 2, abi.EFAULT},
		{math.MaxUint32, 0, abi.EFAULT}, {math.MaxUint32, 1, abi.EFAULT}, {1, math.MaxUint32, abi.EFAULT},
		{math.MaxUint32, math.MaxUint32, abi.EFAULT}, {1 << 31, 1 << 31, abi.EFAULT}, {0, math.MaxUint32, abi.EFAULT},
	} {
		b, errno := guestmem.Of(make(linear, size)).Bytes(c.pointer, c.length)
		if errno != c.want {
			t.Errorf("(%#x, %#x): got %v, want %v", c.pointer, c.length, errno, c.want)
		}
		if errno == abi.OK && (len(b) != int(c.length) || cap(b) != len(b)) {
			t.Errorf("(%#x, %#x): %d bytes with room for %d", c.pointer, c.length, len(b), cap(b))
		}
	}
}

// A view is the guest's own memory, and refusing allocates nothing, whatever length was named.
func TestBytesIsAView(t *testing.T) {
	memory := make(linear, size)
	view, _ := guestmem.Of(memory).Bytes(100, 3)
	copy(view, "abc")
	if string(memory[99:104]) != "\x00abc\x00" {
		t.Errorf("memory holds %q", memory[99:104])
	}
	var boxed guestmem.View = memory
	if n := testing.AllocsPerRun(100, func() {
		_, _ = guestmem.Of(boxed).Bytes(0, size)
		_, _ = guestmem.Of(boxed).Bytes(1, math.MaxUint32)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzBytes(f *testing.F) {
	for _, v := range []uint32{0, 1, size - 1, size, size + 1, 1 << 31, math.MaxUint32} {
		f.Add(v, math.MaxUint32-v)
		f.Add(v, v)
	}
	memory := make(linear, size)
	f.Fuzz(func(t *testing.T, pointer, length uint32) {
		b, errno := guestmem.Of(memory).Bytes(pointer, length)
		inside := uint64(pointer)+uint64(length) <= size
		switch {
		case inside && (errno != abi.OK || len(b) != int(length)):
			t.Errorf("(%#x, %#x) is inside: %v, %d bytes", pointer, length, errno, len(b))
		case !inside && (errno != abi.EFAULT || b != nil):
			t.Errorf("(%#x, %#x) is not inside: %v, %d bytes", pointer, length, errno, len(b))
		}
	})
}

func TestPut(t *testing.T) {
	memory := make(linear, size)
	m := guestmem.Of(memory)
	if e := m.PutU32(0, 0x01020304); e != abi.OK || binary.LittleEndian.Uint32(memory) != 0x01020304 {
		t.Errorf("u32: %v, % x", e, memory[:4])
	}
	if e := m.PutI64(8, -2); e != abi.OK || int64(binary.LittleEndian.Uint64(memory[8:])) != -2 {
		t.Errorf("i64: %v, % x", e, memory[8:16])
	}
	if e := m.PutF64(16, math.Pi); e != abi.OK || math.Float64frombits(binary.LittleEndian.Uint64(memory[16:])) != math.Pi {
		t.Errorf("f64: %v, % x", e, memory[16:24])
	}
	if e := m.PutU32(size-4, 1); e != abi.OK {
		t.Errorf("u32 at the end: %v", e)
	}
}

// A number that does not fit to its last byte is not written at all.
func TestPutOutside(t *testing.T) {
	memory := make(linear, size)
	m := guestmem.Of(memory)
	for _, at := range []uint32{size - 3, size, size + 1, math.MaxUint32, math.MaxUint32 - 3} {
		if e := m.PutU32(at, math.MaxUint32); e != abi.EFAULT {
			t.Errorf("u32 at %#x: %v", at, e)
		}
	}
	for _, at := range []uint32{size - 7, size - 4, size, math.MaxUint32, math.MaxUint32 - 7} {
		if e := m.PutI64(at, -1); e != abi.EFAULT {
			t.Errorf("i64 at %#x: %v", at, e)
		}
		if e := m.PutF64(at, math.Inf(-1)); e != abi.EFAULT {
			t.Errorf("f64 at %#x: %v", at, e)
		}
	}
	if !bytes.Equal(memory, make([]byte, size)) {
		t.Error("something was written")
	}
}

func TestCopyOut(t *testing.T) {
	const answer = "the answer"
	for n := range 2 * len(answer) {
		for name, copyOut := range map[string]func([]byte) int32{
			"bytes":  func(b []byte) int32 { return guestmem.CopyOut(b, []byte(answer)) },
			"string": func(b []byte) int32 { return guestmem.CopyOutString(b, answer) },
		} {
			buffer := bytes.Repeat([]byte{'.'}, n)
			if got := copyOut(buffer); got != int32(len(answer)) {
				t.Errorf("%s, buffer of %d: got %d", name, n, got)
			}
			want := bytes.Repeat([]byte{'.'}, n)
			if n >= len(answer) {
				copy(want, answer)
			}
			if !bytes.Equal(buffer, want) {
				t.Errorf("%s, buffer of %d holds %q", name, n, buffer)
			}
		}
	}
	if got := guestmem.CopyOut(nil, nil); got != 0 {
		t.Errorf("nothing into nothing: %d", got)
	}
}

// A guest may name overlapping areas for what it sends and what it gets back.
func TestCopyOutOverlap(t *testing.T) {
	memory := linear("abcdefgh")
	m := guestmem.Of(memory)
	from, _ := m.Bytes(0, 4)
	to, _ := m.Bytes(2, 4)
	if n := guestmem.CopyOut(to, from); n != 4 || string(memory) != "ababcdgh" {
		t.Errorf("%d, %q", n, memory)
	}
}
