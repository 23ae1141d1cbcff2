package limits

// Bounds of an instance's mailbox.
const (
	// MailboxEvents is how many events may wait before new requests are turned away with 503. A guest takes one in
	// about 20 µs, so this is 80 ms of work: a guest that is further behind is not coming back soon.
	MailboxEvents = 4096

	// MailboxDeltaBytes is how much of one turn may wait before the turn is held back, in bytes: thousands of tokens.
	MailboxDeltaBytes = 64 << 10
)
