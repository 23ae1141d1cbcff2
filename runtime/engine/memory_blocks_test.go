package engine

import (
	"strings"
	"testing"

	"innkeeper/runtime/budget"
)

const page = 64 << 10

// kinds are the ways in which linear memory is stored.
func kinds() map[string]func(uint64) (block, error) {
	return map[string]func(uint64) (block, error){"as here": newBlock, "heap": newHeapBlock}
}

func TestMemoryGrowsAndKeepsItsContent(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			m := &memories{reserve: kind}
			memory := m.Allocate(page, 4*page)
			first := memory.Reallocate(page)
			if len(first) != page || cap(first) != page {
				t.Fatalf("%d bytes, capacity %d", len(first), cap(first))
			}
			first[page-1] = 42
			grown := memory.Reallocate(4 * page)
			if len(grown) != 4*page {
				t.Fatalf("%d bytes", len(grown))
			}
			for i, b := range grown {
				if b != 0 && i != page-1 {
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
		})
	}
}

func TestMemoryWithoutSize(t *testing.T) {
	for name, kind := range kinds() {
		m := &memories{reserve: kind}
		if empty := m.Allocate(0, 0).Reallocate(0); empty == nil || len(empty) != 0 {
			t.Errorf("%s: %v: nil would stand for no memory left", name, empty)
		}
		m.release()
	}
}

// What is taken is charged before it is there, what is refused is not charged, and all of it is given back once.
func TestMemoryIsCharged(t *testing.T) {
	for name, kind := range kinds() {
		t.Run(name, func(t *testing.T) {
			shared := budget.New(10 * page)
			m, other := &memories{shared: shared, reserve: kind}, &memories{shared: shared, reserve: kind}
			used := func(want int64) {
				t.Helper()
				if use := shared.Use(); use.Used != want*page {
					t.Errorf("%d pages are charged, want %d", use.Used/page, want)
				}
			}
			one, two := m.Allocate(0, 6*page), other.Allocate(0, 8*page)
			one.Reallocate(5 * page)
			used(5)
			two.Reallocate(2 * page)
			used(7)
			if got := two.Reallocate(6 * page); got != nil {
				t.Errorf("%d bytes past the budget", len(got))
			}
			used(7)
			if got := one.Reallocate(7 * page); got != nil { // the budget has it, the memory has not
				t.Errorf("%d bytes past the memory's own end", len(got))
			}
			used(7)
			if got := two.Reallocate(5 * page); len(got) != 5*page {
				t.Errorf("%d bytes", len(got))
			}
			used(10)
			m.release()
			used(5)
			m.release()
			other.release()
			used(0)
		})
	}
}

// A memory that cannot be had at all ends the instance with both figures, and charges nothing.
func TestMemoryThatCannotBegin(t *testing.T) {
	shared := budget.New(3 << 20)
	shared.Force(2 << 20)
	for name, c := range map[string]struct {
		begin func(m *memories)
		want  []string
	}{
		"used up":      {func(m *memories) { m.Allocate(0, 8<<20).Reallocate(2 << 20) }, []string{"2.0 MiB of 3.0 MiB", "begins with 2.0 MiB", "[limits]"}},
		"no addresses": {func(m *memories) { m.Allocate(0, 1<<62) }, []string{"no addresses"}},
		"no memory":    {func(m *memories) { m.Allocate(0, page).Reallocate(2 * page) }, []string{"the system has no memory left"}},
	} {
		m := &memories{shared: shared, reserve: newBlock}
		func() {
			defer func() {
				err, ok := recover().(*memoryError)
				for _, want := range c.want {
					if !ok || !strings.Contains(err.Error(), want) {
						t.Errorf("%s: %v, want %q in it", name, err, want)
					}
				}
			}()
			c.begin(m)
		}()
		if m.release(); shared.Use().Used != 2<<20 {
			t.Errorf("%s: %+v", name, shared.Use())
		}
	}
}
