package limits

// Linear memory of one instance, in bytes.
const (
	// MemoryBytes is the default maximum. A small Go guest needs about 6 MiB, and one that parks 5,000 requests 40 MiB.
	MemoryBytes = 256 << 20

	// MemoryBytesMin is the least an operator may grant: a Go guest does not start in less than about 4 MiB.
	MemoryBytesMin = 4 << 20

	// MemoryBytesMax is the most a 32-bit WebAssembly memory can have: 65,536 pages of 64 KiB.
	MemoryBytesMax = 4 << 30

	// MemoryPageBytes is WebAssembly's page size; memory limits are multiples of it.
	MemoryPageBytes = 64 << 10
)
