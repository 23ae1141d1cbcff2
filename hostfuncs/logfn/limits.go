package logfn

// What one instance may write to the host's log, through log.write and its standard output and error together.
const (
	// RecordsPerSecond is the lasting rate, in records a second. A busy adapter that logs each request stays below it
	// on a quiet platform; a loop that logs does not, and a hundred lines of 4 KiB are still only 400 KB/s.
	RecordsPerSecond = 100

	// Burst is how many records may come at once, in records. The stack traces of a crashing Go guest have up to a few
	// hundred lines, and they are what an operator needs most.
	Burst = 500

	// Resume is how many records must fit again before a guest that was cut off is heard again, in records. It is one
	// second's worth, so that a flood leaves at most one line a second about what was dropped.
	Resume = RecordsPerSecond

	// MessageBytes is the longest message or line of output, in bytes; the rest is cut off and marked. It fits a
	// pipe's atomic write and any sensible sentence.
	MessageBytes = 4 << 10

	// AttributesBytes is the largest attributes object, in bytes of JSON.
	AttributesBytes = 8 << 10

	// Attributes is the largest number of keys and list items in one attributes object, over all levels.
	Attributes = 64

	// AttributesDepth is the deepest nesting of objects and lists in attributes; the outer object is 1.
	AttributesDepth = 4

	// KeyBytes is the longest key of an attribute, in bytes; the rest is cut off and marked.
	KeyBytes = 128
)
