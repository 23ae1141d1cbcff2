//go:build (linux || darwin || freebsd) && (amd64 || arm64)

package engine

import (
	"context"
	"fmt"
	"syscall"

	"github.com/tetratelabs/wazero/experimental"
)

// withMemories gives the instances that are made under the context linear memory of the operating system's own, and gives it
// all back with release. On Go's heap a memory stays until a garbage collection, and each growth copies it; a mapping goes
// when its guest has gone, and grows in place.
func withMemories(ctx context.Context) (_ context.Context, release func()) {
	m := &mappings{}
	return experimental.WithMemoryAllocator(ctx, m), m.release
}

// mappings are the memories of one instance: one, as long as WebAssembly has no more.
type mappings struct{ all []*mapping }

// Allocate reserves addresses for the largest size. If there are none left it panics, since wazero knows no other way to say
// so; execute makes an error of it.
func (m *mappings) Allocate(_, most uint64) experimental.LinearMemory {
	reserved, err := syscall.Mmap(-1, 0, int(max(most, 1)), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		panic(fmt.Errorf("linear memory of up to %d bytes: %w", most, err))
	}
	mapped := &mapping{reserved: reserved}
	m.all = append(m.all, mapped)
	return mapped
}

func (m *mappings) release() {
	for _, mapped := range m.all {
		// It can only fail for a slice that is no mapping.
		_ = syscall.Munmap(mapped.reserved)
		mapped.reserved = nil
	}
	m.all = nil
}

// mapping is one linear memory: reserved addresses, of which the front can be used.
type mapping struct{ reserved []byte }

// Reallocate makes the first size bytes usable; new ones are zero. Nil if the system has no memory left.
func (m *mapping) Reallocate(size uint64) []byte {
	if size > uint64(len(m.reserved)) {
		return nil
	}
	if size > 0 && syscall.Mprotect(m.reserved[:size], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
		return nil
	}
	return m.reserved[:size:size]
}

// Free does nothing: wazero calls it when a module is closed, and that may be while the guest still runs.
func (m *mapping) Free() {}
