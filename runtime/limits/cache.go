package limits

import "time"

// What is kept of modules that no program uses, so that they need not be compiled again when they come back. What programs use is kept
// beside it. It is looked at whenever a module comes that has no entry yet; not when a host begins: nothing is in use then, and what is
// about to start is found whole.
const (
	// CacheEntries is the most of them. Every version of a file that is replaced makes one: this is a day of somebody who builds every
	// ten minutes. A start of more adapters than that, one of which is new, may have some of the others compiled again.
	CacheEntries = 64

	// CacheBytes is the most that their files take, in bytes. The metered module and the code of a Go guest are 10 to 30 MB: some
	// twenty versions, and little beside the databases.
	CacheBytes = 512 << 20

	// CacheAge is how long one stays that nobody used: longer than an adapter is left out for a try or a holiday.
	CacheAge = 30 * 24 * time.Hour
)
