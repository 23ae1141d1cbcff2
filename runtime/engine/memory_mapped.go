//go:build (linux || darwin || freebsd) && (amd64 || arm64)

package engine

import "syscall"

// newBlock takes linear memory from the operating system. On Go's heap a memory stays until a garbage collection, and each growth
// copies it; a mapping goes when its guest has gone, and grows in place.
func newBlock(most uint64) (block, error) {
	reserved, err := syscall.Mmap(-1, 0, int(max(most, 1)), syscall.PROT_NONE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
	if err != nil {
		return nil, err
	}
	return &mapping{reserved}, nil
}

// mapping is reserved addresses, of which the front can be used.
type mapping struct{ reserved []byte }

func (m *mapping) resize(size uint64) []byte {
	if size > uint64(len(m.reserved)) {
		return nil
	}
	if size > 0 && syscall.Mprotect(m.reserved[:size], syscall.PROT_READ|syscall.PROT_WRITE) != nil {
		return nil
	}
	return m.reserved[:size:size]
}

func (m *mapping) release() {
	// It can only fail for a slice that is no mapping.
	_ = syscall.Munmap(m.reserved)
	m.reserved = nil
}
