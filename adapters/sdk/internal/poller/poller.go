// Package poller waits for a guest's mailbox in Go's own poller, so that other goroutines run meanwhile. The SDK's loop uses it in
// production, and the fake host of tests that run in the sandbox. It knows the descriptor and no event.
package poller
