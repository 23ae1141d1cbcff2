package wasifn_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tetratelabs/wazero/sys"

	"innkeeper/adapters/abi"
	"innkeeper/hostfuncs/wasifn"
)

func TestArguments(t *testing.T) {
	const listAt, textAt = 64, 256
	g := newGuest(t)
	g.ctx = wasifn.With(g.ctx, wasifn.Program{Args: []string{"adapter", "-x", ""}})
	if errno := g.call("args_sizes_get", 0, 4); errno != abi.OK || g.u32(0) != 3 || g.u32(4) != 12 {
		t.Errorf("%v: %d arguments of %d bytes", errno, g.u32(0), g.u32(4))
	}
	if errno := g.call("args_get", listAt, textAt); errno != abi.OK {
		t.Error(errno)
	}
	if text := string(g.memory[textAt : textAt+12]); text != "adapter\x00-x\x00\x00" {
		t.Errorf("text %q", text)
	}
	for i, want := range []uint32{textAt, textAt + 8, textAt + 11} {
		if got := g.u32(listAt + uint32(i)*4); got != want {
			t.Errorf("argument %d at %d, want %d", i, got, want)
		}
	}
	for _, pair := range [][2]uint64{{memorySize - 11, textAt}, {listAt, memorySize - 11}, {1 << 31, textAt}} {
		if errno := g.call("args_get", pair[0], pair[1]); errno != abi.EFAULT {
			t.Errorf("args_get%d: %v", pair, errno)
		}
	}
}

// There is no environment, not one variable.
func TestNoEnvironment(t *testing.T) {
	t.Setenv("INNKEEPER_SECRET", "x")
	g := newGuest(t)
	g.ctx = wasifn.With(g.ctx, wasifn.Program{Args: []string{"adapter"}})
	g.memory[0], g.memory[4] = 9, 9
	if errno := g.call("environ_sizes_get", 0, 4); errno != abi.OK || g.u32(0) != 0 || g.u32(4) != 0 {
		t.Errorf("%v: %d variables of %d bytes", errno, g.u32(0), g.u32(4))
	}
	before := string(g.memory)
	if errno := g.call("environ_get", 64, 256); errno != abi.OK || string(g.memory) != before {
		t.Errorf("%v, or something was written", errno)
	}
}

func TestClocks(t *testing.T) {
	g := newGuest(t)
	u64 := func() int64 { return int64(g.u32(8)) | int64(g.u32(12))<<32 }
	if errno := g.call("clock_time_get", 0, 0, 8); errno != abi.OK || time.Since(time.Unix(0, u64())).Abs() > time.Hour {
		t.Errorf("realtime: %v, %d", errno, u64())
	}
	var last int64
	for range 3 {
		if errno := g.call("clock_time_get", 1, 0, 8); errno != abi.OK || u64() <= last {
			t.Errorf("monotonic: %v, %d after %d", errno, u64(), last)
		}
		last = u64()
	}
	for id, want := range map[uint64]abi.Errno{0: abi.OK, 1: abi.OK, 2: abi.EINVAL, 3: abi.EINVAL, 1 << 31: abi.EINVAL} {
		if errno := g.call("clock_res_get", id, 8); errno != want || want == abi.OK && u64() != 1 {
			t.Errorf("resolution of clock %d: %v, %d", id, errno, u64())
		}
		if errno := g.call("clock_time_get", id, 0, 8); errno != want {
			t.Errorf("clock %d: %v", id, errno)
		}
	}
}

func TestExit(t *testing.T) {
	g := newGuest(t)
	var exit *sys.ExitError
	if _, err := g.module.ExportedFunction("proc_exit").Call(g.ctx, 75); !errors.As(err, &exit) || exit.ExitCode() != 75 {
		t.Errorf("%v", err)
	}
}

// The standard streams are always there, have no position, and look like a terminal.
func TestStandardStreams(t *testing.T) {
	g := newGuest(t)
	for fd := range uint64(4) {
		want := abi.OK
		if fd == 3 {
			want = abi.EBADF
		}
		for name, params := range map[string][]uint64{
			"fd_close": {fd}, "fd_sync": {fd}, "fd_datasync": {fd}, "fd_fdstat_set_flags": {fd, 0}, "fd_filestat_get": {fd, 0},
		} {
			if errno := g.call(name, params...); errno != want {
				t.Errorf("%s(%d): %v", name, fd, errno)
			}
		}
		if fd < 3 && g.memory[16] != 2 {
			t.Errorf("descriptor %d has file type %d", fd, g.memory[16])
		}
		if errno := g.call("fd_seek", fd, 0, 1, 0); errno == abi.OK {
			t.Errorf("seek in %d", fd)
		}
		if errno := g.call("fd_fdstat_set_flags", fd, 4); errno == abi.OK {
			t.Errorf("descriptor %d does not block any more", fd)
		}
	}
}
