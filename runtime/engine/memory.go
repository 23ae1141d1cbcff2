package engine

import (
	"context"
	"fmt"

	"github.com/tetratelabs/wazero/experimental"

	"innkeeper/runtime/budget"
	"innkeeper/runtime/outcome"
)

// block is the storage of one linear memory.
type block interface {
	// resize makes the first size bytes usable, new ones are zero; nil if there is no room. Size never becomes less.
	resize(size uint64) []byte
	release()
}

// withMemories gives the instances that are made under the context linear memories that are charged to a budget before they are
// there, and gives all of it back with release.
func withMemories(
	ctx context.Context, shared *budget.Budget, reserve func(most uint64) (block, error),
) (_ context.Context, release func()) {
	m := &memories{shared: shared, reserve: reserve}
	return experimental.WithMemoryAllocator(ctx, m), m.release
}

// memories are those of one instance: one, as long as WebAssembly has no more.
type memories struct {
	shared  *budget.Budget
	reserve func(most uint64) (block, error)
	all     []*memory
}

// memory is one linear memory.
type memory struct {
	block   block
	shared  *budget.Budget
	charged uint64
	begun   bool // it has the size that it starts with
}

// Allocate prepares a memory of up to most bytes. If that cannot be it panics, since wazero knows no other way to say so; execute
// makes an error of it.
func (m *memories) Allocate(_, most uint64) experimental.LinearMemory {
	reserved, err := m.reserve(most)
	if err != nil {
		panic(&memoryError{fmt.Sprintf("there are no addresses for a linear memory of up to %s: %v", budget.Bytes(int64(most)), err)})
	}
	all := &memory{block: reserved, shared: m.shared}
	m.all = append(m.all, all)
	return all
}

func (m *memories) release() {
	for _, one := range m.all {
		one.block.release()
		one.shared.Give(int64(one.charged))
	}
	m.all = nil
}

// Reallocate makes the first size bytes usable. A guest that grows and cannot sees -1; one that cannot even start ends with the reason.
func (m *memory) Reallocate(size uint64) []byte {
	more := int64(size - m.charged) // a memory never becomes smaller
	usable, short := []byte(nil), !m.shared.Take(more)
	if !short {
		if usable = m.block.resize(size); usable == nil {
			m.shared.Give(more)
		}
	}
	switch {
	case usable != nil:
		m.charged, m.begun = size, true
	case m.begun:
	case short:
		panic(usedUp(more, m.shared.Use()))
	default:
		panic(&memoryError{fmt.Sprintf("the system has no memory left for a guest that begins with %s", budget.Bytes(more))})
	}
	return usable
}

// Free does nothing: wazero calls it when a module is closed, and that may be while the guest still runs.
func (m *memory) Free() {}

// memoryError is a memory that could not be had. It may be there later.
type memoryError struct{ message string }

func usedUp(wanted int64, use budget.Use) *memoryError {
	return &memoryError{fmt.Sprintf(
		"the memory of all guests is used up: %s of %s are taken, and this one begins with %s; raise memory in [limits], or lower it in [adapters.NAME.limits]",
		budget.Bytes(use.Used), budget.Bytes(use.Limit), budget.Bytes(wanted))}
}

func (e *memoryError) Error() string { return e.message }

func (e *memoryError) exit() outcome.Outcome {
	return outcome.Outcome{Verdict: outcome.Retry, Code: "no_memory", Message: e.message}
}
