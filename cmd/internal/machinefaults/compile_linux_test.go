package machinefaults

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/admin"
)

// The process that compiles is killed in the middle, again and again, by the system or by a pause: nothing of it stays, and the
// adapter runs once it is left alone.
func TestKilledCompiles(t *testing.T) {
	w := newWorld(t)
	w.configure(w.api(`backoff = { initial = "10ms", max = "10ms" }`))
	w.start()
	killed := 0
	strike := func() {
		pid := w.compiling()
		if killed++; killed%2 == 0 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if err := admin.NewClient(w.data).Pause(t.Context(), apiName, admin.Await); err != nil {
			t.Fatal(err)
		}
		w.until("no child is left", func() bool { return len(w.children()) == 0 })
		if err := admin.NewClient(w.data).Resume(t.Context(), apiName, admin.NoAwait); err != nil {
			t.Fatal(err)
		}
	}
	strike()
	before, err := w.status()
	if err != nil {
		t.Fatal(err)
	}
	for range pick(100, 6) {
		strike()
	}
	after, err := w.status()
	if err != nil {
		t.Fatal(err)
	}
	if after.Process.FDs > before.Process.FDs+2 || after.Process.Goroutines > before.Process.Goroutines+2 {
		t.Errorf("%+v, were %+v", after.Process, before.Process)
	}
	w.connected(apiName)
	w.chats()
	w.ends(syscall.SIGTERM, 0)
	note(t, "%d killed; descriptors %d > %d, goroutines %d > %d; then it compiled and served", killed,
		before.Process.FDs, after.Process.FDs, before.Process.Goroutines, after.Process.Goroutines)
}

// compiling waits for the process that compiles.
func (w *world) compiling() (pid int) {
	w.t.Helper()
	w.until("it compiles", func() bool {
		if all := w.children(); len(all) > 0 {
			pid = all[0]
		}
		return pid != 0
	})
	return pid
}

// children are the processes that the process has started and not waited for yet.
func (w *world) children() (pids []int) {
	pid := w.cmd.Process.Pid
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return nil
	}
	for _, task := range tasks { // each child belongs to the thread that started it
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/children", pid, task.Name()))
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
