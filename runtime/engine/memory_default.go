//go:build !((linux || darwin || freebsd) && (amd64 || arm64))

package engine

// newBlock takes linear memory from Go's heap.
func newBlock(most uint64) (block, error) { return newHeapBlock(most) }
