package gateway

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"innkeeper/runtime/admin"
	"innkeeper/runtime/config"
	"innkeeper/runtime/supervisor"
)

// A slot that hangs keeps nobody from seeing the others, and a host that is asked again and again does not collect those who wait.
func TestStatusBesideASlotThatHangs(t *testing.T) {
	dir := t.TempDir()
	toml := adapter(puppetName, server(t, dir, "m", "hello"), quick) + adapter("z_other", server(t, dir, "n", "hello"), quick)
	h := openIn(t, dir, plan{toml: toml})
	h.await(puppetName, supervisor.Connected)
	h.await("z_other", supervisor.Connected)
	hangs := h.slots[puppetName]
	hangs.mu.Lock()
	for range statusAsked + 2 {
		began := time.Now()
		status := h.Status()
		if took := time.Since(began); took > time.Second {
			t.Errorf("it took %v", took)
		}
		if a := status.Adapters[0]; a.Name != puppetName || a.State != admin.StateUnknown || a.Reason == "" || a.Handles.Open == nil {
			t.Errorf("of the one that hangs: %+v", a)
		}
		if a := status.Adapters[1]; a.State != "connected" {
			t.Errorf("of the other: %+v", a)
		}
	}
	if n := len(hangs.asked); n != statusAsked {
		t.Errorf("%d questions are open", n)
	}
	hangs.mu.Unlock()
	for len(hangs.asked) > 0 { // they end by themselves
		time.Sleep(time.Millisecond)
	}
	if a := h.Status().Adapters[0]; a.State != "connected" {
		t.Errorf("when it hangs no more: %+v", a)
	}
}

// The budgets are shown with their limits and where those come from, and a reload puts others in force.
func TestStatusShowsTheBudgets(t *testing.T) {
	dir := t.TempDir()
	slots := adapter(puppetName, server(t, dir, "m", "hello"), quick)
	h := openIn(t, dir, plan{toml: "[limits]\nmemory = \"64MiB\"\n" + slots})
	h.await(puppetName, supervisor.Connected)
	budget := func(name string) admin.Budget {
		all := h.Status().House.Budgets
		i := slices.IndexFunc(all, func(b admin.Budget) bool { return b.Name == name })
		if i < 0 {
			t.Fatalf("no budget %s in %+v", name, all)
		}
		return all[i]
	}
	if b := budget("memory"); b.Limit != 64<<20 || b.Used != 1<<16 || b.Peak != 1<<16 || b.Origin != "configuration" || b.Unit != "bytes" {
		t.Errorf("%+v", b)
	}
	if b := budget("descriptors"); b.Used != 2 || b.Limit <= b.Used || b.Origin == "" { // the socket, and the connection that may come
		t.Errorf("%+v", b)
	}
	h.reloads("[limits]\nmemory = \"32MiB\"\nbytes_in_flight = \"5MiB\"\ndescriptors = 900\n" + slots)
	if m, f, d := budget("memory"), budget("bytes_in_flight"), budget("descriptors"); m.Limit != 32<<20 || f.Limit != 5<<20 || d.Limit >= 900 {
		t.Errorf("after a reload: %+v, %+v, %+v", m, f, d)
	}
	h.must(h.Pause(t.Context(), puppetName))
	if b := budget("memory"); b.Used != 0 {
		t.Errorf("nothing runs: %+v", b)
	}
}

// A guest for which there is no memory waits and is tried again; it is no failure that a person has to mend.
func TestAnAdapterWithoutMemoryIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	h := openIn(t, dir, plan{toml: adapter(puppetName, server(t, dir, "m", "hello"), quick)})
	h.await(puppetName, supervisor.Connected)
	h.house.memory.Force(h.house.memory.Use().Limit)
	h.must(h.Pause(t.Context(), puppetName))
	_ = h.Resume(t.Context(), puppetName) // it is not ready now
	if status := h.await(puppetName, supervisor.Backoff); status.LastError == "" {
		t.Errorf("%+v", status)
	}
	h.house.memory.Give(h.house.memory.Use().Limit)
	h.await(puppetName, supervisor.Connected)
}

// An adapter for whose address there is no descriptor is tried again, and recovers by itself.
func TestAnAdapterWithoutADescriptorIsTriedAgain(t *testing.T) {
	dir := t.TempDir()
	h := openIn(t, dir, plan{})
	limit := h.house.descriptors.Use().Limit
	h.house.descriptors.Force(limit)
	h.configure(adapter(puppetName, server(t, dir, "m", "hello"), quick))
	if _, err := h.Reload(t.Context()); err == nil {
		t.Error("it cannot be ready")
	}
	if status := h.await(puppetName, supervisor.Backoff); !strings.Contains(status.LastError, "descriptors are taken") {
		t.Errorf("%+v", status)
	}
	h.house.descriptors.Give(limit)
	h.await(puppetName, supervisor.Connected)
}

// A reload that waits for the outside does not hold up the end.
func TestAReloadThatWaitsEndsWithTheHost(t *testing.T) {
	h := openIn(t, t.TempDir(), plan{})
	entered := make(chan struct{})
	h.options.Load = func(ctx context.Context) (*config.Config, error) {
		close(entered)
		<-ctx.Done()
		return nil, context.Cause(ctx)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := h.Gateway.Reload(context.Background())
		ended <- err
	}()
	<-entered
	h.must(h.Stop(t.Context()))
	if err := <-ended; !errors.Is(err, ErrStopped) {
		t.Errorf("the reload: %v", err)
	}
}
