package api

// maxMemory is how many bytes of conversations and answers may wait in the guest before new requests get 429. With what
// the garbage collector leaves lying about it comes to half of an instance's default memory.
const maxMemory = 64 << 20

// memory counts the bytes of what waits in the guest.
type memory struct{ used int }

func (m *memory) full() bool { return m.used >= maxMemory }

// reserve books bytes until the reservation is released.
func (m *memory) reserve(bytes int) reservation {
	m.used += bytes
	return reservation{m, bytes}
}

// reservation is a part of the memory. The zero value has none and may be released.
type reservation struct {
	of    *memory
	bytes int
}

// Resize makes it another size.
func (r *reservation) Resize(bytes int) {
	r.of.used += bytes - r.bytes
	r.bytes = bytes
}

// Release gives the bytes back. It does nothing the second time.
func (r *reservation) Release() {
	if r.bytes != 0 {
		r.Resize(0)
	}
}
