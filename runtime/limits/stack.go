package limits

// StackBytes is the most that a guest's calls inside each other may take, in bytes: what a thread has on most systems. Go's JSON decoder
// takes 2.6 MB of it for 10,000 arrays inside each other, its parser of Go 7.5 MB for 10,000 parentheses. Go counts its own stack, in
// the guest's memory, by other rules.
const StackBytes = 8 << 20

// What metering takes a frame of the stack to be.
const (
	// StackFrame is the least: registers that the engine saves, addresses, alignment.
	StackFrame = 256

	// StackPerByte is how many bytes a frame has for each byte of its function's code, at most.
	StackPerByte = 4
)
