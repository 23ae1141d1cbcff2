package limits

// What one instance may write to the host's log, through log.write and its standard output and error together.
const (
	// LogRecordsPerSecond is the lasting rate, in records a second. A busy adapter that logs each request stays below it
	// on a quiet platform; a loop that logs does not, and a hundred lines of 4 KiB are still only 400 KB/s.
	LogRecordsPerSecond = 100

	// LogBurst is how many records may come at once, in records. The stack traces of a crashing Go guest have up to a few
	// hundred lines, and they are what an operator needs most.
	LogBurst = 500

	// LogResume is how many records must fit again before a guest that was cut off is heard again, in records. It is one
	// second's worth, so that a flood leaves at most one line a second about what was dropped.
	LogResume = LogRecordsPerSecond

	// LogMessageBytes is the longest message or line of output, in bytes; the rest is cut off and marked. It fits a
	// pipe's atomic write and any sensible sentence.
	LogMessageBytes = 4 << 10

	// LogAttributesBytes is the largest attributes object, in bytes of JSON.
	LogAttributesBytes = 8 << 10

	// LogAttributes is the largest number of keys and list items in one attributes object, over all levels.
	LogAttributes = 64

	// LogAttributesDepth is the deepest nesting of objects and lists in attributes; the outer object is 1.
	LogAttributesDepth = 4

	// LogKeyBytes is the longest key of an attribute, in bytes; the rest is cut off and marked.
	LogKeyBytes = 128
)

// What a guest may say when it gives up.
const (
	// FailCodeBytes is the longest failure code, in bytes; it is one word.
	FailCodeBytes = 64

	// FailMessageBytes is the longest failure message, in bytes: it is shown whole in the status of the slot.
	FailMessageBytes = 1 << 10
)
