package agentfn

import (
	"time"

	"innkeeper/runtime/limits"
)

// What one instance may ask of the agent.
const (
	// TurnSlackBytes is how much larger than the request body a turn may be, in bytes: an adapter adds instructions
	// and the stored messages of the conversation to what its client sent.
	TurnSlackBytes = 1 << 20

	// TurnBytes is the largest turn, in bytes of JSON, for the default body limit.
	TurnBytes = limits.HTTPBodyBytes + TurnSlackBytes

	// TurnsBytes bounds what the requests of all turns of one instance that run at once cost, in bytes. The host keeps a copy
	// of each until its turn is over, and what an agent makes of its values is counted as well. It is the default memory of a
	// guest: what fits there as requests fits here.
	TurnsBytes = limits.MemoryBytes

	// PieceBytes is the largest piece of an answer handed to a guest as one delta, in bytes; a longer one is cut into
	// several. It keeps the buffer small that a guest needs for events, whatever the upstream sends.
	PieceBytes = 16 << 10

	// ToolCalls is how many function calls one answer may have. OpenAI takes no more functions than that.
	ToolCalls = 128

	// ToolIDBytes is the longest id of a function call, in bytes. Ids have about thirty; some gateways put a signature of the
	// model's reasoning there.
	ToolIDBytes = 4 << 10

	// ToolNameBytes is the longest name of a function that is called, in bytes. OpenAI's bound is 64 or 128, depending on
	// the endpoint.
	ToolNameBytes = 256

	// ToolArgumentsBytes bounds the arguments of all function calls of one answer, in bytes. A guest has to hold them
	// whole; a large file that a model writes is a hundred kilobytes.
	ToolArgumentsBytes = 8 << 20

	// WordBytes is the longest of the words with which a turn ends, such as the model's name, in bytes; a longer one is cut.
	WordBytes = 1 << 10

	// MessageBytes is the longest sentence with which a turn fails, in bytes; a longer one is cut.
	MessageBytes = 4 << 10

	// ReportEvery is the least time between two log lines about failed turns of one instance; a guest that starts turns
	// against a dead upstream in a loop would fill the log otherwise. What was left out is counted in the next line.
	ReportEvery = time.Second
)

// Handles of one instance, in open handles.
const (
	// Turns: one per exchange that waits for an answer, so the same number.
	Turns = 8192
)
