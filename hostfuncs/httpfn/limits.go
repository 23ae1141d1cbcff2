package httpfn

import (
	"time"

	"innkeeper/runtime/limits"
)

// Bounds of the answers that an instance gives.
const (
	// HighWaterBytes is how much of one streamed answer may wait for a slow client, in bytes, before the guest gets
	// EAGAIN. It holds some seconds of text at the speed of a fast model.
	HighWaterBytes = 256 << 10

	// AnswerBytes is the largest body of an answer in one piece, and the largest single piece of a stream, in bytes.
	// An answer may repeat a request of limits.HTTPBodyBytes with every character escaped.
	AnswerBytes = 64 << 20

	// AnswersBytes bounds the answers of one instance that wait for slow clients together, in bytes.
	AnswersBytes = limits.MemoryBytes

	// MessagesBytes bounds the messages that one instance's WebSocket clients are sending at once, in bytes: as much as
	// request bodies may have. More closes the socket with 1013 (try again later).
	MessagesBytes = limits.MemoryBytes

	// AnswerHeaderBytes is the largest header block of an answer, in bytes; many clients and proxies take no more.
	AnswerHeaderBytes = 32 << 10

	// AnswerHeaderLines is the most lines of that block: as many as a request may have. Each is held several times over.
	AnswerHeaderLines = limits.HTTPHeaderLines

	// GoneGrace is how long the handle of an exchange outlives its client if the guest does not end it: longer than a guest
	// may take over one event, so that it hears first that the client is gone.
	GoneGrace = 10 * time.Second
)

// Handles of one instance, in open handles.
const (
	// Exchanges: 5,000 parked requests were measured at 40 MiB of guest memory, so 8,192 fit the default memory.
	Exchanges = limits.HTTPConcurrent
)
