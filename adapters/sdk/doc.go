// Package sdk is the Go SDK for adapter authors: one event loop with typed callbacks over the host functions, compiled
// for GOOS=wasip1 GOARCH=wasm in production and natively in tests.
//
// A whole adapter:
//
//	func main() { sdk.Main(setup) }
//
//	func setup(l *sdk.Loop) error {
//		l.HandleHTTP(func(x *sdk.Exchange) {
//			x.RespondText(200, "hello "+x.Path+"\n")
//		})
//		return nil // Main says ready and runs the loop
//	}
//
// # The rule of the loop
//
// Callbacks run one at a time and must not block: whatever is slow is started, and its events come back as callbacks. All
// methods of [Loop], [Exchange], [Turn] and [Timer], and those of databases, belong to the loop: call them from setup and from
// callbacks. Only [Loop.Go], [Loop.OnLoop], [Loop.Ask], [Loop.Log] and the methods of [Call] may be used by goroutines.
//
// Goroutines, time.Sleep, channels and contexts work as anywhere. A guest has one thread: they run while the loop waits, and between
// two batches of events. A timer of package time that no goroutine waits for, such as one of time.AfterFunc, may be 20 milliseconds
// late; those of [Loop.After] are not.
//
// Bytes that a callback gets, or that a method returns as a view, are valid until the callback returns; copy what is to
// be kept.
//
// # Errors
//
// Host functions fail with an [innkeeper/adapters/abi.Errno], so errors.Is(err, abi.EAGAIN) works; SQLite fails with an
// error of package sqlite. A setup that returns an error ends the instance: [Permanent] for what only a person can mend (exit code
// 78), anything else is temporary (exit code 75) and the host tries again.
//
// # What it is made of
//
// The package imports the standard library and adapters/abi only. It keeps fmt, log/slog and encoding/json out of guests that do
// not ask for them (encoding/json comes with [Loop.Settings]), and a guest imports only the host
// functions that it can reach: one that does not use the agent has no import of innkeeper:agent@1. The package knows
// nothing of wazero, of the host's packages or of any adapter.
package sdk
