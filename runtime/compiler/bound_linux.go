package compiler

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// keepDescriptors has this process keep its descriptors to itself. Go's own are closed in any process that it starts; those that were
// inherited from whoever started the host are not, and may lead anywhere. Kernels before 5.11 cannot, which is not worth an error.
func keepDescriptors() { _ = unix.CloseRange(3, math.MaxInt32, unix.CLOSE_RANGE_CLOEXEC) }

// giveWay asks the kernel to take this process first when memory is short, and not the host.
func giveWay() { _ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) }

// slack is what the bound of the system leaves above the other one, in bytes, so that the one that answers in words comes first:
// the compiler may ask for a large piece between two looks.
const slack = 32 << 20

// bound has the kernel refuse memory beyond what the process has now and may have. RLIMIT_DATA counts what is private and writable,
// which is what Go maps when it needs it; the address space that it reserves, which RLIMIT_AS would count, is a hundred times as much.
func bound(memory int64) error {
	now, err := dataSize()
	if err != nil {
		return err
	}
	most := uint64(now + memory + slack)
	if err := unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: most, Max: most}); err != nil {
		return fmt.Errorf("RLIMIT_DATA[%d]: %w", most, err)
	}
	return nil
}

// dataSize is what RLIMIT_DATA counts, in bytes.
func dataSize() (int64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(status, []byte("\nVmData:"))
	field, _, _ := bytes.Cut(bytes.TrimSpace(rest), []byte(" "))
	kilobytes, err := strconv.ParseInt(string(field), 10, 64)
	return kilobytes << 10, err
}
