package wasifn_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"math"
	"runtime/metrics"
	"testing"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/hostcall"
	"innkeeper/hostfuncs/wasifn"
)

// looks is a context that counts how often it is asked whether it is over, and is over from one of the looks on.
type looks struct {
	context.Context
	n, over int
}

func (l *looks) Err() error {
	if l.n++; l.over > 0 && l.n >= l.over {
		return context.Canceled
	}
	return l.Context.Err()
}

// Every function of WASI looks at the context before it does anything, and again before it comes back.
func TestEveryFunctionLooksAtTheContext(t *testing.T) {
	for name, f := range functions() {
		t.Run(name, func(t *testing.T) {
			g := newGuest(t)
			params := make([]uint64, len(f.ParamTypes()))
			over := &looks{Context: g.ctx, over: 1}
			if _, err := g.module.ExportedFunction(name).Call(over, params...); !errors.Is(err, hostcall.Unwound{}) {
				t.Errorf("of an instance that is over: %v", err)
			}
			if name == "proc_exit" {
				return // it does not come back
			}
			ends := &looks{Context: g.ctx, over: 2}
			if _, err := g.module.ExportedFunction(name).Call(ends, params...); !errors.Is(err, hostcall.Unwound{}) {
				t.Errorf("of an instance that ends meanwhile: %v", err)
			}
		})
	}
}

// What works by a length that the guest named looks at the context in between, and is bounded.
func TestLongWorkLooksAtTheContext(t *testing.T) {
	const pages = 64
	list := func(g *guest, count int, pointer, length uint32) {
		for i := range count {
			binary.LittleEndian.PutUint32(g.memory[i*8:], pointer)
			binary.LittleEndian.PutUint32(g.memory[i*8+4:], length)
		}
	}
	for name, test := range map[string]struct {
		call  string
		lists func(g *guest)
		param []uint64
		looks int
	}{
		"random": {"random_get", func(*guest) {}, []uint64{0, pages << 16}, pages},
		"a print of the memory many times": {"fd_write", func(g *guest) { list(g, 1024, 0, pages<<16) },
			[]uint64{1, 0, 1024, 1 << 16}, 1 << 20 >> 16},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGuestOf(t, pages)
			test.lists(g)
			counted := &looks{Context: g.ctx}
			if _, err := g.module.ExportedFunction(test.call).Call(counted, test.param...); err != nil {
				t.Fatal(err)
			}
			if counted.n < test.looks || counted.n > test.looks+8 {
				t.Errorf("%d looks at the context, want %d and those at the ends", counted.n, test.looks)
			}
			ends := &looks{Context: g.ctx, over: test.looks / 2}
			if _, err := g.module.ExportedFunction(test.call).Call(ends, test.param...); !errors.Is(err, hostcall.Unwound{}) {
				t.Errorf("ended in the middle: %v", err)
			}
		})
	}
}

// A list of millions of iovecs is looked at as far as one call may go, whatever its length.
func TestLongListsOfVectors(t *testing.T) {
	g := newGuestOf(t, 64)
	var out bytes.Buffer
	g.ctx = wasifn.With(g.ctx, wasifn.Program{Stdout: &out})
	const resultAt = 1 << 20
	binary.LittleEndian.PutUint32(g.memory[1023*8+4:], 5) // the last piece that is looked at
	binary.LittleEndian.PutUint32(g.memory[1024*8+4:], 7) // the first one that is not
	for _, test := range []struct {
		call        string
		fd, count   uint64
		errno       abi.Errno
		transferred uint32
	}{
		{"fd_write", 1, 1025, abi.OK, 5}, {"fd_write", 1, math.MaxUint32, abi.OK, 5}, {"fd_write", 1, 1023, abi.OK, 0},
		{"fd_read", 0, 1025, abi.OK, 0}, {"fd_read", 0, math.MaxUint32, abi.OK, 0},
		{"fd_read", 1, 1, abi.EBADF, 0}, {"fd_read", 3, 1, abi.EBADF, 0}, {"fd_write", 0, 1, abi.EBADF, 0}, {"fd_write", 3, 1, abi.EBADF, 0},
	} {
		binary.LittleEndian.PutUint32(g.memory[resultAt:], math.MaxUint32)
		errno := g.call(test.call, test.fd, 0, test.count, resultAt)
		if errno != test.errno || errno == abi.OK && g.u32(resultAt) != test.transferred {
			t.Errorf("%s(%d) of %d iovecs: %v, %d bytes", test.call, test.fd, test.count, errno, g.u32(resultAt))
		}
	}
	if out.Len() != 10 {
		t.Errorf("printed %d bytes", out.Len())
	}
}

// One call prints no more than its bound and says how much that was, so that the guest goes on behind it.
func TestAWriteIsShort(t *testing.T) {
	g := newGuestOf(t, 64)
	var out bytes.Buffer
	g.ctx = wasifn.With(g.ctx, wasifn.Program{Stderr: &out})
	binary.LittleEndian.PutUint32(g.memory[0:], 0)
	binary.LittleEndian.PutUint32(g.memory[4:], 3<<20)
	if errno := g.call("fd_write", 2, 0, 1, 8); errno != abi.OK || g.u32(8) != 1<<20 || out.Len() != 1<<20 {
		t.Errorf("%v, said %d, printed %d", errno, g.u32(8), out.Len())
	}
}

// No function allocates by a length or a count that the guest named, which is up to megabytes. What the rest of the process allocates
// meanwhile is in the figure as well.
func TestNothingIsAllocatedByTheGuestsLength(t *testing.T) {
	const pages, calls, each = 64, 100, 32 << 10
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	for name, f := range functions() {
		if name == "proc_exit" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			g := newGuestOf(t, pages)
			call := g.module.ExportedFunction(name)
			params := make([]uint64, len(f.ParamTypes()))
			for _, word := range []uint64{0, 1, 2, pages << 13, pages << 16, 1 << 31, math.MaxUint32} {
				metrics.Read(sample)
				before := sample[0].Value.Uint64()
				for n := range uint64(calls) {
					for i := range params {
						params[i] = word
					}
					if len(params) > 0 {
						params[0] = n % 4
					}
					if _, err := call.Call(g.ctx, params...); err != nil {
						t.Fatal(err)
					}
				}
				metrics.Read(sample)
				if used := (sample[0].Value.Uint64() - before) / calls; used > each {
					t.Errorf("with %d: %d bytes a call, want at most %d", word, used, each)
				}
			}
		})
	}
}
