package openaiagent

import "innkeeper/runtime/limits"

// What is read of an upstream, which the host does not trust more than anybody else.
const (
	// eventBytes is the longest event of a stream, in bytes. Most hold a word; some upstreams send a whole answer in one.
	eventBytes = 4 << 20

	// eventValues is the most values, keys included, of one event.
	eventValues = 1 << 16

	// smallBytes is the longest event that is not charged for, in bytes, and what the values of one take that are not.
	smallBytes = 64 << 10

	// eventsBytes bounds what the events of all turns that have more take while they are read, in bytes.
	eventsBytes = 256 << 20

	// answerBytes is the longest answer, in bytes as they come: half a million tokens, each in an event of its own.
	answerBytes = 128 << 20

	// errorBytes is what is read of an error answer, in bytes.
	errorBytes = 64 << 10

	// headerBytes is the largest head of an answer, in bytes. OpenAI's has about 2 KB.
	headerBytes = 64 << 10

	// wordBytes is the longest of the words that chunks repeat, such as the model's name, in bytes; the rest is cut off.
	wordBytes = 1 << 10

	// messageBytes is the longest sentence of an upstream in a failure, in bytes.
	messageBytes = 1000

	// maxDepth is how deep JSON of an upstream may nest.
	maxDepth = limits.JSONDepth
)
