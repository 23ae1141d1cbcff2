package gateway

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"innkeeper/runtime/supervisor"
)

// lowLimit marks the process in which TestDescriptorLimit may use descriptors up.
const lowLimit = "INNKEEPER_TEST_LOW_LIMIT"

// Out of descriptors, an adapter is tried again and comes back by itself once there are some: whether it was its socket that
// could not be opened, or its database. Its module was read before, and needs none. It runs in a process of its own.
func TestDescriptorLimit(t *testing.T) {
	if os.Getenv(lowLimit) == "" {
		again := exec.Command(os.Args[0], "-test.run=^TestDescriptorLimit$", "-test.v")
		again.Env = append(os.Environ(), lowLimit+"=1")
		if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestDescriptorLimit") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 128, Max: 128}); err != nil {
		t.Fatal(err)
	}
	t.Run("module", moduleWithoutDescriptors)
	t.Run("socket", socketWithoutDescriptors)
	t.Run("database", databaseWithoutDescriptors)
}

// hog uses up all descriptors but a few, until it is released.
type hog struct{ files []*os.File }

func hoard(t *testing.T, leave int) *hog {
	t.Helper()
	var h hog
	for {
		file, err := os.Open(os.DevNull)
		if errors.Is(err, syscall.EMFILE) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		h.files = append(h.files, file)
	}
	for range leave {
		h.files[0].Close()
		h.files = h.files[1:]
	}
	return &h
}

func (h *hog) release() {
	for _, file := range h.files {
		file.Close()
	}
	h.files = nil
}

func moduleWithoutDescriptors(t *testing.T) {
	dir := t.TempDir()
	// A module without HTTP, so that the cache of compiled code is the first thing to be opened.
	manifest := "name = \"quiet\"\nversion = \"1\"\nfamilies = [\"lifecycle\", \"event\"]\n"
	p := newPuppet()
	file := p.main(p.ready(), p.idle()).write(t, dir, "m", manifest)
	var held *hog
	h := newHarness(t, dir, plan{toml: adapter("quiet", file, quick)})
	h.plan.observe = func(_ string, status supervisor.Status) {
		if status.State == supervisor.Starting && status.Generation == 1 {
			held = hoard(t, 0)
		}
	}
	h.start()
	if status := h.await("quiet", supervisor.Connected, supervisor.Backoff, supervisor.Failed); status.State != supervisor.Connected {
		t.Errorf("%+v", status)
	}
	held.release()
}

func socketWithoutDescriptors(t *testing.T) {
	dir := t.TempDir()
	var held *hog
	h := newHarness(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick)})
	h.plan.observe = func(_ string, status supervisor.Status) {
		if status.State == supervisor.Starting && status.Generation == 1 {
			held = hoard(t, 0)
		}
	}
	h.start()
	for range 3 {
		status := h.await(puppetName, supervisor.Backoff, supervisor.Failed)
		if status.State == supervisor.Failed || !strings.Contains(status.Reason, "too many open files") {
			t.Errorf("%+v", status)
		}
	}
	held.release()
	h.await(puppetName, supervisor.Connected)
	h.answersWith(puppetName, "hello")
}

// The guest that cannot open its database says so and ends; what it could open is closed, and nothing grows while it tries.
func databaseWithoutDescriptors(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	p := newPuppet()
	p.main(p.openDatabase(), p.exec("CREATE TABLE IF NOT EXISTS t(x); INSERT INTO t VALUES(1)"), p.serve("hello"))
	h := openIn(t, dir, plan{toml: adapter(puppetName, p.write(t, dir, "m", puppetManifest), quick)})
	h.await(puppetName, supervisor.Connected)
	for leave := range 3 { // the database, its log and its index are three
		h.must(h.Pause(ctx, puppetName))
		h.await(puppetName, supervisor.Paused)
		held := hoard(t, leave)
		defer held.release()
		h.begun(h.Resume(ctx, puppetName))
		for range 5 {
			status := h.await(puppetName, supervisor.Backoff, supervisor.Failed, supervisor.Connected)
			if status.State != supervisor.Backoff {
				t.Errorf("with %d descriptors: %s: %s", leave, status.State, status.Reason)
			}
		}
		held.release()
		h.await(puppetName, supervisor.Connected)
		h.answersWith(puppetName, "hello")
	}
	h.must(h.Pause(ctx, puppetName))
	h.await(puppetName, supervisor.Paused)
	h.balanced(puppetName)
}
