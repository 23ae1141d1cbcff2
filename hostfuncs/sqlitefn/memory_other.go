//go:build !unix

package sqlitefn

// forbid does nothing: SQLite's memory is an ordinary slice on this system, and only the deadline ends a call.
func forbid([]byte) error { return nil }

// release leaves the memory to the garbage collector.
func release([]byte) error { return nil }
