package compiler

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
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

// standing is how a process stands beside others: who is taken first when memory is short, whose turn it is, whose signals it gets.
func standing() string {
	score, _ := os.ReadFile("/proc/self/oom_score_adj")
	priority, _ := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	return fmt.Sprintf("score %s priority %d own group %t", bytes.TrimSpace(score), 20-priority, syscall.Getpgrp() == os.Getpid())
}

// When the machine is short of memory or time, the process is first to go without; and a terminal's Ctrl-C is not for it.
func TestTheProcessGivesWay(t *testing.T) {
	want := fmt.Sprintf("score 1000 priority %d own group true", niceness)
	if err := spied(t, "standing"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The program goes on compiling after its file was replaced or removed, as an update of the host does.
func TestTheProgramIsTheOneThatRuns(t *testing.T) {
	running, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(other, running, 0o700); err != nil {
		t.Fatal(err)
	}
	err = (&Process{Program: other, Args: []string{"replaced"}}).Compile(t.Context(), jobOf(t, small()))
	if err == nil || !strings.Contains(err.Error(), "removed: <nil>") {
		t.Errorf("%v", err)
	}
}
