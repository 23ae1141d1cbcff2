package limits

// Bounds on JSON that the host parses, whoever sent it. One pass looks at them before a parser does: a parser takes 20 to 200
// bytes for a value of two, and may recurse as deep as the text nests. What only a guest parses is bounded there.
const (
	// JSONDepth is the deepest nesting of arrays and objects that is read of strangers. JSON schemas inside of tools need
	// about thirty.
	JSONDepth = 256

	// TurnValues is the most values, keys included, of one turn. The request of a coding tool has a few thousand.
	TurnValues = 1 << 20

	// TurnValueBytes is what a value of a turn takes while the agent reads it, in bytes: a turn is charged for its length and
	// for its values.
	TurnValueBytes = 20

	// ControlBytes is the largest answer of the control socket that a command reads, in bytes. The status of 256 adapters
	// is about 300 KB.
	ControlBytes = 4 << 20

	// ControlValues is the most values, keys included, of such an answer: 256 adapters have about 30,000.
	ControlValues = 1 << 17

	// AnswerBytes is the largest answer, and the longest event of a streamed one, that the chat command reads, in bytes.
	AnswerBytes = 4 << 20

	// AnswerStreamBytes is the longest streamed answer that the chat command reads, in bytes.
	AnswerStreamBytes = 128 << 20

	// AnswerValues is the most values, keys included, of those.
	AnswerValues = 1 << 16
)
