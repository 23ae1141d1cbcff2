package admin

import "time"

const (
	// maxSocketPath is the longest path of a unix socket, in bytes: macOS has room for 104 with the NUL, Linux and Windows
	// for 108. One bound for all keeps a data folder portable.
	maxSocketPath = 103

	// headTimeout is how long a client may take over the head of a request. Ours takes microseconds.
	headTimeout = 10 * time.Second

	// maxAnswerBytes bounds what the client reads of one answer. The status of 256 adapters is about 300 KB.
	maxAnswerBytes = 16 << 20

	// dialTimeout is how long the client waits for a host that does not accept.
	dialTimeout = 5 * time.Second
)
