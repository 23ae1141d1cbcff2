package lifecyclefn

// What a guest may say when it gives up.
const (
	// FailCodeBytes is the longest failure code, in bytes; it is one word.
	FailCodeBytes = 64

	// FailMessageBytes is the longest failure message, in bytes: it is shown whole in the status of the slot.
	FailMessageBytes = 1 << 10
)
