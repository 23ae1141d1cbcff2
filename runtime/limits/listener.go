package limits

import "time"

// Bounds of a slot's HTTP listener that are not settable: they protect the host, not a policy.
const (
	// HTTPBodiesBytes bounds the request bodies that one listener holds at once, in bytes. It is the default memory of a
	// guest: what fits there as requests fits here. More gets 503 with Retry-After.
	HTTPBodiesBytes = MemoryBytes

	// HTTPBodyFirstBytes is the first buffer for a request body, in bytes. Bodies of chat clients are 1 to 80 KB; the
	// buffer grows with what arrives, never by what a client announces.
	HTTPBodyFirstBytes = 8 << 10

	// HTTPBodyKeptBytes is the largest body buffer kept for the next request, in bytes.
	HTTPBodyKeptBytes = 128 << 10

	// HTTPRequestIDChars is the longest X-Request-Id taken over from a client; a longer one is replaced.
	HTTPRequestIDChars = 128

	// HTTPLinger is how long the rest of a refused body is read and dropped, so that a client that sends its whole
	// request before it reads still sees the answer and not a reset connection.
	HTTPLinger = 2 * time.Second

	// HTTPLingerBytes is how much of it, in bytes: several times what well-behaved clients send at once.
	HTTPLingerBytes = 64 << 20

	// HTTPHeld is how many requests of one site may wait for the next instance while one replaces the other; more get 503.
	// Each holds a connection that is there anyway.
	HTTPHeld = 1024

	// HTTPCutGrace is how long a listener that was cut waits for its goroutines to notice. They need microseconds; the
	// bound keeps a broken backend from holding up the host's exit.
	HTTPCutGrace = 5 * time.Second

	// HTTPRetryAfter is the least time a client is asked to wait after 429 or 503.
	HTTPRetryAfter = 1 * time.Second
)

// Bounds of the answers that an instance gives.
const (
	// HTTPHighWaterBytes is how much of one streamed answer may wait for a slow client, in bytes, before the guest gets
	// EAGAIN. It holds some seconds of text at the speed of a fast model.
	HTTPHighWaterBytes = 256 << 10

	// HTTPAnswerBytes is the largest body of an answer in one piece, and the largest single piece of a stream, in bytes.
	// An answer may repeat a request of HTTPBodyBytes with every character escaped.
	HTTPAnswerBytes = 64 << 20

	// HTTPAnswersBytes bounds the answers of one instance that wait for slow clients together, in bytes.
	HTTPAnswersBytes = MemoryBytes

	// HTTPMessagesBytes bounds the messages that one instance's WebSocket clients are sending at once, in bytes: as much as
	// request bodies may have. More closes the socket with 1013 (try again later).
	HTTPMessagesBytes = MemoryBytes

	// HTTPAnswerHeaderBytes is the largest header block of an answer, in bytes; many clients and proxies take no more.
	HTTPAnswerHeaderBytes = 32 << 10

	// HTTPAnswerTimeout is how long a guest has to begin an answer, before the host gives 504. An agent may think for minutes;
	// settable in [adapters.NAME.limits].
	HTTPAnswerTimeout = 10 * time.Minute

	// HTTPGoneGrace is how long the handle of an exchange outlives its client if the guest does not end it: longer than a guest
	// may take over one event, so that it hears first that the client is gone.
	HTTPGoneGrace = 10 * time.Second

	// HTTPKeepAlive is how often an event stream without data carries a comment, so that proxies and clients do not take
	// it for dead: common idle timeouts are 30 s and more.
	HTTPKeepAlive = 15 * time.Second
)
