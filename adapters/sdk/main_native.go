//go:build !wasip1

package sdk

import (
	"os"

	"innkeeper/adapters/abi"
)

// Main is the body of an adapter's func main. Outside of the sandbox there is no host to run against: it says so and
// exits with code 78. Tests use [New] with a host of their own.
func Main(func(*Loop) error) {
	os.Stderr.WriteString("this is an Innkeeper adapter: build it with GOOS=wasip1 GOARCH=wasm and put it into the gateway's configuration\n")
	os.Exit(ExitConfig)
}

// Sandbox is the host of the sandbox that the program runs in; ok is false natively. It is for tests, and for hosts that are made of
// others; adapters use [Main].
func Sandbox() (host abi.Host, ok bool) { return abi.Host{}, false }
