package compiler

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"innkeeper/runtime/artifact"
)

// children counts the processes that this one has started and that are not gone.
func children(t *testing.T) (n int) {
	t.Helper()
	lists, err := filepath.Glob("/proc/self/task/*/children")
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Skip("the kernel does not list children: ", err)
		}
		n += len(strings.Fields(string(text)))
	}
	return n
}

// The bound of the kernel holds by itself: it is what is left when the process is too busy to look at its memory.
func TestTheKernelBoundsMemory(t *testing.T) {
	err := (&Process{Args: []string{"bounded"}}).Compile(t.Context(), jobOf(t, small()))
	var more *artifact.NeedsMoreError
	if !errors.As(err, &more) {
		t.Errorf("%v", err)
	}
}

// The program goes on compiling after its file was replaced or removed, as an update of the host does.
func TestTheProgramIsTheOneThatRuns(t *testing.T) {
	path, err := self()
	if err != nil {
		t.Fatal(err)
	}
	running, err := os.Stat(fmt.Sprintf("/proc/%d/exe", os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	if started, err := os.Stat(path); err != nil || !os.SameFile(started, running) {
		t.Errorf("%s: %v", path, err)
	}
}
