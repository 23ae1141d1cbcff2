package engine

// newHeapBlock takes linear memory from Go's heap, where there are no mappings.
func newHeapBlock(most uint64) (block, error) { return &heapBlock{most: most}, nil }

// heapBlock is a memory that moves when it grows.
type heapBlock struct {
	most  uint64
	bytes []byte
}

func (h *heapBlock) resize(size uint64) []byte {
	if size > h.most {
		return nil
	}
	grown := make([]byte, size)
	copy(grown, h.bytes)
	h.bytes = grown
	return grown
}

func (h *heapBlock) release() { h.bytes, h.most = nil, 0 }
