package machinefaults

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// With few descriptors and more idle clients than there is room for, the status answers, and the next client does once they
// have left. With too few for the configuration the process says so and does not begin.
func TestFewDescriptors(t *testing.T) {
	for _, limit := range []int{30, 64} {
		t.Run(strconv.Itoa(limit), func(t *testing.T) {
			w := newWorld(t)
			w.configure(w.api())
			w.warm()
			w.before = fmt.Sprintf("ulimit -n %d", limit)
			w.start()
			w.until("it is connected, or has refused", func() bool {
				select {
				case <-w.exited:
					return true
				default:
					return w.adapter(apiName).State == "connected"
				}
			})
			if w.cmd.ProcessState != nil {
				note(t, "refused with %d: %s", w.code(), firstLine(w.log.String()))
				if !strings.Contains(w.log.String(), "descriptors") {
					t.Errorf("the reason is not told: %s", w.log)
				}
				return
			}
			idle := w.idleClients(100)
			for range 20 {
				if _, err := w.status(); err != nil {
					t.Errorf("status among idle clients: %v", err)
				}
			}
			for _, conn := range idle {
				conn.Close()
			}
			w.chats()
			if got := w.adapter(apiName); got.Generation != 1 {
				t.Errorf("%+v", got)
			}
			took := w.ends(syscall.SIGTERM, 0)
			note(t, "100 idle clients: status answers, then clients do; SIGTERM took %d ms", took.Milliseconds())
		})
	}
}

// idleClients opens connections and says nothing on them.
func (w *world) idleClients(n int) (all []net.Conn) {
	w.t.Helper()
	address := w.adapter(apiName).Listen
	for range n {
		conn, err := net.DialTimeout("tcp", address, patience)
		if err != nil {
			w.t.Fatal(err)
		}
		w.t.Cleanup(func() { conn.Close() })
		all = append(all, conn)
	}
	return all
}

// memoryBytes is the memory of the group in which the API server starts with nothing compiled.
const memoryBytes = 128 << 20

// 128 MiB are enough for a cold start of the API server. Without a group of one's own the peaks are measured instead.
func TestLittleMemory(t *testing.T) {
	w := newWorld(t)
	w.configure(w.api())
	group, err := newGroup(memoryBytes)
	if err == nil {
		w.before = "echo $$ > " + filepath.Join(group, "cgroup.procs")
		t.Cleanup(func() {
			w.kill()
			if err := os.Remove(group); err != nil {
				t.Errorf("the group is left: %v", err)
			}
		})
	}
	w.start()
	w.connected(apiName)
	own := peak(w.cmd.Process.Pid)
	w.chats()
	took := w.ends(syscall.SIGTERM, 0)
	if err != nil {
		skip(t, "no memory group here: %v; the peak of the process alone was %d MiB", err, own>>20)
	}
	note(t, "cold start in %d MiB: connected; peak of the process %d MiB; SIGTERM took %d ms", memoryBytes>>20, own>>20, took.Milliseconds())
}

// newGroup makes a group of processes with little memory below the one of this process, in either version of cgroups.
func newGroup(bytes int) (dir string, err error) {
	file, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.SplitN(lines.Text(), ":", 3)
		if len(fields) < 3 {
			continue
		}
		root, limit := "", ""
		switch {
		case fields[1] == "memory":
			root, limit = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		case fields[0] == "0":
			root, limit = "/sys/fs/cgroup", "memory.max"
		default:
			continue
		}
		dir := filepath.Join(root, fields[2], fmt.Sprintf("innkeeper-faults-%d", os.Getpid()))
		if err = os.Mkdir(dir, 0o755); err != nil {
			continue
		}
		if err = os.WriteFile(filepath.Join(dir, limit), []byte(strconv.Itoa(bytes)), 0); err == nil {
			return dir, nil
		}
		_ = os.Remove(dir)
	}
	if err == nil {
		err = os.ErrNotExist
	}
	return "", err
}

// peak is the most memory that a process has had resident.
func peak(pid int) (bytes int64) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, found := strings.CutPrefix(line, "VmHWM:"); found {
			kib, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kib << 10
		}
	}
	return 0
}
