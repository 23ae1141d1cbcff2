package admin

import (
	"time"

	"innkeeper/runtime/jsonbound"
	"innkeeper/runtime/limits"
)

const (
	// maxSocketPath is the longest path of a unix socket, in bytes: macOS has room for 104 with the NUL, Linux and Windows
	// for 108. One bound for all keeps a data folder portable.
	maxSocketPath = 103

	// headTimeout is how long a client may take over the head of a request. Ours takes microseconds.
	headTimeout = 2 * time.Second

	// idleTimeout is how long a connection may stay without a request. Our client has one connection for each.
	idleTimeout = 10 * time.Second

	// maxHeadBytes is the largest head of a request, in bytes. Ours have 200.
	maxHeadBytes = 16 << 10

	// statusTimeout is how long the client waits for a status, which a host that works gives within a second.
	statusTimeout = 4 * time.Second

	// smallBytes is the largest of the files that hold a number or a path, in bytes, and readTimeout how long one may take.
	smallBytes  = 4 << 10
	readTimeout = time.Second

	// dialTimeout is how long the client waits for a host that does not accept.
	dialTimeout = 5 * time.Second
)

// answerBounds bound what a command reads of one answer: who listens at the socket may be somebody else.
func answerBounds() jsonbound.Bounds {
	return jsonbound.Bounds{Bytes: limits.ControlBytes, Depth: limits.JSONDepth, Values: limits.ControlValues}
}
