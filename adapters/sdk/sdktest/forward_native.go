//go:build !wasip1

package sdktest

import "innkeeper/adapters/abi"

// forward has nothing to do outside of the sandbox.
func forward(abi.Event, *mailbox) (stop func()) { return func() {} }
