package limits

import "time"

// Budgets of the whole host, which all slots share, settable in [limits]. What is not written follows from the machine.
const (
	// HostMemoryShare is the part of the machine's memory that the linear memories of all guests together may have: half of it. The
	// rest is for what guests make the host and the system hold: compiled code, bodies, databases, files that are cached.
	HostMemoryShare = 2

	// HostMemoryBytes is the memory of all guests where the system does not tell what the machine has, in bytes.
	HostMemoryBytes = 2 << 30

	// HostMemoryBytesMin is the least, in bytes: two generations of a small guest, side by side.
	HostMemoryBytesMin = 16 << 20

	// HostMemoryBytesMax is the most, in bytes: a petabyte keeps sums far from overflow.
	HostMemoryBytesMax = 1 << 50

	// HostFlightShare is the part of the memory of all guests that heads, bodies, events and answers may take while they wait: an
	// eighth of it. Most of them wait for microseconds, and what is refused may come again.
	HostFlightShare = 8

	// KeyedShare is the part of whatever requests use up, one in so many, that is there only for those that carry the key: without
	// it a client that has none could keep those out that have.
	KeyedShare = 4

	// HostFlightBytesLeast is the least that follows from the memory of all guests, in bytes: three bodies of the default size.
	HostFlightBytesLeast = 32 << 20

	// HostFlightBytesMin is the least that may be written, in bytes.
	HostFlightBytesMin = 1 << 20

	// HostDescriptors is how many descriptors there are where the system does not tell.
	HostDescriptors = 4096

	// HostDescriptorsMax is the most that may be written: Linux allows no process more by default.
	HostDescriptorsMax = 1 << 20
)

// The making of one module, settable in [limits].
const (
	// CompileMemory is the most memory that the compilation of one module may take, in bytes. A module of 15 MB with five client
	// libraries takes 306 MB, of which half is the compiler's garbage.
	CompileMemory = 1 << 30

	// CompileMemoryMin is the least, in bytes: the compiler itself with a small guest.
	CompileMemoryMin = 64 << 20

	// CompileTime is the longest that it may take. That module takes seven seconds on a fast core and a minute on a slow one that
	// others use as well.
	CompileTime = 2 * time.Minute
)

// The folder of one adapter, settable in [adapters.NAME.limits].
const (
	// DiskBytes is how much the files in an adapter's folder may take, in bytes. A conversation is 10 to 100 KB: room for tens of
	// thousands, and little enough that ten adapters do not fill a small disk.
	DiskBytes = 4 << 30

	// DiskBytesMin is the least, in bytes: an empty database with its log.
	DiskBytesMin = 1 << 20

	// DiskBytesMax is the most, in bytes.
	DiskBytesMax = 1 << 50
)
