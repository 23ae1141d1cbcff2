//go:build (linux || darwin || freebsd) && (amd64 || arm64)

package engine

import (
	"context"
	"testing"
)

func TestMapping(t *testing.T) {
	const page = 64 << 10
	m := &mappings{}
	memory := m.Allocate(page, 4*page)
	first := memory.Reallocate(page)
	if len(first) != page || cap(first) != page {
		t.Fatalf("%d bytes, capacity %d", len(first), cap(first))
	}
	first[page-1] = 42
	grown := memory.Reallocate(4 * page)
	if len(grown) != 4*page || &grown[0] != &first[0] {
		t.Fatal("the memory moved, or is too small")
	}
	for i, b := range grown {
		if want := byte(0); b != want && i != page-1 {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	if grown[page-1] != 42 {
		t.Error("the content is gone")
	}
	if more := memory.Reallocate(4*page + 1); more != nil {
		t.Errorf("%d bytes, more than reserved", len(more))
	}
	memory.Free() // the guest may still run
	grown[0] = 1
	m.release()
	m.release()
	if after := memory.Reallocate(page); after != nil {
		t.Error("memory after the release")
	}
}

func TestMappingWithoutSize(t *testing.T) {
	m := &mappings{}
	defer m.release()
	if empty := m.Allocate(0, 0).Reallocate(0); empty == nil || len(empty) != 0 {
		t.Errorf("%v: nil would stand for no memory left", empty)
	}
}

// A system without addresses to spare ends the instance, with a reason, and nothing else.
func TestMappingThatIsTooLarge(t *testing.T) {
	_, release := withMemories(context.Background())
	defer release()
	defer func() {
		if err, ok := recover().(error); !ok || err.Error() == "" {
			t.Errorf("got %v", err)
		}
	}()
	(&mappings{}).Allocate(0, 1<<62)
}
