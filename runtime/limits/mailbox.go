package limits

// Bounds of an instance's mailbox.
const (
	// MailboxNew is how many requests may wait before more are turned away with 503. A guest takes one in 20 to 100 µs, so
	// this is up to half a second of work: a guest that is further behind is not coming back soon.
	MailboxNew = 4096

	// MailboxBytes is how much memory all that waits may take before more requests are turned away with 503, in bytes. A request
	// is a few hundred bytes, but its query can be as long as its head may be.
	MailboxBytes = 128 << 20

	// MailboxDeltaBytes is how much memory the pieces of one turn or WebSocket may take before it is held back, in bytes: thousands
	// of tokens, once they are joined.
	MailboxDeltaBytes = 64 << 10

	// MailboxAllDeltaBytes is how much memory the pieces of all turns, and of all WebSocket clients, may take together before
	// they are held back, in bytes. A guest that fetches nothing could let every turn it may have fill MailboxDeltaBytes.
	MailboxAllDeltaBytes = 64 << 20

	// MailboxJoinFrom is how many pieces of one turn may wait before further ones are joined. A guest that keeps up gets
	// every piece by itself, so that a client sees an answer grow word by word; one that is behind gets fewer, larger ones.
	MailboxJoinFrom = 8
)
