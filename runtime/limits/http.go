package limits

import "time"

// FrontListen is the address that adapters are mounted on, settable in [front]. Every address by default is loopback.
const FrontListen = "127.0.0.1:8640"

// Defaults for requests and connections, settable in [adapters.NAME.limits], and in [front] for what belongs to its address.
const (
	// HTTPBodyBytes is the largest request body, in bytes. Ten million is what existing clients of the API server were
	// built against; larger bodies get 413.
	HTTPBodyBytes = 10_000_000

	// HTTPBodyBytesMax is the largest body limit an operator may set, in bytes: a body is held in memory.
	HTTPBodyBytesMax = 1 << 30

	// HTTPHeaderBytes is the largest request head, in bytes. Browsers and proxies stay under 16 KiB; more gets 431.
	HTTPHeaderBytes = 64 << 10

	// HTTPHeaderBytesMax is the largest head limit an operator may set, in bytes.
	HTTPHeaderBytesMax = 1 << 20

	// HTTPReadHeaderTimeout ends a client that trickles its request head (slowloris).
	HTTPReadHeaderTimeout = 10 * time.Second

	// HTTPReadBodyTimeout ends a client that trickles its body: ten million bytes in a minute is 1.3 Mbit/s.
	HTTPReadBodyTimeout = 60 * time.Second

	// HTTPIdleTimeout closes a keep-alive connection without a request. Two minutes outlast the pools of common clients
	// (90 s in Go), so that the client closes first and never races a request against our close.
	HTTPIdleTimeout = 120 * time.Second

	// HTTPWriteStallTimeout cuts a client that takes no byte of a response for this long. It is renewed by progress, so
	// slow streams live as long as they move.
	HTTPWriteStallTimeout = 30 * time.Second

	// HTTPConnections is the number of open client connections per listener; more wait in the kernel's accept queue.
	// It stays above HTTPConcurrent so that idle keep-alive connections do not starve requests.
	HTTPConnections = 10_000

	// HTTPConnectionsMax is the largest number of connections an operator may set.
	HTTPConnectionsMax = 1 << 20

	// HTTPConcurrent is the number of exchanges in progress per adapter; more get 429 with Retry-After.
	HTTPConcurrent = 8192
)
