package front

import (
	"sync"

	"innkeeper/runtime/limits"
)

// buffer is memory for one request body or one gathered write.
type buffer struct{ data []byte }

// buffers keeps memory for reuse. Large buffers are not kept: one big request must not cost memory for ever.
type buffers struct{ pool sync.Pool }

// get is an empty buffer with some room.
func (b *buffers) get() *buffer {
	if kept, ok := b.pool.Get().(*buffer); ok {
		return kept
	}
	return &buffer{make([]byte, 0, limits.HTTPBodyFirstBytes)}
}

// put gives a buffer back; nil is fine.
func (b *buffers) put(used *buffer) {
	if used == nil || cap(used.data) > limits.HTTPBodyKeptBytes {
		return
	}
	used.data = used.data[:0]
	b.pool.Put(used)
}
