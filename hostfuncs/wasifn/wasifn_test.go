package wasifn_test

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	wasi "github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"innkeeper/adapters/abi"
)

func TestDescriptorStatus(t *testing.T) {
	const at = 2048
	g := newGuest(t)
	for _, test := range []struct {
		fd              uint64
		filetype, flags byte
		want            abi.Errno
	}{
		{0, 2, 0, abi.OK}, {1, 2, 0, abi.OK}, {2, 2, 0, abi.OK},
		{3, 6, 4, abi.OK}, // a socket that does not block: what Go's poller wants
		{4, 0, 0, abi.EBADF}, {1 << 31, 0, 0, abi.EBADF}, {math.MaxUint32, 0, 0, abi.EBADF},
	} {
		for i := range 24 {
			g.memory[at+i] = 0xee
		}
		if errno := g.call("fd_fdstat_get", test.fd, at); errno != test.want {
			t.Errorf("descriptor %d: %v, want %v", test.fd, errno, test.want)
		}
		if test.want != abi.OK {
			continue
		}
		stat := g.memory[at : at+24]
		if stat[0] != test.filetype || stat[2] != test.flags || stat[1] != 0 || !bytes.Equal(stat[3:8], make([]byte, 5)) {
			t.Errorf("descriptor %d: %x", test.fd, stat)
		}
		if g.u32(at+8) == 0 || g.u32(at+16) == 0 {
			t.Errorf("descriptor %d has no rights: %x", test.fd, stat)
		}
	}
	for _, pointer := range []uint64{memorySize - 23, memorySize, math.MaxUint32} {
		if errno := g.call("fd_fdstat_get", 3, pointer); errno != abi.EFAULT {
			t.Errorf("pointer %d: %v", pointer, errno)
		}
	}
}

// There is no file system: whatever takes a path, and whatever takes a descriptor beyond the standard streams, fails.
func TestNoFileSystem(t *testing.T) {
	g := newGuest(t)
	copy(g.memory[inAt:], "etc/passwd")
	for name, f := range functions() {
		path, file := strings.HasPrefix(name, "path_"), strings.HasPrefix(name, "fd_") || strings.HasPrefix(name, "sock_")
		if !path && !file || name == "fd_fdstat_get" { // which describes the mailbox, too
			continue
		}
		params := make([]uint64, len(f.ParamTypes()))
		for i := range params {
			params[i] = inAt
		}
		for fd := uint64(0); fd < 8; fd++ {
			if file && fd < 3 {
				continue
			}
			params[0] = fd
			if errno := g.call(name, params...); errno == abi.OK {
				t.Errorf("%s of descriptor %d worked", name, fd)
			}
		}
	}
}

// The functions of this package have the types of those that they stand in for, or guests could not import them.
func TestTypesAreThoseOfWASI(t *testing.T) {
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	original, err := wasi.NewBuilder(r).Compile(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(original.ExportedFunctions()) != len(functions()) {
		t.Errorf("%d functions, WASI has %d", len(functions()), len(original.ExportedFunctions()))
	}
	for name, want := range original.ExportedFunctions() {
		got, ok := functions()[name]
		if !ok || !bytes.Equal(got.ParamTypes(), want.ParamTypes()) || !bytes.Equal(got.ResultTypes(), want.ResultTypes()) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// No argument makes a function trap, wait or write outside of the memory: it answers with a number.
func TestHostileArguments(t *testing.T) {
	words := []uint64{0, 1, 3, 8, memorySize - 1, memorySize, 1 << 31, math.MaxUint32 - 7, math.MaxUint32}
	for name, f := range functions() {
		if name == "proc_exit" || name == "poll_oneoff" || len(f.ResultTypes()) == 0 {
			continue
		}
		t.Run(name, func(t *testing.T) {
			g := newGuest(t)
			params := make([]uint64, len(f.ParamTypes()))
			seed := uint32(1)
			for range 500 {
				for i := range params {
					seed = seed*1664525 + 1013904223
					params[i] = words[seed>>16%uint32(len(words))]
				}
				g.call(name, params...)
			}
		})
	}
}
