package sdk

import (
	"os"

	"innkeeper/adapters/abi"
	"innkeeper/adapters/sdk/internal/poller"
)

// Main is the body of an adapter's func main. It runs [Loop.Run] against the host and exits with its code; it does not return.
func Main(setup func(*Loop) error) {
	l := New(wasmHost())
	l.guest = true
	l.parker = poller.New()
	os.Exit(l.Run(setup))
}

// Sandbox is the host of the sandbox that the program runs in; ok is false natively. It is for tests, and for hosts that are made of
// others; adapters use [Main].
func Sandbox() (host abi.Host, ok bool) { return wasmHost(), true }
