package limits

// StackBytes is the largest stack of a guest's calls, in bytes.
const StackBytes = 1 << 40
