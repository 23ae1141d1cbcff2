package limits

import "time"

// How the processor is divided among guests that do not wait (package share).
const (
	// ShareSlice is how much a guest may work beyond what it waits before it needs a turn, and how long a turn lasts when others
	// want it. A request costs an adapter a twentieth of it.
	ShareSlice = time.Millisecond

	// ShareMemory is the most work that is held against a guest. It is far more than a burst of a busy server, such as a garbage
	// collection of its own, so that one goes before those that only burn; after it a guest waits that long to be like any other.
	ShareMemory = 200 * ShareSlice

	// ShareWait is the shortest time away from work that counts as waiting. To park and to be woken costs the processor some
	// microseconds, so a guest that waits for less burns it all the same.
	ShareWait = 20 * time.Microsecond

	// ShareEvent is the work that goes with an event and is not held against a guest. A busy server never waits, and is not what
	// others must be protected from: it works as much as its callers ask for.
	ShareEvent = 50 * time.Microsecond

	// ShareQuiet is how long a guest that burns has fetched no event before it lets other threads run. A busy server that did so where
	// other programs want the processor as well would be left with half of what the system gives it.
	ShareQuiet = 10 * ShareSlice

	// ShareYield is how often a guest that burns lets others run.
	ShareYield = 200 * time.Microsecond

	// ShareLease is how long a turn may be kept by a guest that is not back from a host function, when others want it.
	ShareLease = 20 * time.Millisecond
)
