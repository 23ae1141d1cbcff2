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

	// TurnsBytes bounds the requests of all turns of one instance that run at once, in bytes. The host keeps a copy
	// of each until its turn is over. It is the default memory of a guest: what fits there as requests fits here.
	TurnsBytes = limits.MemoryBytes

	// PieceBytes is the largest piece of an answer handed to a guest as one delta, in bytes; a longer one is cut into
	// several. It keeps the buffer small that a guest needs for events, whatever the upstream sends.
	PieceBytes = 16 << 10

	// ReportEvery is the least time between two log lines about failed turns of one instance; a guest that starts turns
	// against a dead upstream in a loop would fill the log otherwise. What was left out is counted in the next line.
	ReportEvery = time.Second
)

// Handles of one instance, in open handles.
const (
	// Turns: one per exchange that waits for an answer, so the same number.
	Turns = 8192
)
