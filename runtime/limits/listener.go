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

	// HTTPHeaderLines is the most lines of a request head. Browsers send 20 to 40; Apache takes 100, Node 2,000. More gets 431.
	HTTPHeaderLines = 256

	// HTTPHeaderLineBytes is about what the HTTP server makes of one line of a request head beside the line's own bytes: a place
	// in a table that doubles when it is full, a name, a list with one value.
	HTTPHeaderLineBytes = 256

	// HTTPHeadFreeBytes is what a request head may cost before it is charged, lines included, in bytes: 30 lines of 250 bytes. It
	// is less than what a connection costs anyway.
	HTTPHeadFreeBytes = 16 << 10

	// HTTPHeadsBytes is what all unfinished request heads of a host may cost beyond that, in bytes. A head is unfinished for
	// HTTPReadHeaderTimeout at most; more gets 503.
	HTTPHeadsBytes = 64 << 20

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

	// HTTPReopenFirst is the pause before a socket that has failed by itself is opened again. It doubles up to HTTPReopenMost.
	HTTPReopenFirst = 1 * time.Second

	// HTTPReopenMost is the longest of those pauses.
	HTTPReopenMost = 1 * time.Minute

	// HTTPRetryAfter is the least time a client is asked to wait after 429 or 503.
	HTTPRetryAfter = 1 * time.Second

	// HTTPAnswerTimeout is how long a guest has to begin an answer, before the host gives 504. An agent may think for minutes;
	// settable in [adapters.NAME.limits].
	HTTPAnswerTimeout = 10 * time.Minute

	// HTTPKeepAlive is how often an event stream without data carries a comment, so that proxies and clients do not take
	// it for dead: common idle timeouts are 30 s and more.
	HTTPKeepAlive = 15 * time.Second
)
