package gateway

import (
	"context"
	"errors"
	"strings"
	"testing"

	"innkeeper/runtime/supervisor"
)

// beginsWith writes a puppet that begins with so many pages of memory.
func beginsWith(t *testing.T, dir string, pages uint32, body string) (file string) {
	t.Helper()
	p := newPuppet()
	p.b.Memory(pages)
	return p.main(p.serve(body)).write(t, dir, "m", strings.Replace(puppetManifest, `default = ""`, `default = "", live = true`, 1))
}

const (
	largePages = 600 // 37.5 MiB
	bothSizes  = "the module begins with 37.5 MiB, and all guests together may have 16.0 MiB"
)

// Once, a guest that begins with more memory than all guests together may have was tried again for ever. It has failed, until there is more.
func TestAGuestThatCannotEverBegin(t *testing.T) {
	for _, live := range []string{"", "note = \"other\"\n"} {
		dir := t.TempDir()
		slot := adapter(puppetName, beginsWith(t, dir, largePages, "hello"), quick)
		h := openIn(t, dir, plan{toml: "[limits]\nmemory = \"16MiB\"\n" + slot})
		status := h.await(puppetName, supervisor.Failed, supervisor.Backoff)
		if status.State != supervisor.Failed || !strings.HasPrefix(status.Reason, "no_memory: ") || !strings.Contains(status.Reason, bothSizes) {
			t.Errorf("%s: %s", status.State, status.Reason)
		}
		h.reloads("[limits]\nmemory = \"30MiB\"\n" + slot)
		if state := h.slotOf(puppetName).super.Status().State; state != supervisor.Failed {
			t.Errorf("with too little still it is %s", state)
		}
		h.configure("[limits]\nmemory = \"38MiB\"\n" + slot + live)
		if touched, err := h.Reload(context.Background()); err != nil || len(touched) != 1 {
			t.Errorf("touched %v: %v", touched, err)
		}
		h.await(puppetName, supervisor.Connected)
		h.answersWith(puppetName, "hello")
		// What runs keeps its memory, and is not started anew when there is more again.
		for _, memory := range []string{"16MiB", "64MiB"} {
			h.configure("[limits]\nmemory = \"" + memory + "\"\n" + slot + live)
			if touched, err := h.Reload(context.Background()); err != nil || len(touched) != 0 {
				t.Errorf("memory %s: touched %v: %v", memory, touched, err)
			}
		}
		h.answersWith(puppetName, "hello")
	}
}

// A version that cannot begin is refused, and what ran goes on.
func TestUpdateThatCannotEverBegin(t *testing.T) {
	for way, update := range updates() {
		t.Run(way, func(t *testing.T) {
			dir := t.TempDir()
			slot := adapter(puppetName, beginsWith(t, dir, 8, "hello"), quick)
			h := openIn(t, dir, plan{toml: "[limits]\nmemory = \"16MiB\"\n" + slot})
			h.await(puppetName, supervisor.Connected)
			beginsWith(t, dir, largePages, "large")
			if err := update(h); !errors.Is(err, ErrUpdateRefused) || !errors.Is(err, ErrMemory) || !strings.Contains(err.Error(), bothSizes) {
				t.Errorf("%v", err)
			}
			h.answersWith(puppetName, "hello")
			h.configure("[limits]\nmemory = \"38MiB\"\n" + slot)
			if _, err := h.Reload(context.Background()); err != nil {
				t.Error(err)
			}
			h.answersWith(puppetName, "large")
		})
	}
}
